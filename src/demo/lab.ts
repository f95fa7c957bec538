// Three real libvirt hosts on this machine, by lab/lab: the guests are QEMU processes, and what is said of them comes
// from virsh and from the heartbeat that each writes to its console, not from virtdc.

import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DiskFormat } from '#gen/virtdc/v1/image.js';
import { UsageError } from '../cli/failure.js';
import { type Datacenter, type GuestPlan, readHeartbeat, type Testimony } from './datacenter.js';
import { mustHold } from './discrepancy.js';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('../../lab/lab', import.meta.url));
const DIRECTORY = '/run/virtdc-demo-';
const HOSTS = ['node1', 'node2', 'node3'] as const;
const UP_DEADLINE_MS = 180_000;
const COMMAND_DEADLINE_MS = 120_000;
const BEAT_DEADLINE_MS = 60_000;
const POLL_MS = 200;
const MIB = 1n << 10n;
const GIB = 1n << 20n;

/** What is made up of each host, which in truth is the whole machine. */
const CAPACITY = '<cpu_core>4</cpu_core><memory unit="GiB">2</memory><io unit="GiB">20</io>';

/** The settings of the lab that a demo with this process id has for itself. */
function settingsOf(pid: number): Record<string, string> {
  return {
    VIRTDC_LAB_DIR: `${DIRECTORY}${pid}`,
    VIRTDC_LAB_NET: `10.${192 + ((pid >> 8) % 63)}.${pid & 255}`,
    VIRTDC_LAB_BRIDGE: `vd${pid.toString(36)}`,
  };
}

class Lab {
  constructor(private readonly settings: Record<string, string>) {}

  async run(...words: string[]): Promise<string> {
    const timeout = words[0] === 'up' ? UP_DEADLINE_MS : COMMAND_DEADLINE_MS;
    const { stdout } = await run(SCRIPT, words, { env: { ...process.env, ...this.settings }, timeout });
    return stdout.trim();
  }

  async virsh(host: string, ...words: string[]): Promise<string> {
    const uri = `qemu:///system?socket=${this.settings.VIRTDC_LAB_DIR}/${host}/run/libvirt-sock`;
    const { stdout } = await run('virsh', ['-q', '-c', uri, ...words], { timeout: COMMAND_DEADLINE_MS });
    return stdout.trim();
  }
}

/** Rejects with UsageError where this machine cannot have a lab. */
export async function labDatacenter(interrupted: AbortSignal): Promise<Datacenter> {
  await endOrphans();
  const settings = settingsOf(process.pid);
  const lab = new Lab(settings);
  const impossible = await lab.run('check').then(
    () => undefined,
    (error: { stdout?: string; stderr?: string }) => `${error.stdout ?? ''}${error.stderr ?? ''}`.trim(),
  );
  if (impossible !== undefined) throw new UsageError(`this machine cannot have a lab: ${impossible}`);
  const close = async (): Promise<void> => void (await lab.run('down'));
  try {
    await lab.run('up', String(HOSTS.length));
    interrupted.throwIfAborted();
    return await describe(lab, settings, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function describe(lab: Lab, settings: Record<string, string>, close: () => Promise<void>): Promise<Datacenter> {
  return {
    description: 'three libvirt hosts on this machine, with QEMU guests, reached by TLS',
    witnessed: 'read by virsh at each host, and from the heartbeat on the console of each guest',
    remark: 'In truth each of these hosts is this whole machine, so more may be declared than libvirt observes.',
    environment: {
      VIRTDC_LIBVIRT_URI: 'qemu+tls://{address}/system',
      VIRTDC_LIBVIRT_PKI_DIR: `${settings.VIRTDC_LAB_DIR}/pki`,
    },
    nodeinfo: await nodeinfo(lab),
    hostnames: HOSTS,
    pool: 'shared',
    image: { file: await lab.run('base-image'), name: 'base.qcow2', format: DiskFormat.QCOW2 },
    baseGuestXml: await lab.run('base-xml'),
    guests: [guest('web-1', 1, 2, 128n, 192n), guest('db-1', 1, 4, 160n, 160n), guest('cache-1', 1, 1, 128n, 128n)],
    tooLarge: { vmid: 'whale-1', cpu: 6, maxCpu: 6, memoryKib: 4n * GIB, maxMemoryKib: 4n * GIB, ioKib: GIB },
    scaled: { vmid: 'web-1', cpu: [2, 1, 2], memoryKib: [192n * MIB, 160n * MIB] },
    outgrown: { vmid: 'db-1', cpu: 4 },
    slowMibPerS: 8,
    testify: (_it, vmid) => testify(lab, vmid),
    close,
  };
}

async function nodeinfo(lab: Lab): Promise<string> {
  const nodes = await Promise.all(
    HOSTS.map(async (host) => {
      const address = await lab.run('address', host);
      return `<node><hostname>${host}</hostname><ipv4address>${address}</ipv4address><max_capacity>${CAPACITY}</max_capacity></node>`;
    }),
  );
  return `<node_info><nodes>${nodes.join('\n')}</nodes></node_info>\n`;
}

function guest(vmid: string, cpu: number, maxCpu: number, mib: bigint, maxMib: bigint): GuestPlan {
  return { vmid, cpu, maxCpu, memoryKib: mib * MIB, maxMemoryKib: maxMib * MIB, ioKib: GIB };
}

async function testify(lab: Lab, vmid: string): Promise<Testimony> {
  const lists = await Promise.all(HOSTS.map((host) => lab.virsh(host, 'list', '--name')));
  const hostnames = HOSTS.filter((_host, index) => lists[index]?.split('\n').some((name) => name.trim() === vmid));
  const [hostname] = hostnames;
  mustHold(hostname !== undefined, `some host runs ${vmid}`);
  const { bootId, onlineCpu } = await freshBeat(lab, hostname, vmid);
  const stats = await lab.virsh(hostname, 'dommemstat', vmid);
  const absent = HOSTS.filter((host) => !hostnames.includes(host));
  return { vmid, hostnames, absent, bootId, onlineCpu, memoryKib: BigInt(/^actual (\d+)$/m.exec(stats)?.[1] ?? 0) };
}

/** One that was written after this call: the guest tells how it is now. */
async function freshBeat(lab: Lab, hostname: string, vmid: string) {
  const old = await lab.run('wait', hostname, vmid);
  const deadline = performance.now() + BEAT_DEADLINE_MS;
  while (performance.now() < deadline) {
    const line = await lab.run('wait', hostname, vmid);
    const beat = readHeartbeat(line);
    if (line !== old && beat !== undefined) return beat;
    await sleep(POLL_MS);
  }
  mustHold(false, `${vmid} beats on ${hostname}`);
}

/** Labs of demos that were killed. */
async function endOrphans(): Promise<void> {
  const pids = readdirSync('/run')
    .map((name) => Number(/^virtdc-demo-(\d+)$/.exec(name)?.[1]))
    .filter((pid) => Number.isInteger(pid) && !existsSync(`/proc/${pid}`));
  for (const pid of pids) await new Lab(settingsOf(pid)).run('down');
}
