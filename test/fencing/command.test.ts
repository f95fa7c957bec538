import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fenceCommand } from '../../src/fencing/command.js';
import { eventually } from '../eventually.js';

const HOST = { hostname: 'node1', address: '192.0.2.1' };

describe('a fencing program', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'virtdc-fence-'));
  });
  after(() => rm(directory, { recursive: true }));

  async function program(name: string, body: string): Promise<string> {
    const file = join(directory, name);
    await writeFile(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return file;
  }

  const run = (words: string[], { deadlineMs = 10_000, signal = new AbortController().signal } = {}) =>
    fenceCommand({ words, deadlineMs, toldChars: 40 }).switchOff(HOST, signal);

  it('gets its arguments as they are, without a shell and without the environment', async () => {
    const file = join(directory, 'arguments');
    const script = await program('tell', `printf '%s\\n' "$@" "$HOME" > ${file}`);
    const { isOff } = await run([script, '--plug={hostname}', '; touch /tmp/x', '$(id)', '{address}']);
    assert.equal(isOff, true);
    assert.equal(await readFile(file, 'utf8'), '--plug=node1\n; touch /tmp/x\n$(id)\n192.0.2.1\n\n');
  });

  it('has proven nothing if it does not end with 0; what it said last is told', async () => {
    const script = await program('fail', `head -c 100000 /dev/zero | tr '\\0' x; echo no such plug >&2; exit 3`);
    const { isOff, detail } = await run([script, '{hostname}']);
    assert.equal(isOff, false);
    assert.ok(detail.startsWith(`${script} ended with 3: `) && detail.endsWith('no such plug'), detail);
    assert.ok(detail.length < script.length + 80, detail);
  });

  it('is killed when its time is up, with all that it started', async () => {
    const file = join(directory, 'child');
    const script = await program('hang', `sh -c 'echo $$ > ${file}; sleep 60' & wait`);
    const { isOff, detail } = await run([script, '{hostname}'], { deadlineMs: 500 });
    assert.deepEqual([isOff, detail], [false, `${script} was not done within 500 ms`]);
    const pid = (await readFile(file, 'utf8')).trim();
    await eventually('its child is gone', () => !existsSync(`/proc/${pid}`));
  });

  it('that is not there, or ends by a signal, has proven nothing', async () => {
    assert.equal((await run([join(directory, 'none'), '{hostname}'])).isOff, false);
    const script = await program('dies', 'kill -9 $$');
    const { isOff, detail } = await run([script, '{hostname}']);
    assert.deepEqual([isOff, detail], [false, `${script} ended with SIGKILL`]);
  });

  it('ends when the service does', async () => {
    const script = await program('long', 'sleep 60');
    const ending = new AbortController();
    const fenced = run([script, '{hostname}'], { signal: ending.signal });
    ending.abort();
    assert.equal((await fenced).isOff, false);
  });
});
