// The hosts that a drill's guests run on, simulated ones or the lab's: how virtdc is told of them, and what they
// themselves say of their guests, past virtdc.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskFormat } from '#gen/virtdc/v1/image.js';
import type { SubmitGuestRequest } from '#gen/virtdc/v1/placement_service.js';
import { partsOf } from '../../src/cli/commands/images.js';
import type { VirtdcClient } from '../../src/client/connect.js';
import type { DatacenterSnapshot } from '../../src/hypervisor/simulated/snapshot.js';
import { eventually } from '../eventually.js';
import { emptyLab, lab, upOnce, virsh } from '../lab.js';
import { BASE_XML, GIB, MIB, node, nodeInfo } from '../rpc/service.js';
import { SIMULATED, type Stage } from './stage.js';

/** A domain as its host shows it. */
export interface SeenDomain {
  readonly uuid: string;
  readonly hostname: string;
  /** In libvirt's words: running, paused, shut off ... */
  readonly state: string;
}

export interface Hosts {
  readonly hostnames: readonly string[];
  /** Settings of the service that make it reach them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Tells an empty virtdc of them: hosts, pools, a base guest `base`, and waits until all are READY. */
  furnish(client: VirtdcClient): Promise<void>;
  submission(vmid: string, more?: Partial<SubmitGuestRequest>): Partial<SubmitGuestRequest> & { vmid: string };
  /** Every domain of every host that answers, now. */
  domains(): Promise<SeenDomain[]>;
  /** The UUIDs of what runs on one host, as fast as it can be told; undefined if the host does not answer. */
  running(hostname: string): Promise<ReadonlySet<string> | undefined>;
}

export interface SimulatedSize {
  readonly hosts?: number;
  readonly cpu?: number;
  readonly memoryKib?: number;
}

/**
 * Hosts that the service simulates in its own process and writes down in its directory: for drills of everything but
 * libvirt. Each process has its own, so with several only the one that leads has guests; give the directories of all.
 */
export function simulatedHosts(dataDirs: () => readonly string[], size: SimulatedSize = {}): Hosts {
  const { hosts = 3, cpu = 16, memoryKib = 32 * GIB } = size;
  const hostnames = Array.from({ length: hosts }, (_, index) => `node${index + 1}`);
  const domains = async (): Promise<SeenDomain[]> => {
    const all = await Promise.all(dataDirs().map((directory) => simulatedDomains(directory)));
    return all.flat();
  };
  return {
    hostnames,
    environment: SIMULATED,
    async furnish(client) {
      const xml = nodeInfo(...hostnames.map((name, index) => node(name, cpu, memoryKib, 500 * GIB, index + 1)));
      await client.hosts.importNodeInfo({ xml });
      await allReady(client, hostnames);
      await client.hosts.registerPool({ name: 'shared', kind: 'POOL_KIND_SHARED', locking: true, hostnames });
      await client.guests.importBaseGuest({ name: 'base', source: { $case: 'xml', value: BASE_XML } });
    },
    submission: (vmid, more = {}) => ({
      vmid,
      cpu: 1,
      maxCpu: 4,
      memoryKib: BigInt(GIB),
      maxMemoryKib: BigInt(2 * GIB),
      ioKib: BigInt(GIB),
      baseGuest: 'base',
      ...more,
    }),
    domains,
    async running(hostname) {
      const there = (await domains()).filter((domain) => domain.hostname === hostname && domain.state === 'running');
      return new Set(there.map(({ uuid }) => uuid));
    },
  };
}

async function simulatedDomains(directory: string): Promise<SeenDomain[]> {
  let text: string;
  try {
    text = await readFile(join(directory, 'simulated-hosts.json'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const { hosts } = JSON.parse(text) as DatacenterSnapshot;
  return hosts.flatMap(({ name, domains }) =>
    domains.map(({ uuid, state, machine }) => ({
      uuid,
      hostname: name,
      state: machine === undefined ? 'shut off' : state.toLowerCase(),
    })),
  );
}

const LAB_OVERSEEN_MS = 5_000;
const BASE_IMAGE = 'base.qcow2';

/** The lab's, brought up if they are not. */
export async function labHosts(stage: Stage, count = 3): Promise<Hosts> {
  await upOnce(count);
  const hostnames = Array.from({ length: count }, (_, index) => `node${index + 1}`);
  const emptied = async (): Promise<void> => {
    await lab('heal');
    await emptyLab();
  };
  await emptied();
  stage.later(emptied);
  return {
    hostnames,
    environment: {
      VIRTDC_LIBVIRT_URI: 'qemu+tls://{address}/system',
      VIRTDC_LIBVIRT_PKI_DIR: await lab('pki'),
    },
    async furnish(client) {
      await client.hosts.importNodeInfo({ xml: await lab('nodeinfo', String(count)) });
      await allReady(client, hostnames);
      await client.hosts.registerPool({ name: 'shared', kind: 'POOL_KIND_SHARED', hostnames });
      const file = await lab('base-image');
      const sizeBytes = BigInt((await stat(file)).size);
      const header = {
        pool: 'shared',
        name: BASE_IMAGE,
        hostname: '',
        format: DiskFormat.QCOW2,
        sizeBytes,
        sha256: '',
      };
      await client.hosts.pushImage(partsOf(file, header));
      const source = { $case: 'xml', value: await lab('base-xml') } as const;
      await client.guests.importBaseGuest({ name: 'base', source, images: { vda: BASE_IMAGE } });
    },
    submission: (vmid, more = {}) => ({
      vmid,
      cpu: 1,
      maxCpu: 2,
      memoryKib: BigInt(128 * MIB),
      maxMemoryKib: BigInt(128 * MIB),
      ioKib: BigInt(64 * MIB),
      baseGuest: 'base',
      ...more,
    }),
    async domains() {
      const all = await Promise.all(hostnames.map((hostname) => labDomains(hostname)));
      return all.flat();
    },
    async running(hostname) {
      const uuids = await answered(virsh(hostname, 'list', '--uuid', '--state-running'));
      return uuids === undefined ? undefined : new Set(lines(uuids));
    },
  };
}

async function labDomains(hostname: string): Promise<SeenDomain[]> {
  const uuids = await answered(virsh(hostname, 'list', '--all', '--uuid'));
  const found = await Promise.all(
    lines(uuids ?? '').map(async (uuid) => {
      // One that ended in between is not there any more.
      const state = await answered(virsh(hostname, 'domstate', '--reason', uuid));
      return state === undefined ? [] : [{ uuid, hostname, state: state.replace(/ \(.*/, '') }];
    }),
  );
  return found.flat();
}

/** undefined: virsh complains, or the host does not answer in time, as one that is frozen. */
async function answered(asked: Promise<string>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LAB_OVERSEEN_MS);
  });
  const answer = await Promise.race([asked.catch(() => undefined), late]);
  clearTimeout(timer);
  return answer;
}

async function allReady(client: VirtdcClient, hostnames: readonly string[]): Promise<void> {
  await eventually(
    'all hosts are READY',
    async () => {
      const { hosts } = await client.hosts.listHosts({ filter: { hostnames: [...hostnames] } });
      return hosts.length === hostnames.length && hosts.every(({ condition }) => condition === 'HOST_CONDITION_READY');
    },
    { withinMs: 30_000 },
  );
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
