import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { AccessFileError } from '../../src/access/access-file.js';
import { holderOf, parseTokens } from '../../src/access/tokens.js';

const SECRET = 'correct-horse-battery';
const digest = createHash('sha256').update('staple-staple-staple').digest('hex');

describe('bearer tokens', () => {
  it('belong to the principal of their line, given in the clear or as a digest', () => {
    const tokens = parseTokens(
      `# who may do what\n\n${SECRET} ann@example.com admin\r\nsha256:${digest}\tbot viewer\n`,
    );
    const named = (secret: string) => {
      const { principal, role } = holderOf(tokens, secret) ?? {};
      return [principal, role];
    };
    assert.deepEqual(named(SECRET), ['ann@example.com', 'admin']);
    assert.deepEqual(named('staple-staple-staple'), ['bot', 'viewer']);
    assert.deepEqual(named(`sha256:${digest}`), [undefined, undefined]);
    for (const wrong of ['', digest, `${SECRET}x`, SECRET.slice(1)]) assert.equal(holderOf(tokens, wrong), undefined);
  });

  it('are refused by their line, and never repeated in what is said of it', () => {
    for (const [text, said] of [
      [`${SECRET} ann`, 'line 1 is not'],
      [`${SECRET} ann admin more`, 'line 1 is not'],
      [`\n${SECRET} ann root`, 'line 2: the role'],
      [`${SECRET} ann ADMIN`, 'line 1: the role'],
      [`${SECRET} local admin`, 'line 1: that is no name'],
      [`${SECRET} DNS:ann admin`, 'line 1: that is no name'],
      ['too-short ann admin', 'line 1: a token has'],
      [`sha256:${digest.slice(1)} ann admin`, 'line 1: sha256:'],
      [`${SECRET} ann admin\n${SECRET} bob viewer`, 'twice'],
    ] as const) {
      assert.throws(
        () => parseTokens(text),
        (error) => {
          assert.ok(error instanceof AccessFileError);
          assert.ok(error.message.includes(said), error.message);
          assert.ok(!error.message.includes(SECRET));
          return true;
        },
      );
    }
  });
});
