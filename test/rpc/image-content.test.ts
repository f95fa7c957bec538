// What is taken for a qcow2 image: one that is complete in itself.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { qcow2Problem } from '../../src/rpc/image-content.js';

describe('the content of an image', () => {
  let directory: string;
  before(async () => (directory = await mkdtemp(join(tmpdir(), 'virtdc-test-'))));
  after(() => rm(directory, { recursive: true }));

  async function problemOf(content: Uint8Array): Promise<string | undefined> {
    const file = join(directory, 'image');
    await writeFile(file, content);
    return qcow2Problem(file);
  }

  function header(version: number): Buffer {
    const bytes = Buffer.alloc(104);
    bytes.write('QFI\xfb', 'latin1');
    bytes.writeUInt32BE(version, 4);
    return bytes;
  }

  it('may be a qcow2 image of either version', async () => {
    assert.equal(await problemOf(header(2)), undefined);
    assert.equal(await problemOf(header(3)), undefined);
  });

  it('may not be anything else', async () => {
    for (const content of [
      '',
      'QFI',
      '# A text that is longer than a header of qcow2 is, which has 72 bytes at least\n',
    ])
      assert.match((await problemOf(Buffer.from(content))) ?? '', /no qcow2 image/);
  });

  it('may not name another file of the host', async () => {
    const backed = header(2);
    backed.writeBigUInt64BE(104n, 8);
    assert.match((await problemOf(backed)) ?? '', /backing file/);
    const scattered = header(3);
    scattered.writeBigUInt64BE(4n, 72);
    assert.match((await problemOf(scattered)) ?? '', /another file/);
  });
});
