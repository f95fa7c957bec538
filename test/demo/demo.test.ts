// The demo, run as a person runs it: it ends by itself, and everything was as it should be.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DEADLINE_MS = 120_000;

const run = promisify(execFile);

describe('the demo', function () {
  this.timeout(DEADLINE_MS);

  it('shows the whole main job and leaves every host as it was', async () => {
    const { stdout, stderr } = await run('bin/demo', { cwd: ROOT, timeout: DEADLINE_MS });
    assert.equal(stderr, '');
    assert.equal(stdout.includes('\u001b'), false, 'plain in a pipe');
    for (const title of [
      'nodeinfo.xml',
      'submitted',
      'live migration',
      'outgrows',
      'emptied',
      'replaced',
      'guests say',
    ]) {
      assert.match(stdout, new RegExp(`^── \\d+ .*${title}`, 'm'));
    }
    assert.match(stdout, /the watch saw \d+ changes in order, none missed and none twice; it resumed 1 time/);
    const last = stdout.slice(stdout.indexOf('as before the first guest')).trim().split('\n').slice(1, 5);
    assert.deepEqual(
      last.map((line) => line.trim().split(/ +/).at(-1)),
      ['yes', 'yes', 'yes', 'yes'],
    );
  });

  it('refuses words it does not know', async () => {
    await assert.rejects(run('bin/demo', ['--fast'], { cwd: ROOT }), (error: { code?: number }) => error.code === 64);
  });
});
