// What can be shown of the transports without a daemon: the command that ssh is, and writes that are never merged.

import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { sshArguments } from '../../src/libvirt/transports/ssh.js';
import { UnmergedWrites } from '../../src/libvirt/transports/tls.js';

describe('libvirt transports by themselves', () => {
  it('gives ssh an argument vector in which the host can only be a host', () => {
    const args = sshArguments({ host: 'h', port: 22, user: 'root' }, { keyFile: '/k', knownHostsFile: '/a b%' });
    const operands = args.indexOf('--');
    assert.equal(args[operands + 1], 'h');
    assert.equal(args.length, operands + 3);
    for (const option of [
      'BatchMode=yes',
      'StrictHostKeyChecking=yes',
      'UserKnownHostsFile="/a b%%"',
      'IdentityFile="/k"',
    ]) {
      assert.equal(args[args.indexOf(option) - 1], '-o', option);
    }
    assert.equal(args[args.indexOf('-l') + 1], 'root');
    // The far command is the same whatever is asked for.
    assert.equal(args.at(-1), sshArguments({ host: 'other', port: 1 }, {}).at(-1));
  });

  it('hand what waits to a TLS socket piece by piece, each after the one before is out', async () => {
    const pieces: string[] = [];
    let merged = false;
    const socket = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        pieces.push(String(chunk));
        setImmediate(done);
      },
      writev(_chunks, done) {
        merged = true;
        setImmediate(done);
      },
    });
    const unmerged = new UnmergedWrites(socket);
    unmerged.cork();
    for (const piece of ['a', 'b', 'c']) unmerged.write(piece);
    unmerged.uncork();
    await new Promise<void>((resolve) => unmerged.write('d', () => resolve()));
    assert.deepEqual(pieces, ['a', 'b', 'c', 'd']);
    assert.equal(merged, false);
    unmerged.destroy();
    assert.ok(socket.destroyed);
  });
});
