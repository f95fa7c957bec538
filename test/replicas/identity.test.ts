// Whose a call is that one replica passes on to another: the caller's own, and only by the word of a replica.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Metadata } from 'nice-grpc';
import { connect, type TlsOptions } from '../../src/client/connect.js';
import { VirtdcError } from '../../src/client/error.js';
import { passedOn } from '../../src/rpc/interceptors/passed-on.js';
import { type PostgresServer, postgresMissing, startPostgres } from '../postgres.js';
import { skip } from '../skip.js';
import { Pair } from './pair.js';

const run = promisify(execFile);
const ROLES = `URI:urn:virtdc:replica replica
URI:urn:virtdc:ann admin
URI:urn:virtdc:bob viewer
`;

describe('a call that a replica passes on', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let directory: string;
  let pair: Pair | undefined;

  before(async function () {
    const missing = postgresMissing();
    if (missing !== undefined) skip(this, missing);
    directory = await mkdtemp(join(tmpdir(), 'virtdc-identity-'));
    try {
      await run('openssl', ['version']);
    } catch {
      skip(this, 'there is no openssl');
    }
    server = await startPostgres();
    await openssl('req', '-x509', ...KEY, '-days', '2', '-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'ca.pem');
    await certificate('replica', 'IP:127.0.0.1,URI:urn:virtdc:replica', 'serverAuth,clientAuth');
    for (const name of ['ann', 'bob', 'carl']) await certificate(name, `URI:urn:virtdc:${name}`, 'clientAuth');
    await writeFile(join(directory, 'roles'), ROLES);
  });
  after(async () => {
    await server?.end();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });
  afterEach(async () => {
    await pair?.end();
    pair = undefined;
  });

  const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory });

  async function certificate(name: string, names: string, usage: string): Promise<void> {
    await openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    await writeFile(join(directory, `${name}.ext`), `subjectAltName=${names}\nextendedKeyUsage=${usage}\n`);
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    const files = ['-in', `${name}.csr`, '-extfile', `${name}.ext`, '-out', `${name}.pem`];
    await openssl('x509', '-req', ...signing, ...files);
  }

  async function shownBy(name: string): Promise<TlsOptions> {
    const [ca, cert, key] = await Promise.all(
      ['ca.pem', `${name}.pem`, `${name}.key`].map((file) => readFile(join(directory, file))),
    );
    return { ca: ca as Buffer, identity: { cert: cert as Buffer, key: key as Buffer } };
  }

  it('is the caller own, by its certificate, and nobody but a replica can say so', async () => {
    const file = (name: string) => join(directory, name);
    const environment = {
      VIRTDC_TLS_CERT: file('replica.pem'),
      VIRTDC_TLS_KEY: file('replica.key'),
      VIRTDC_TLS_CLIENT_CA: file('ca.pem'),
      VIRTDC_ROLES: file('roles'),
    };
    pair = await Pair.start(await server.createDatabase(), environment, await shownBy('ann'));
    const { leader, follower } = await pair.roles();
    const pool = (name: string) => ({ name, kind: 'POOL_KIND_LOCAL' as const, hostnames: ['h1'], requestId: name });

    // The principal is the caller's, whichever replica it calls: its request ids are one set, and the books name it.
    const host = { hostname: 'h1', uri: 'sim://h1', maxIoKib: 1n, requestId: 'r1' };
    const first = await follower.client.hosts.registerHost(host);
    assert.equal((await leader.client.hosts.registerHost(host)).host?.revision, first.host?.revision);
    await follower.client.hosts.registerPool(pool('p1'));
    const { records } = await leader.client.operations.listAuditRecords({});
    const [record] = records.filter(({ target, decision }) => target === 'p1' && decision.endsWith('ACCEPTED'));
    assert.deepEqual([record?.principal, record?.role], ['URI:urn:virtdc:ann', 'admin']);

    // Who may not, may not there either: a viewer, and a replica for itself.
    for (const [name, reason] of [
      ['bob', 'ROLE_REQUIRED'],
      ['carl', 'ROLE_REQUIRED'],
      ['replica', 'ROLE_REQUIRED'],
    ]) {
      const client = connect(follower.replica.address, await shownBy(name as string));
      await refused(client.hosts.registerPool(pool('p2')), reason as string);
      client.close();
    }

    // Somebody who says that he passes on a call of ann's is not believed; a replica is.
    const claimed = passedOn(Metadata(), { principal: 'URI:urn:virtdc:ann', role: 'admin' }, 'somebody', 'CALLER');
    const bob = connect(leader.replica.address, await shownBy('bob'));
    await refused(bob.hosts.registerPool(pool('p3'), { metadata: claimed }), 'ROLE_REQUIRED');
    bob.close();
    const replica = connect(leader.replica.address, await shownBy('replica'));
    await replica.hosts.registerPool(pool('p4'), { metadata: claimed });
    replica.close();
    // One hop: a follower passes nothing on that was passed on to it.
    const loop = connect(follower.replica.address, await shownBy('replica'));
    await refused(loop.hosts.registerPool({ ...pool('p5'), requestId: '' }, { metadata: claimed }), 'UNAVAILABLE');
    loop.close();

    // Once in the audit log: by who decided.
    const written = (await leader.client.operations.listAuditRecords({})).records;
    assert.equal(written.filter(({ target, principal }) => target === 'p1' && principal.endsWith('ann')).length, 1);

    const { pools } = await follower.client.hosts.listPools({});
    assert.deepEqual(pools.map(({ name }) => name).sort(), ['p1', 'p4']);
  });

  it('shows its token there, where replicas have no certificates', async () => {
    const tokens = join(directory, 'tokens');
    const [secret, viewer] = ['s'.repeat(40), 'v'.repeat(40)];
    await writeFile(tokens, `${secret} ann admin\n${viewer} bob viewer\n`, { mode: 0o600 });
    pair = await Pair.start(await server.createDatabase(), { VIRTDC_TOKENS: tokens }, undefined, secret);
    const { follower } = await pair.roles();
    await follower.client.hosts.registerHost({ hostname: 'h1', uri: 'sim://h1', maxIoKib: 1n });
    const { records } = await follower.client.operations.listAuditRecords({});
    assert.ok(
      records.some(({ target, principal, role }) => target === 'h1' && principal === 'ann' && role === 'admin'),
    );
    const bob = connect(follower.replica.address, undefined, viewer);
    await refused(bob.hosts.removeHost({ hostname: 'h1' }), 'ROLE_REQUIRED');
    bob.close();
  });
});

async function refused(call: Promise<unknown>, reason: string): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof VirtdcError, String(error));
    assert.equal(error.reason, reason, error.message);
    return true;
  });
}
