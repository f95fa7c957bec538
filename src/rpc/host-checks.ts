// CheckHosts: every host looked at from here and from each other host, each failure with what to do about it.
// A peer-to-peer migration needs ports and credentials between the hosts, which nothing else tests before one fails.

import type { FleetView } from '../fleet/fleet.js';
import { allocatable, type Host, type HostFacts } from '../fleet/host.js';
import { RESOURCE_NAMES } from '../fleet/resources.js';
import { HypervisorError } from '../ports/hypervisor.js';
import { driverOf, type RpcParts } from './parts.js';

export type HostCheckKind = 'CONNECTION' | 'IDENTITY' | 'VERSION' | 'CAPACITY' | 'CPU' | 'POOLS' | 'NETWORKS' | 'CLOCK';
export type Verdict = 'PASS' | 'WARN' | 'FAIL' | 'UNKNOWN';

export interface HostCheck {
  readonly hostname: string;
  /** The host it was looked at from; empty: from here. */
  readonly peer: string;
  readonly kind: HostCheckKind;
  readonly verdict: Verdict;
  readonly detail: string;
  readonly fix: string;
}

/** Oldest versions that virtdc was tried with, as libvirt counts them (major, minor). */
const OLDEST = { libvirt: [9, 0], hypervisor: [7, 0] } as const;

/** Checks as they end: the hosts themselves side by side, then host to host, one dial at a time from each. */
export async function* checkHosts(
  parts: RpcParts,
  hostnames: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<HostCheck> {
  const { fleet } = parts.authority;
  const facts = new Map<string, HostFacts>();
  const looks = hostnames.map(async (hostname) => {
    const checks = await lookAt(parts, fleet, hostname, facts);
    return checks;
  });
  for (const look of looks) yield* await look;
  yield* await cpuChecks(parts, fleet, facts);
  for (const from of hostnames) {
    for (const to of hostnames) {
      if (signal.aborted) return;
      if (from !== to && facts.has(from)) yield await dial(parts, fleet, from, to);
    }
  }
}

function checker(hostname: string, peer = '') {
  return (kind: HostCheckKind, verdict: Verdict, detail: string, fix = ''): HostCheck => ({
    hostname,
    peer,
    kind,
    verdict,
    detail,
    fix,
  });
}

async function lookAt(
  parts: RpcParts,
  fleet: FleetView,
  hostname: string,
  known: Map<string, HostFacts>,
): Promise<readonly HostCheck[]> {
  const check = checker(hostname);
  const host = fleet.get('host', hostname);
  if (host === undefined) return [check('CONNECTION', 'UNKNOWN', 'it was removed meanwhile')];
  try {
    const facts = await driverOf(parts, fleet, hostname).facts();
    known.set(hostname, facts);
    return [
      check('CONNECTION', 'PASS', `${host.uri} answers`),
      identity(fleet, host, facts),
      version(host, facts),
      capacity(fleet, host, facts),
      pools(fleet, host, facts),
      networks(fleet, host, facts),
      await clock(parts, fleet, host),
    ];
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    const fix = `start libvirtd on ${hostname}, open its port, and check the credentials: virsh -c ${host.uri} hostname`;
    return [check('CONNECTION', 'FAIL', error.message, fix)];
  }
}

function identity(fleet: FleetView, host: Host, facts: HostFacts): HostCheck {
  const check = checker(host.hostname);
  const twin = [...fleet.all('host')].find(
    (other) => other.hostname !== host.hostname && other.observed?.libvirtUuid === facts.libvirtUuid,
  );
  if (twin === undefined) return check('IDENTITY', 'PASS', `${facts.libvirtHostname}, ${facts.libvirtUuid}`);
  const fix = `remove one of them, or set host_uuid in libvirtd.conf where two machines have the same`;
  return check('IDENTITY', 'FAIL', `host ${twin.hostname} is the same machine (${facts.libvirtUuid})`, fix);
}

function version(host: Host, facts: HostFacts): HostCheck {
  const check = checker(host.hostname);
  const detail = `libvirt ${facts.libvirtVersion}, QEMU ${facts.hypervisorVersion}`;
  const old = isOlder(facts.libvirtVersion, OLDEST.libvirt) || isOlder(facts.hypervisorVersion, OLDEST.hypervisor);
  if (!old) return check('VERSION', 'PASS', detail);
  return check(
    'VERSION',
    'WARN',
    detail,
    `virtdc was tried with libvirt ${OLDEST.libvirt.join('.')} and QEMU ${OLDEST.hypervisor.join('.')} or later: upgrade`,
  );
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [seenMajor = 0, seenMinor = 0] = version.split('.').map(Number);
  return seenMajor < major || (seenMajor === major && seenMinor < minor);
}

function capacity(fleet: FleetView, host: Host, facts: HostFacts): HostCheck {
  const check = checker(host.hostname);
  const available = fleet.available(host);
  const over = RESOURCE_NAMES.filter((name) => available[name] < 0);
  if (over.length > 0) {
    return check(
      'CAPACITY',
      'FAIL',
      `claims exceed what may be sold of ${over.join(', ')}`,
      'move guests away, or declare more',
    );
  }
  const { cpu, memoryKib } = host.capacity;
  const declared = `declared ${cpu} CPUs and ${memoryKib} KiB, libvirt reports ${facts.cpu} and ${facts.memoryKib}`;
  const less = [
    ...(cpu > facts.cpu ? [`--cpu ${facts.cpu}`] : []),
    ...(memoryKib > facts.memoryKib ? [`--memory ${facts.memoryKib}KiB`] : []),
  ];
  if (less.length > 0) {
    return check('CAPACITY', 'WARN', declared, `virtdc hosts update ${host.hostname} ${less.join(' ')}`);
  }
  return check('CAPACITY', 'PASS', `${declared}; ${allocatable(host).cpu} CPUs may be sold`);
}

function pools(fleet: FleetView, host: Host, facts: HostFacts): HostCheck {
  const check = checker(host.hostname);
  const due = [...fleet.all('pool')].filter((pool) => pool.hosts.includes(host.hostname)).map((pool) => pool.name);
  const missing = due.filter((name) => !facts.pools.includes(name));
  if (missing.length === 0)
    return check('POOLS', 'PASS', due.length === 0 ? 'none are registered for it' : `active: ${due.join(', ')}`);
  return check(
    'POOLS',
    'FAIL',
    `not active: ${missing.join(', ')}`,
    missing.map((name) => `virsh -c ${host.uri} pool-start ${name}`).join('; '),
  );
}

function networks(fleet: FleetView, host: Host, facts: HostFacts): HostCheck {
  const check = checker(host.hostname);
  const needed = new Map<string, 'NETWORK' | 'BRIDGE'>();
  for (const base of fleet.all('baseGuest')) for (const nic of base.nics) needed.set(nic.source, nic.kind);
  for (const guest of fleet.guestsOn(host.hostname)) for (const nic of guest.nics) needed.set(nic.source, nic.kind);
  const missing = [...needed].filter(
    ([source, kind]) => !(kind === 'NETWORK' ? facts.networks : facts.bridges).includes(source),
  );
  if (missing.length === 0) {
    return check(
      'NETWORKS',
      'PASS',
      needed.size === 0 ? 'none are needed' : `present: ${[...needed.keys()].join(', ')}`,
    );
  }
  const detail = missing.map(([source, kind]) => `${kind === 'NETWORK' ? 'network' : 'bridge'} ${source}`).join(', ');
  const fixes = missing.map(([source, kind]) =>
    kind === 'NETWORK' ? `virsh net-start ${source}` : `ip link add ${source} type bridge`,
  );
  return check('NETWORKS', 'FAIL', `missing: ${detail}`, `on ${host.hostname}: ${fixes.join('; ')}`);
}

/** Leases and certificates are read by clocks, and so are logs when something went wrong. */
const CLOCK_TOLERANCE_MS = 2_000;

/** libvirt tells no host's clock, but the dates of volumes in a pool of the host's own do. */
async function clock(parts: RpcParts, fleet: FleetView, host: Host): Promise<HostCheck> {
  const check = checker(host.hostname);
  const pool = [...fleet.all('pool')].find((one) => one.kind === 'LOCAL' && one.hosts.includes(host.hostname));
  const byHand = `compare: date; ssh ${host.ipAddress || host.hostname} date`;
  if (pool === undefined) return check('CLOCK', 'UNKNOWN', 'it has no LOCAL pool whose volumes would tell', byHand);
  try {
    const before = parts.clock.now().getTime();
    const theirs = await driverOf(parts, fleet, host.hostname).clockOf(pool.name);
    const after = parts.clock.now().getTime();
    if (theirs === undefined) return check('CLOCK', 'UNKNOWN', `volumes of ${pool.name} are not dated`, byHand);
    const offMs = Math.max(0, before - theirs.getTime(), theirs.getTime() - after);
    const detail = `${Math.round(offMs)} ms off, as far as pool ${pool.name} tells`;
    if (offMs <= CLOCK_TOLERANCE_MS) return check('CLOCK', 'PASS', detail);
    return check('CLOCK', 'WARN', detail, `on ${host.hostname}: timedatectl set-ntp true`);
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    return check('CLOCK', 'UNKNOWN', error.message, byHand);
  }
}

/** One CPU that all of them can run; asked of one of them. */
async function cpuChecks(
  parts: RpcParts,
  fleet: FleetView,
  facts: ReadonlyMap<string, HostFacts>,
): Promise<readonly HostCheck[]> {
  const first = [...facts.keys()][0];
  if (first === undefined) return [];
  const known = [...facts].filter(([, one]) => one.cpuXml !== '');
  let baseline = '';
  let failure = 'libvirt cannot say';
  try {
    if (known.length > 0)
      baseline = await driverOf(parts, fleet, first).baselineCpu(known.map(([, one]) => one.cpuXml));
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    failure = error.message;
  }
  return [...facts].map(([hostname, { cpuModel }]) => {
    const check = checker(hostname);
    if (baseline !== '') return check('CPU', 'PASS', `${cpuModel}; the hosts have a baseline in common`);
    return check(
      'CPU',
      'UNKNOWN',
      `${cpuModel}; no baseline: ${failure}`,
      'name a CPU model in the base guest that every host has',
    );
  });
}

async function dial(parts: RpcParts, fleet: FleetView, from: string, to: string): Promise<HostCheck> {
  const check = checker(to, from);
  const peer = fleet.get('host', to);
  if (peer === undefined) return check('CONNECTION', 'UNKNOWN', 'it was removed meanwhile');
  try {
    await driverOf(parts, fleet, from).dialPeer(peer);
    return check('CONNECTION', 'PASS', `${peer.migrationUri} answers ${from}`);
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    const fix = `on ${from}: virsh -c ${peer.migrationUri} hostname must work for its libvirtd (ports, certificates or keys)`;
    const unclear = error.kind === 'UNKNOWN_OUTCOME' && error.hostname === from;
    return check('CONNECTION', unclear ? 'UNKNOWN' : 'FAIL', error.message, fix);
  }
}
