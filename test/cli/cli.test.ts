// The command line against a running service with simulated hosts: what a person sees, and how each run ends.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withoutColour } from '../../src/cli/text.js';
import { BASE_XML, GIB, node, nodeInfo, World } from '../rpc/service.js';
import { type Outcome, type Setting, virtdc } from './terminal.js';

const BIN = fileURLToPath(new URL('../../bin/virtdc', import.meta.url));
const HOSTS = ['node1', 'node2', 'node3'];
const NOT_FOUND = 5;
const RESOURCE_EXHAUSTED = 8;

describe('the command line', function () {
  this.timeout(60_000);
  let world: World;
  let directory: string;
  const run = (line: string, setting?: Setting): Promise<Outcome> => virtdc(world.address, line.split(' '), setting);
  const ok = async (line: string, setting?: Setting): Promise<string> => {
    const { code, out, err } = await run(line, setting);
    assert.equal(code, 0, `${line}: ${err}`);
    return out;
  };
  const file = async (name: string, content: string | Buffer): Promise<string> => {
    await writeFile(join(directory, name), content);
    return join(directory, name);
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'virtdc-cli-'));
    world = await World.start();
  });
  after(async () => {
    await world.end();
    await rm(directory, { recursive: true });
  });

  it('imports hosts and says what differed', async () => {
    const nodes = HOSTS.map((name, index) => node(name, 16, 32 * GIB, 100 * GIB, index + 1));
    const xml = await file('nodeinfo.xml', nodeInfo(...nodes));
    const dry = await ok(`hosts import ${xml} --dry-run`);
    assert.match(dry, /^\+ node1 added, ip_address 10\.0\.0\.1, uri sim:\/\/node1, max_cpu 16, max_memory 32 GiB/);
    assert.equal(await ok(`hosts import ${xml}`), dry);
    assert.match(await ok(`hosts import ${xml}`), /^ {2}node1 unchanged\n {2}node2 unchanged\n {2}node3 unchanged\n$/);
    for (const name of HOSTS) await world.whenHost(name, ({ condition }) => condition === 'HOST_CONDITION_READY');
  });

  it('draws the table of hosts as the original did', async () => {
    assert.equal(
      await ok('hosts'),
      [
        'host   ip_address  max_cpu  max_memory   max_io  avail_cpu  avail_memory  avail_io  guests  state',
        'node1  10.0.0.1         16      32 GiB  100 GiB         16        32 GiB   100 GiB       0  READY',
        'node2  10.0.0.2         16      32 GiB  100 GiB         16        32 GiB   100 GiB       0  READY',
        'node3  10.0.0.3         16      32 GiB  100 GiB         16        32 GiB   100 GiB       0  READY',
        '',
      ].join('\n'),
    );
    assert.match(await ok('hosts list --kib'), /33554432/);
  });

  it('takes a pool, an image and a base guest', async () => {
    await ok('pools register shared --kind shared --host node1 --host node2 --host node3 --locking');
    const image = await file('base.img', Buffer.alloc(600 * 1024, 7));
    assert.match(await ok(`images push ${image} --pool shared --name base --format raw`), /base +raw +600 KiB/);
    const xml = await file('base.xml', BASE_XML);
    assert.match(await ok(`base-guests import base ${xml} --image vda=base`), /base +q35 +vda: base +default/);
    assert.match(await ok('policy set --strategy worst-fit --default-pool shared'), /WORST_FIT/);
  });

  it('submits a guest, waits until it runs, and draws the table of guests as the original did', async () => {
    const out = await ok('guests submit web-1 --cpu 2 --memory 2G --max-cpu 4 --max-memory 4GiB --base-guest base');
    assert.match(out, /^web-1 goes to node1 .*\nweb-1 runs on node1, made in .*\n$/);
    assert.equal(
      await ok('guests'),
      [
        'host   vmid   current_cpu  max_cpu  current_memory  max_memory     io  state',
        'node1  web-1            2        4           2 GiB       4 GiB  4 GiB  RUNNING',
        '',
      ].join('\n'),
    );
  });

  it('explains a refusal, host by host, and ends with the code of gRPC', async () => {
    const { code, out, err } = await run('guests submit huge --cpu 17 --memory 1G --base-guest base');
    assert.equal(code, RESOURCE_EXHAUSTED);
    assert.equal(out, '');
    assert.match(err, /^virtdc: none of 3 hosts fits.*\[NO_HOST_FITS\]\n/);
    assert.match(err, /node2 +REJECTED +17 cpu, .* 1 cpu +INSUFFICIENT_CPU/);
    assert.equal((await run('guests show nobody')).code, NOT_FOUND);
    assert.equal((await run('space --cpu 17 --memory 1G')).code, 22);
    assert.match(await ok('space --cpu 1 --memory 1G'), /^yes: on node2/);
    assert.match(await ok('explain web-1'), /node1 +REJECTED .* EXCLUDED/);
  });

  it('lists every field that is wrong, and sends nothing that cannot be read', async () => {
    const { code, err } = await run('guests submit 9x --cpu 0 --memory 1K --base-guest base');
    assert.equal(code, 3);
    for (const field of ['vmid', 'cpu', 'memory_kib']) assert.match(err, new RegExp(`^${field} +\\S`, 'm'));
    assert.equal((await run('guests submit x --cpu many --memory 1G --base-guest base')).code, 64);
    assert.equal((await run('scale memory web-1 lots')).code, 64);
    assert.equal((await run('hosts import /no/such/file')).code, 64);
    assert.equal((await run('nonsense')).code, 64);
    const unknown = await run('guests nonsense');
    assert.equal(unknown.code, 64);
    assert.match(unknown.err, /unknown command 'nonsense'/);
    assert.equal((await run('migrate web-1 --check --cancel')).code, 64);
    assert.equal((await run('--help')).code, 0);
  });

  it('submits the guests of a file, each for itself or all or none', async () => {
    const small = (vmid: string, more = {}) => ({ vmid, cpu: 1, memoryKib: '1048576', baseGuest: 'base', ...more });
    const array = await file('many.json', JSON.stringify([small('many-1'), small('many-2', { cpu: 17 })]));
    const none = await run(`guests submit-many ${array} --all-or-none`);
    assert.equal(none.code, RESOURCE_EXHAUSTED);
    assert.match(none.err, /guests\[1\]: none of 3 hosts fits/);
    const some = await run(`guests submit-many ${array}`);
    assert.equal(some.code, 22);
    assert.match(some.out, /^many-1 +node\d +ACCEPTED +op-\w+\nmany-2 +NO_HOST_FITS +none of 3 .*\n1 of 1 run\n/m);
    const one = await file('lines.json', `${JSON.stringify(small('many-3'))}\n\n${JSON.stringify(small('many-4'))}\n`);
    assert.match(await ok(`guests submit-many ${one} --dry-run`), /many-3 .*\nmany-4 .*\n$/);
    assert.match(await ok(`guests submit-many ${one} --all-or-none`), /2 of 2 run\n$/);
    const typo = await file('typo.json', JSON.stringify([{ ...small('typo'), memory: '1G' }]));
    const refused = await run(`guests submit-many ${typo}`);
    assert.equal(refused.code, 64);
    assert.match(refused.err, /guest 1 has memory, which is no field/);
    assert.equal((await run(`guests submit-many ${await file('bad.json', '[{"cpu":"many"}]')}`)).code, 64);
    for (const vmid of ['many-1', 'many-3', 'many-4']) await ok(`guests terminate ${vmid}`);
  });

  it('moves a guest with plain lines in a pipe, and with a bar on a terminal', async () => {
    const lines = await ok('migrate web-1 node2');
    assert.match(lines, /^web-1 {2}node1 → node2: \w/);
    assert.match(lines, /web-1 moved from node1 to node2 in .*\n$/);
    assert.equal(lines.includes('\u001b'), false);
    const shown = await ok('migrate web-1', { isTerminal: true, environment: { TERM: 'xterm' } });
    assert.match(withoutColour(shown), /▕[█ ▏▎▍▌▋▊▉]{24}▏/);
    assert.ok(shown.endsWith('\n'));
    assert.match(await ok('migrations'), /web-1 +node1 +node2 +SUCCEEDED/);
    const { migrations } = JSON.parse(await ok('migrations --json')) as { migrations: { operation: string }[] };
    const fields = await ok(`migrations show ${migrations.at(-1)?.operation}`);
    assert.match(fields, /^result +moved from node1 to node2 in /m);
    assert.match(await ok('migrate web-1 --check'), /STORAGE +PASS/);
  });

  it('scales a guest, and repeats a change under its request id', async () => {
    assert.match(await ok('scale cpu web-1 4 --request-id once'), /^web-1 has 4 vCPUs/);
    const again = await ok('scale cpu web-1 4 --request-id once --json');
    assert.equal((JSON.parse(again) as { state: string }).state, 'OPERATION_STATE_SUCCEEDED');
    const scalings = JSON.parse(await ok('operations list web-1 --json')) as { operations: { kind: string }[] };
    assert.equal(scalings.operations.filter(({ kind }) => kind === 'OPERATION_KIND_SCALE_CPU').length, 1);
    assert.equal((await run('scale cpu web-1 3 --request-id once')).code, 3);
    assert.match(await ok('scale memory web-1 3G'), /^web-1 has 3 GiB of memory/);
  });

  it('prints messages of the API as JSON, and errors too', async () => {
    const { hosts } = JSON.parse(await ok('hosts list --json')) as {
      hosts: { hostname: string; maxMemoryKib: string }[];
    };
    assert.deepEqual(
      hosts.map(({ hostname }) => hostname),
      HOSTS,
    );
    assert.equal(hosts[0]?.maxMemoryKib, String(32 * GIB));
    const { code, err } = await run('guests show nobody --json');
    assert.equal(code, NOT_FOUND);
    const { error } = JSON.parse(err) as { error: { code: string; reason: string; metadata: unknown } };
    assert.deepEqual([error.code, error.reason, error.metadata], ['NOT_FOUND', 'GUEST_NOT_FOUND', { vmid: 'nobody' }]);
  });

  it('watches until it is interrupted', async () => {
    const stop = new AbortController();
    let events = '';
    const watching = run('guests watch --json', {
      interrupted: stop.signal,
      onOutput: (text) => {
        events += text;
        if (events.includes('tier')) stop.abort();
      },
    });
    await ok('guests update web-1 --label tier=front');
    assert.equal((await watching).code, 0);
    const last = JSON.parse(events.trim().split('\n').at(-1) ?? '') as { upserted: { labels: unknown } };
    assert.deepEqual(last.upserted.labels, { tier: 'front' });
  });

  it('says which operation goes on when the wait for it is interrupted', async () => {
    const { operation } = await world.client.guests.stopGuest({ vmid: 'web-1', graceS: 3_600 });
    const { code, err } = await run(`operations wait ${operation?.name} --timeout 0.001`);
    assert.equal(code, 4);
    assert.match(err, /the time is up|goes on/);
    await world.ended(operation);
    await ok('guests start web-1');
  });

  it('answers at once with --async, and waits later', async () => {
    const name = (await ok('guests pause web-1 --async')).trim();
    assert.match(name, /^op-/);
    assert.match(await ok(`operations wait ${name}`), /succeeded/);
    await ok('guests resume web-1');
  });

  it('ends with 20 where the operation fails, and says why', async () => {
    const { hostname } = await world.guest('web-1');
    world.faults.failCalls(hostname, 'reboot', 'REFUSED');
    const { code, err } = await run('guests reboot web-1');
    assert.equal(code, 20);
    assert.match(err, /failed: .*\[/);
  });

  it('connects what is typed to the console of a guest', async () => {
    const stop = new AbortController();
    const { out } = await run('guests console web-1', {
      interrupted: stop.signal,
      input: 'ping\n',
      onOutput: (text) => {
        if (/beat=/.test(text)) stop.abort();
      },
    });
    assert.match(out, /beat=\d+ .*boot=/);
  });

  it('says where it looked for a service that is not there', async () => {
    const { code, err } = await virtdc('127.0.0.1:1', ['guests']);
    assert.equal(code, 14);
    assert.match(err, /no virtdc service answers at 127\.0\.0\.1:1\n.*\n.*--server/);
  });

  it('ends quietly when nobody reads on', async () => {
    const child = spawn(BIN, ['guests', 'watch', '--server', world.address], { stdio: ['ignore', 'pipe', 'pipe'] });
    let complaints = '';
    child.stderr.on('data', (data: Buffer) => (complaints += data.toString()));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdout.destroy();
    const nudge = setInterval(
      () => void world.client.guests.updateGuest({ vmid: 'web-1', setLabels: { n: String(Math.random()) } }),
      50,
    );
    const code = await new Promise((resolve) => child.once('exit', resolve));
    clearInterval(nudge);
    assert.equal(code, 0);
    assert.doesNotMatch(complaints, /EPIPE|Error/);
  });

  it('terminates the guest, and the audit finds nothing', async () => {
    assert.match(await ok('guests terminate web-1'), /^web-1 is gone/);
    assert.match(await ok('audit'), /node1 +0 .* in order/);
    await world.allFree();
  });
});
