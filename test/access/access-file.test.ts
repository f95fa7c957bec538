import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AccessFile, AccessFileError, openAccessFile } from '../../src/access/access-file.js';
import { eventually } from '../eventually.js';
import { fasterClock } from '../rpc/faster-clock.js';

describe('a file that says who may do what', () => {
  let directory: string;
  let file: string;
  let opened: AccessFile<string> | undefined;
  let complaints: unknown[];
  const clock = fasterClock(100);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'virtdc-access-'));
    file = join(directory, 'file');
    complaints = [];
    await writeFile(file, 'first');
  });
  afterEach(async () => {
    opened?.close();
    opened = undefined;
    await rm(directory, { recursive: true });
  });

  const parse = (text: string): string => {
    if (text === 'bad') throw new AccessFileError('line 1: bad');
    return text;
  };
  const open = async (): Promise<AccessFile<string>> => {
    opened = await openAccessFile(file, parse, clock, { error: ({ err }) => complaints.push(err) });
    return opened;
  };
  const becomes = (text: string) => eventually(`the text ${text}`, () => opened?.current === text, { everyMs: 5 });
  const complained = (count: number) =>
    eventually(`${count} complaints`, () => complaints.length === count, { everyMs: 5 });

  it('is read again when it was written, or replaced by another', async () => {
    assert.equal((await open()).current, 'first');
    await writeFile(file, 'second');
    await becomes('second');
    await writeFile(join(directory, 'new'), 'third!');
    await rename(join(directory, 'new'), file);
    await becomes('third!');
    assert.deepEqual(complaints, []);
  });

  it('holds as it was while the new one cannot be used, and says so once', async () => {
    await open();
    await writeFile(file, 'bad');
    await complained(1);
    assert.equal(opened?.current, 'first');
    await rm(file);
    await complained(2);
    assert.equal(opened?.current, 'first');
    assert.match(String(complaints[1]), /file: ENOENT/);
    await writeFile(file, 'mended');
    await becomes('mended');
    assert.equal(complaints.length, 2);
  });

  it('has to be there and make sense at first', async () => {
    await writeFile(file, 'bad');
    await assert.rejects(open(), { name: 'AccessFileError', message: `${file}: line 1: bad` });
    await rm(file);
    await assert.rejects(open(), { name: 'AccessFileError', message: `${file}: ENOENT` });
  });
});
