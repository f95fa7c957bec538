// Fleets as text: one line a thing, its parts between pipes, read into a Fleet as the service would hold it.
// A line's last part may carry options, name=value. Amounts take KiB (as a bare number), MiB, GiB and TiB.
//
//   policy  | overhead=0+0 strategy=FIRST_FIT pool=shared
//   host    | node1 | 8 | 16GiB | 100GiB | CORDONED SUSPECT reserve=1,1GiB,0 ratios=4,1,1 networks=default pools=local
//   pool    | shared | SHARED locking | node1 node2 | 1TiB exported=node1
//   image   | local | node1 | debian | 2GiB sha=aa
//   base    | web | vda=debian vdb= | NETWORK:default | pc
//   guest   | g1 | node1 | 2/4 | 1GiB/2GiB | 4GiB | RUNNING pool=shared plugged=3 balloon=1GiB
//   foreign | node1 | 11111111-2222-3333-4444-555555555555 | 1 | 1GiB

import { readFileSync } from 'node:fs';
import type { BaseGuest } from '../../src/fleet/base-guest.js';
import { type Change, put } from '../../src/fleet/change.js';
import { type ClusterPolicy, DEFAULT_CLUSTER_POLICY, withOverhead } from '../../src/fleet/cluster-policy.js';
import { STRATEGIES } from '../../src/fleet/explanation.js';
import { Fleet } from '../../src/fleet/fleet.js';
import type { Guest, GuestState } from '../../src/fleet/guest.js';
import type { AdminState, Host, HostCondition, HostFacts } from '../../src/fleet/host.js';
import type { Resources } from '../../src/fleet/resources.js';
import type { Image, Pool } from '../../src/fleet/storage.js';
import { claimSize } from '../../src/policy/claim.js';

export const EPOCH = new Date('2026-01-01T00:00:00Z');

/** Reads test/fleets/<name>.fleet. */
export function readFleet(name: string): Fleet {
  return parseFleet(readFileSync(new URL(`${name}.fleet`, import.meta.url), 'utf8'));
}

export function parseFleet(text: string): Fleet {
  const fleet = new Fleet();
  text.split('\n').forEach((line, index) => {
    const [content = ''] = line.split('#');
    if (content.trim() === '') return;
    const [kind = '', ...parts] = content.split('|').map((part) => part.trim());
    const read = KINDS[kind];
    if (read === undefined) throw new Error(`line ${index + 1}: no such kind of line: ${kind}`);
    fleet.revision = index + 1;
    for (const change of read(parts, fleet)) fleet.apply(change);
  });
  return fleet;
}

type Parts = readonly string[];

const KINDS: Readonly<Record<string, (parts: Parts, fleet: Fleet) => readonly Change[]>> = {
  policy: (parts) => [put('policy', policyOf(parts))],
  host: (parts, fleet) => [put('host', hostOf(parts, fleet))],
  pool: (parts) => [put('pool', poolOf(parts))],
  image: (parts) => [put('image', imageOf(parts))],
  base: (parts) => baseOf(parts),
  guest: (parts, fleet) => guestOf(parts, fleet),
  foreign: (parts, fleet) => foreignOf(parts, fleet),
};

function words(part = ''): readonly string[] {
  return part.split(/\s+/).filter((word) => word !== '');
}

function option(part: string | undefined, name: string): string | undefined {
  return words(part)
    .find((word) => word.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

function list(part: string | undefined, name: string, otherwise: readonly string[]): readonly string[] {
  const given = option(part, name);
  return given === undefined ? otherwise : given.split(',').filter((word) => word !== '');
}

const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 1, MiB: 1024, GiB: 1024 ** 2, TiB: 1024 ** 3 };

export function kib(text: string): number {
  const [, number = '', unit = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (number === '' || factor === undefined) throw new Error(`no amount: ${text}`);
  return Number(number) * factor;
}

/** cpu,memory,io; none: 0 of each, or the given. */
function triple(text: string | undefined, otherwise: Resources): Resources {
  if (text === undefined) return otherwise;
  const [cpu = '0', memory = '0', io = '0'] = text.split(',');
  return { cpu: Number(cpu), memoryKib: kib(memory), ioKib: kib(io) };
}

function oneOf<T extends string>(part: string | undefined, allowed: readonly T[], otherwise: T): T {
  return (words(part) as readonly T[]).find((word) => allowed.includes(word)) ?? otherwise;
}

function policyOf([options]: Parts): ClusterPolicy {
  const [overheadKib = '', overheadPercent = ''] = (option(options, 'overhead') ?? '131072+2').split('+');
  return {
    ...DEFAULT_CLUSTER_POLICY,
    strategy: STRATEGIES.find((name) => name === option(options, 'strategy')) ?? 'BEST_FIT',
    overheadKib: kib(overheadKib),
    overheadPercent: Number(overheadPercent),
    defaultPool: option(options, 'pool') ?? '',
  };
}

const ADMIN_STATES: readonly AdminState[] = ['AVAILABLE', 'CORDONED', 'DRAINING', 'MAINTENANCE'];
const CONDITIONS: readonly HostCondition[] = ['READY', 'SUSPECT', 'UNREACHABLE', 'DEAD'];

function hostOf([hostname = '', cpu = '', memory = '', io = '', options]: Parts, fleet: Fleet): Host {
  const capacity = { cpu: Number(cpu), memoryKib: kib(memory), ioKib: kib(io) };
  const number = fleet.count('host') + 1;
  return {
    hostname,
    ipAddress: `10.0.0.${number}`,
    uri: `sim://${hostname}`,
    migrationUri: `sim://${hostname}`,
    adminState: oneOf(options, ADMIN_STATES, 'AVAILABLE'),
    condition: oneOf(options, CONDITIONS, 'READY'),
    conditionReason: '',
    capacity,
    ratios: triple(option(options, 'ratios'), { cpu: 1, memoryKib: 1, ioKib: 1 }),
    reserve: triple(option(options, 'reserve'), { cpu: 0, memoryKib: 0, ioKib: 0 }),
    maxIoKibPerS: 0,
    leftBehind: [],
    observed: words(options).includes('unseen') ? undefined : factsOf(hostname, capacity, options),
    labels: Object.fromEntries(list(options, 'labels', []).map((label) => label.split(':') as [string, string])),
    zone: option(options, 'zone') ?? '',
    createdAt: EPOCH,
    cause: '',
    revision: fleet.revision,
  };
}

function factsOf(hostname: string, capacity: Resources, options: string | undefined): HostFacts {
  return {
    cpu: Number(option(options, 'seencpu') ?? capacity.cpu),
    memoryKib: capacity.memoryKib,
    libvirtHostname: hostname,
    libvirtUuid: option(options, 'uuid') ?? `machine-of-${hostname}`,
    libvirtVersion: '9.0.0',
    hypervisorVersion: '7.2.0',
    arch: option(options, 'arch') ?? 'x86_64',
    cpuModel: option(options, 'cpu') ?? 'EPYC',
    cpuXml: `<cpu>${option(options, 'cpu') ?? 'EPYC'}</cpu>`,
    pools: list(options, 'pools', ['local', 'shared', 'locked']),
    networks: list(options, 'networks', ['default']),
    bridges: list(options, 'bridges', ['br0']),
    machineTypes: list(options, 'machines', ['pc', 'q35']),
    cpuUnplug: words(options).includes('unplug'),
  };
}

function poolOf([name = '', kind = '', hosts = '', options]: Parts): Pool {
  const size = words(options).find((word) => /^[0-9]/.test(word));
  return {
    name,
    kind: kind.startsWith('SHARED') ? 'SHARED' : 'LOCAL',
    locking: words(kind).includes('locking'),
    hosts: words(hosts),
    capacityKib: size === undefined ? 0 : kib(size),
    exportedBy: option(options, 'exported') ?? '',
    revision: 0,
  };
}

function imageOf([pool = '', hostname = '', name = '', options]: Parts): Image {
  const virtualKib = kib(words(options).find((word) => /^[0-9]/.test(word)) ?? '1GiB');
  const sha256 = (option(options, 'sha') ?? 'aa').padEnd(64, '0');
  const host = hostname === '-' ? '' : hostname;
  return { pool, hostname: host, name, format: 'qcow2', sizeBytes: virtualKib * 512, virtualKib, sha256, revision: 0 };
}

function baseOf([name = '', disks = '', nics = '', machineType = '']: Parts): readonly Change[] {
  const pairs = words(disks).map((word) => word.split('=') as [string, string]);
  const base: BaseGuest = {
    name,
    template: `template-of-${name}`,
    images: Object.fromEntries(pairs.filter(([, image]) => image !== '')),
    diskTargets: pairs.map(([target]) => target),
    nics: words(nics).map((word) => {
      const [kind, source = ''] = word.split(':');
      return { kind: kind === 'BRIDGE' ? 'BRIDGE' : 'NETWORK', source };
    }),
    machineType,
    createdAt: EPOCH,
    revision: 0,
  };
  return [
    put('template', { key: base.template, xml: `<domain/><!-- ${name} -->`, revision: 0 }),
    put('baseGuest', base),
  ];
}

const GUEST_STATES: readonly GuestState[] = [
  'PENDING',
  'STARTING',
  'RUNNING',
  'PAUSED',
  'MIGRATING',
  'STOPPED',
  'TERMINATING',
  'LOST',
  'UNKNOWN',
];

/** now/most; one number: both. */
function pair(text: string, read: (text: string) => number): readonly [now: number, most: number] {
  const [now = '', most = now] = text.split('/');
  return [read(now), read(most)];
}

function guestOf(
  [vmid = '', hostname = '', cpu = '', memory = '', io = '', options]: Parts,
  fleet: Fleet,
): readonly Change[] {
  const [currentCpu, maxCpu] = pair(cpu, Number);
  const [currentMemoryKib, maxMemoryKib] = pair(memory, kib);
  const plugged = option(options, 'plugged');
  const balloon = option(options, 'balloon');
  const seen = plugged !== undefined || balloon !== undefined;
  const pool = option(options, 'pool') ?? '';
  const number = fleet.count('guest') + 1;
  const guest: Guest = {
    vmid,
    uuid: option(options, 'uuid') ?? `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    domainName: option(options, 'domain') ?? vmid,
    hostname,
    state: oneOf(options, GUEST_STATES, 'RUNNING'),
    stateReason: '',
    currentCpu,
    maxCpu,
    currentMemoryKib,
    maxMemoryKib,
    ioKib: kib(io),
    observed: seen
      ? {
          at: EPOCH,
          pluggedCpu: plugged === undefined ? undefined : Number(plugged),
          onlineCpu: undefined,
          balloonKib: balloon === undefined ? undefined : kib(balloon),
          bootId: undefined,
          addresses: [],
        }
      : undefined,
    disks:
      pool === ''
        ? []
        : [
            {
              target: 'vda',
              pool,
              volume: `${vmid}-vda.qcow2`,
              path: `/pools/${pool}/${vmid}-vda.qcow2`,
              format: 'qcow2',
              baseImage: option(options, 'image') ?? '',
              capacityKib: kib(io),
              role: 'DISK',
              madeByVirtdc: !words(options).includes('foreign-disk'),
            },
          ],
    nics: list(options, 'networks', []).map((source) => ({ kind: 'NETWORK', source, mac: '52:54:00:00:00:01' })),
    seed: undefined,
    baseGuest: '',
    template: option(options, 'template') ?? 'template-of-web',
    persistent: false,
    adopted: false,
    restartPolicy: 'NEVER',
    priority: 0,
    restarts: undefined,
    operation: '',
    labels: {},
    createdBy: 'local',
    createdByRequest: '',
    createdAt: EPOCH,
    cause: '',
    revision: fleet.revision,
  };
  return [
    put('guest', guest),
    put('claim', { hostname, vmid, kind: 'GUEST', ...claimSize(guest, fleet.policy), revision: 0 }),
  ];
}

function foreignOf([hostname = '', uuid = '', cpu = '', memory = '']: Parts, fleet: Fleet): readonly Change[] {
  const resources = { cpu: Number(cpu), memoryKib: withOverhead(kib(memory), fleet.policy), ioKib: 0 };
  return [put('claim', { hostname, vmid: uuid, kind: 'FOREIGN', resources, retakeKib: 0, revision: 0 })];
}
