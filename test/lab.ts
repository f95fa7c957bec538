// The lab for the tests: real libvirt hosts on this machine, brought up once a run and shared by all suites of it.
// lab/README.md says what `lab` can do; test/lab-hooks.ts ends what was started here.

import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Context } from 'mocha';
import { skip } from './skip.js';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../lab/lab', import.meta.url));

const UP_DEADLINE_MS = 180_000;
const COMMAND_DEADLINE_MS = 120_000;
const BEAT_DEADLINE_MS = 60_000;
const POLL_MS = 100;

/** Where a run without VIRTDC_LAB_DIR of its own has its lab; the process id follows. */
const OWN_DIR = '/run/virtdc-lab-';

/** The variables that choose the lab: those of the environment, else a lab of this process alone. */
export const labEnv: NodeJS.ProcessEnv = process.env.VIRTDC_LAB_DIR ? {} : labOf(process.pid);

/** The state directory of the lab: `<labDir>/nodeN/run/libvirt-sock` is a host's libvirt socket. */
export const labDir = process.env.VIRTDC_LAB_DIR ?? `${OWN_DIR}${process.pid}`;

/** One line that a guest writes to its console each second. */
export interface Beat {
  /** Counts from 1 since the guest's boot. */
  readonly beat: number;
  readonly upS: number;
  /** The kernel's list of CPUs that are online, such as `0-1,3`. */
  readonly cpus: string;
  readonly onlineCpus: number;
  readonly memTotalKib: number;
  readonly bootId: string;
  readonly hostname: string;
  /** Without an interface: empty. */
  readonly address: string;
}

function labOf(pid: number): NodeJS.ProcessEnv {
  return {
    VIRTDC_LAB_DIR: `${OWN_DIR}${pid}`,
    VIRTDC_LAB_NET: `10.${64 + ((pid >> 8) % 128)}.${pid & 255}`,
    VIRTDC_LAB_BRIDGE: `vl${pid.toString(36)}`,
  };
}

/** Whether this machine can have a lab, and if not, what would mend it. */
export function labAvailable(): { ok: true } | { ok: false; reason: string } {
  const check = spawnSync(script, ['check'], { encoding: 'utf8' });
  return check.status === 0 ? { ok: true } : { ok: false, reason: (check.stdout + check.stderr).trim() };
}

/** Runs `lab ARGUMENT...` and answers what it printed; rejects with what it complained about. Deadline 120 s. */
export async function lab(...args: string[]): Promise<string> {
  const deadlineMs = args[0] === 'up' ? UP_DEADLINE_MS : COMMAND_DEADLINE_MS;
  const { stdout } = await run(script, args, { env: { ...process.env, ...labEnv }, timeout: deadlineMs });
  return stdout.trim();
}

/** A before hook: brings `hosts` hosts up, empty if the lab is this process's own, or skips the suite with the reason. */
export function needsLab(hosts = 3): (this: Context) => Promise<void> {
  return async function (this: Context) {
    this.timeout(UP_DEADLINE_MS);
    const available = labAvailable();
    if (!available.ok) skip(this, available.reason);
    await upOnce(hosts);
    if (ours) await emptyLab();
  };
}

/** Ends the guests and removes the disks that an earlier suite left, so that its failure is not the next one's. */
export async function emptyLab(): Promise<void> {
  for (let n = 1; n <= upHosts; n++) {
    const host = `node${n}`;
    for (const guest of await names(host)) await virsh(host, 'destroy', guest);
    for (const guest of await names(host, '--all', '--persistent')) await virsh(host, 'undefine', guest);
    await lab('exec', host, 'sh', '-c', `rm -rf /var/lib/libvirt/images/* ${join(labDir, 'shared')}/*`);
    for (const pool of ['local', 'shared']) await virsh(host, 'pool-refresh', pool);
  }
}

async function names(host: string, ...which: string[]): Promise<string[]> {
  return (await virsh(host, 'list', '--name', ...which)).split('\n').filter((name) => name !== '');
}

let started: Promise<unknown> = Promise.resolve();
let upHosts = 0;
let ours = false;

/** Brings the hosts node1 to node`hosts` up if they are not; whatever a test did to them is mended. */
export async function upOnce(hosts = 3): Promise<void> {
  started = started.then(async () => {
    if (upHosts === 0) {
      await endOrphans();
      ours = !existsSync(join(labDir, 'settings'));
    }
    upHosts = Math.max(upHosts, hosts);
    await lab('up', String(upHosts));
    await lab('heal');
  });
  await started;
}

/** Ends the lab if this process brought it up. */
export async function downIfOurs(): Promise<void> {
  if (ours) await lab('down');
  ours = false;
  upHosts = 0;
}

/** Labs of test runs that were killed are ended by the next run. */
async function endOrphans(): Promise<void> {
  const pids = readdirSync('/run')
    .filter((name) => join('/run', name).startsWith(OWN_DIR))
    .map((name) => Number(join('/run', name).slice(OWN_DIR.length)));
  for (const pid of pids) {
    if (!Number.isInteger(pid) || existsSync(`/proc/${pid}`)) continue;
    await run(script, ['down'], { env: { ...process.env, ...labOf(pid) }, timeout: COMMAND_DEADLINE_MS });
  }
}

/** virsh at a host, through its unix socket. */
export async function virsh(host: string, ...args: string[]): Promise<string> {
  const uri = `qemu:///system?socket=${join(labDir, host, 'run/libvirt-sock')}`;
  const { stdout } = await run('virsh', ['-q', '-c', uri, ...args], { timeout: COMMAND_DEADLINE_MS });
  return stdout.trim();
}

/** Asks a guest through its control port; the answer without its last line. Rejects if the guest answers ERR. */
export async function ctl(host: string, guest: string, ...command: string[]): Promise<string> {
  return await lab('ctl', host, guest, ...command);
}

/** Every heartbeat that the guest's console has on a host, oldest first; none if it never ran there. */
export async function beats(host: string, guest: string): Promise<Beat[]> {
  const file = join(labDir, host, 'log/guest', `${guest}.log`);
  const text = existsSync(file) ? await readFile(file, 'utf8') : '';
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  return complete
    .split('\n')
    .filter((line) => line.startsWith('beat='))
    .map(parseBeat);
}

/**
 * The first heartbeat on a host that comes after this call and is as `wanted`. Rejects after 60 s, with the last one.
 */
export async function nextBeat(
  host: string,
  guest: string,
  wanted: (beat: Beat) => boolean = () => true,
): Promise<Beat> {
  const before = (await beats(host, guest)).length;
  const deadline = performance.now() + BEAT_DEADLINE_MS;
  for (;;) {
    const all = await beats(host, guest);
    const found = all.slice(before).find(wanted);
    if (found !== undefined) return found;
    if (performance.now() > deadline) {
      throw new Error(`no such heartbeat of ${guest} on ${host}; the last one: ${JSON.stringify(all.at(-1))}`);
    }
    await sleep(POLL_MS);
  }
}

/** The boot id that the guest shows on a host now. */
export async function bootId(host: string, guest: string): Promise<string> {
  return (await nextBeat(host, guest)).bootId;
}

function parseBeat(line: string): Beat {
  const fields = new Map(
    line
      .trim()
      .split(' ')
      .map((field) => splitOnce(field)),
  );
  const cpus = fields.get('cpus') ?? '';
  return {
    beat: Number(fields.get('beat')),
    upS: Number(fields.get('up')),
    cpus,
    onlineCpus: countCpus(cpus),
    memTotalKib: Number(fields.get('memtotal')),
    bootId: fields.get('boot') ?? '',
    hostname: fields.get('host') ?? '',
    address: fields.get('addr') ?? '',
  };
}

function splitOnce(field: string): [string, string] {
  const at = field.indexOf('=');
  return [field.slice(0, at), field.slice(at + 1)];
}

function countCpus(list: string): number {
  return list.split(',').reduce((sum, range) => {
    const [first, last = first] = range.split('-').map(Number);
    return sum + Number(last) - Number(first) + 1;
  }, 0);
}
