import assert from 'node:assert/strict';
import { AccessFileError } from '../../src/access/access-file.js';
import { certificateHolder, parseAssignments } from '../../src/access/certificates.js';

const ROLES = parseAssignments('URI:spiffe://dc/ops operator\nDNS:Watch.example viewer\nemail:ann@example.com admin\n');

describe('certificates', () => {
  const holder = (names: string) => {
    const found = certificateHolder(names, ROLES);
    return found && [found.principal, found.role];
  };

  it('are known by the first of their names that has a role', () => {
    assert.deepEqual(holder('URI:spiffe://dc/ops'), ['URI:spiffe://dc/ops', 'operator']);
    assert.deepEqual(holder('DNS:other.example, email:ann@example.com'), ['email:ann@example.com', 'admin']);
    assert.deepEqual(holder('DNS:Watch.example, URI:spiffe://dc/ops'), ['URI:spiffe://dc/ops', 'operator']);
  });

  it('have no role under any other name, however similar', () => {
    for (const name of [
      'DNS:watch.example',
      'DNS:Watch.example.',
      'DNS:spiffe://dc/ops',
      'URI:spiffe://dc/ops/more',
      'DNS:ann@example.com',
    ]) {
      assert.deepEqual(holder(name), [name, undefined]);
    }
  });

  it('are nobody without a name that counts', () => {
    for (const names of ['', 'IP Address:10.0.0.1', 'DirName:CN = ops', 'Registered ID:1.2.3.4']) {
      assert.equal(holder(names), undefined, names);
    }
  });

  it('cannot hide one name in another', () => {
    assert.deepEqual(holder('DNS:"x, email:ann@example.com"'), undefined);
    assert.deepEqual(holder('URI:"http://a/, URI:spiffe://dc/ops", DNS:x.example'), ['DNS:x.example', undefined]);
    assert.deepEqual(holder('DNS:a"b, email:ann@example.com'), undefined);
  });

  it('get their roles from lines of a name and a role', () => {
    for (const bad of ['ops operator', 'CN:ops operator', 'URI: operator', 'DNS:a root', 'DNS:a viewer\nDNS:a admin']) {
      assert.throws(() => parseAssignments(bad), AccessFileError, bad);
    }
  });
});
