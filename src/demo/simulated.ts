// A simulated datacenter for the demo: four hosts, and guests whose consoles the demo reads through the API.

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenConsoleRequest } from '#gen/virtdc/v1/guest_info_service.js';
import { DiskFormat } from '#gen/virtdc/v1/image.js';
import type { Invocation } from '../cli/invocation.js';
import { type Datacenter, type GuestPlan, readHeartbeat, type Testimony } from './datacenter.js';
import { mustHold } from './discrepancy.js';

const GIB = 1n << 20n;
const IMAGE_BYTES = 8 * 1024 * 1024;

const HOSTS: readonly [name: string, cpu: number, memoryGib: number, ioGib: number][] = [
  ['alder', 8, 32, 200],
  ['birch', 16, 64, 500],
  ['cedar', 16, 64, 500],
  ['douglas', 16, 64, 500],
];

const BASE_GUEST = `<domain type='kvm'>
  <name>vm_name</name>
  <uuid>vm_uuid</uuid>
  <memory unit='KiB'>max_memory</memory>
  <currentMemory unit='KiB'>current_memory</currentMemory>
  <vcpu current='current_cpu'>max_cpu</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/var/lib/libvirt/images/base'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='network'><source network='default'/><model type='virtio'/></interface>
    <console type='pty'/>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
  </devices>
</domain>
`;

/** One CPU and 2 GiB of each host are not available to guests: they become its reserve. */
function nodeinfo(): string {
  const capacity = (tag: string, cpu: number, memory: number, io: number): string =>
    `<${tag}><cpu_core>${cpu}</cpu_core><memory unit="GiB">${memory}</memory><io unit="GiB">${io}</io></${tag}>`;
  const nodes = HOSTS.map(([name, cpu, memory, io], index) =>
    [
      `    <node><hostname>${name}</hostname><ipv4address>192.0.2.${11 + index}</ipv4address>`,
      `      ${capacity('max_capacity', cpu, memory, io)}`,
      `      ${capacity('available_capacity', cpu - 1, memory - 2, io)}</node>`,
    ].join('\n'),
  );
  return `<node_info>\n  <nodes>\n${nodes.join('\n')}\n  </nodes>\n</node_info>\n`;
}

function guest(vmid: string, cpu: number, maxCpu: number, gib: bigint, maxGib: bigint, ioGib = 20n): GuestPlan {
  return { vmid, cpu, maxCpu, memoryKib: gib * GIB, maxMemoryKib: maxGib * GIB, ioKib: ioGib * GIB };
}

/** @param directory where the base image may be written; it is the caller's to remove */
export async function simulatedDatacenter(directory: string): Promise<Datacenter> {
  const file = join(directory, 'base.img');
  await writeFile(file, randomBytes(IMAGE_BYTES));
  return {
    description: 'four simulated hosts, on embedded defaults',
    remark: '',
    witnessed: 'read from the consoles of the guests',
    environment: {},
    nodeinfo: nodeinfo(),
    hostnames: HOSTS.map(([name]) => name),
    pool: 'shared',
    image: { file, name: 'base', format: DiskFormat.RAW },
    baseGuestXml: BASE_GUEST,
    guests: [
      guest('web-1', 2, 4, 3n, 4n),
      guest('db-1', 3, 12, 4n, 4n, 100n),
      guest('cache-1', 1, 2, 4n, 4n),
      guest('web-2', 2, 4, 3n, 4n),
      guest('batch-1', 6, 8, 4n, 4n, 40n),
    ],
    tooLarge: guest('whale-1', 24, 24, 60n, 60n),
    scaled: { vmid: 'web-1', cpu: [3, 2, 3], memoryKib: [4n * GIB, (15n * GIB) / 4n] },
    outgrown: { vmid: 'db-1', cpu: 8 },
    slowMibPerS: 512,
    testify,
    close: async () => {},
  };
}

async function testify(it: Invocation, vmid: string): Promise<Testimony> {
  const { guest: seen } = await it.client.guests.getGuest({ vmid }, it.call);
  mustHold(seen !== undefined, `${vmid} is there`);
  const left = new AbortController();
  const console = it.client.guests.openConsole(opening(vmid, left.signal), { signal: left.signal });
  let text = '';
  try {
    for await (const { output } of console) {
      text += Buffer.from(output).toString('utf8');
      const beat = readHeartbeat(text.slice(0, text.lastIndexOf('\n') + 1));
      if (beat === undefined) continue;
      return { vmid, hostnames: [seen.hostname], absent: [], ...beat, memoryKib: beat.memTotalKib };
    }
  } finally {
    left.abort();
  }
  mustHold(false, `the console of ${vmid} shows a heartbeat`);
}

/** Opens it and types nothing. */
async function* opening(vmid: string, left: AbortSignal): AsyncGenerator<OpenConsoleRequest, void, undefined> {
  yield { part: { $case: 'target', value: { vmid } } };
  await new Promise((resolve) => left.addEventListener('abort', resolve, { once: true }));
}
