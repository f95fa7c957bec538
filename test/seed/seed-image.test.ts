import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isoImage } from '../../src/seed/iso9660.js';
import { seedImage } from '../../src/seed/seed-image.js';
import { skip } from '../skip.js';

const run = promisify(execFile);
const SEED = {
  guestHostname: 'web-1',
  sshAuthorizedKeys: ['ssh-ed25519 AAAA "quoted" # not a comment'],
  userData: '#cloud-config\npackages: [nginx]\n',
};
const META_DATA =
  'instance-id: "iid-1"\nlocal-hostname: "web-1"\npublic-keys: ["ssh-ed25519 AAAA \\"quoted\\" # not a comment"]\n';

/** Reads the Joliet tree by the standard's offsets, independently of the writer. */
function readJoliet(image: Buffer): { label: string; files: Record<string, string> } {
  const ucs2 = (from: number, bytes: number): string =>
    Buffer.from(image.subarray(from, from + bytes))
      .swap16()
      .toString('utf16le');
  let descriptor = 16 * 2048;
  while (image[descriptor] !== 2) {
    assert.equal(image.toString('latin1', descriptor + 1, descriptor + 6), 'CD001');
    assert.notEqual(image[descriptor], 255, 'no Joliet descriptor');
    descriptor += 2048;
  }
  const root = image.readUInt32LE(descriptor + 156 + 2) * 2048;
  const files: Record<string, string> = {};
  for (let at = root; image[at] !== 0; at += image[at] ?? 0) {
    if (((image[at + 25] ?? 0) & 2) !== 0) continue;
    const start = image.readUInt32BE(at + 6) * 2048;
    const name = ucs2(at + 33, image[at + 32] ?? 0);
    files[name] = image.toString('utf8', start, start + image.readUInt32LE(at + 10));
  }
  return { label: ucs2(descriptor + 40, 32).trim(), files };
}

describe('seed/seed-image', () => {
  it('holds what cloud-init looks for', () => {
    const { label, files } = readJoliet(seedImage(SEED, 'iid-1'));
    assert.equal(label, 'cidata');
    assert.deepEqual(files, { 'meta-data': META_DATA, 'user-data': SEED.userData });
  });

  it('always has user data, and names only what was given', () => {
    const { files } = readJoliet(seedImage({ guestHostname: '', sshAuthorizedKeys: [], userData: '' }, 'i\n2'));
    assert.deepEqual(files, { 'meta-data': 'instance-id: "i\\n2"\n', 'user-data': '#cloud-config\n{}\n' });
  });

  it('is the same for the same seed, and whole sectors', () => {
    const image = seedImage({ ...SEED, userData: `#cloud-config\n${'x'.repeat(64 * 1024)}` }, 'iid-1');
    assert.deepEqual(image, seedImage({ ...SEED, userData: `#cloud-config\n${'x'.repeat(64 * 1024)}` }, 'iid-1'));
    assert.equal(image.byteLength % 2048, 0);
    assert.equal(readJoliet(image).files['user-data']?.length, 64 * 1024 + 14);
  });

  it('refuses names that it cannot write', () => {
    for (const name of ['a/b', 'x'.repeat(65), 'a\n']) {
      assert.throws(() => isoImage('l', [{ name, content: Buffer.of() }]), RangeError);
    }
  });

  it('is read by other programs', async function () {
    const directory = await mkdtemp(join(tmpdir(), 'virtdc-seed-'));
    try {
      const file = join(directory, 'seed.iso');
      await writeFile(file, seedImage(SEED, 'iid-1'));
      const readers: readonly (readonly [string, readonly string[]])[] = [
        ['bsdtar', ['-xOf', file, 'meta-data']],
        ['isoinfo', ['-J', '-i', file, '-x', '/meta-data']],
        ['7z', ['e', '-so', file, 'meta-data']],
      ];
      const read: string[] = [];
      for (const [program, args] of readers) {
        try {
          const { stdout } = await run(program, args);
          assert.equal(stdout, META_DATA, program);
          read.push(program);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        }
      }
      if (read.length === 0) skip(this, 'none of bsdtar, isoinfo, 7z is installed');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
