// What a simulated libvirtd does with domains: the calls that make, start, pause, stop and undefine them.

import type { DomainStateReason, GuestDefinition } from '../../ports/hypervisor.js';
import { runsCpu } from './cpu.js';
import type { SimulatedDatacenter } from './datacenter.js';
import { type Domain, newDomain } from './domain.js';
import { bootAgain, follow } from './guest-life.js';
import type { SimulatedHost } from './host.js';
import { boot, isReady, type Machine, pause, unpause } from './machine.js';
import { Refused } from './refused.js';

export async function createDomain(
  host: SimulatedHost,
  definition: GuestDefinition,
  persistent: boolean,
  foreign = false,
): Promise<void> {
  if (isTaken(host, definition)) {
    throw new Refused('CONFLICT', `a domain ${definition.domainName} or ${definition.uuid} exists already`);
  }
  refuseMissingDevices(host, definition);
  const domain = newDomain(definition, persistent, foreign);
  host.domains.set(domain.uuid, domain);
  if (persistent) host.emit({ type: 'LIFECYCLE', uuid: domain.uuid, event: 'DEFINED', detail: 'ADDED' });
  await startDomain(host, domain);
}

/** By its UUID or its name. */
export function isTaken(host: SimulatedHost, { uuid, domainName }: GuestDefinition): boolean {
  return host.domains.has(uuid) || [...host.domains.values()].some((domain) => domain.domainName === domainName);
}

/** What the domain needs of its host: volumes, networks, bridges, the CPU. */
export function refuseMissingDevices(host: SimulatedHost, definition: GuestDefinition): void {
  for (const { path, target } of definition.disks) {
    if (host.volumeAt(path) === undefined) throw new Refused('REFUSED', `no storage file ${path} for disk ${target}`);
  }
  for (const { kind, source } of definition.nics) {
    const known = kind === 'NETWORK' ? host.settings.networks : host.settings.bridges;
    if (!known.includes(source)) throw new Refused('REFUSED', `no ${kind.toLowerCase()} ${source} on ${host.name}`);
  }
  const { cpuBaselineXml } = definition;
  if (cpuBaselineXml !== '' && runsCpu(host.settings.cpuModel, cpuBaselineXml) === false) {
    throw new Refused('UNSUPPORTED', `the guest's CPU is not compatible with ${host.settings.cpuModel}`);
  }
}

export async function startDomain(host: SimulatedHost, domain: Domain): Promise<void> {
  const { datacenter } = host;
  if (domain.machine !== undefined) throw new Refused('REFUSED', `domain ${domain.domainName} is running already`);
  try {
    takeWriteLocks(host, domain);
  } catch (error) {
    if (!domain.persistent) host.domains.delete(domain.uuid);
    throw error;
  }
  const machine = boot(domain.definition, datacenter.random.uuid(), datacenter.now(), datacenter.durations);
  pause(machine, datacenter.now());
  domain.machine = machine;
  datacenter.homes.set(machine, { host, domain });
  setState(domain, 'PAUSED', 'STARTING_UP');
  datacenter.changed();
  await datacenter.pass(datacenter.durations.startMs);
  if (domain.machine !== machine) {
    throw new Refused('REFUSED', `domain ${domain.domainName} ended while it was started`);
  }
  finishStart(host, domain, machine);
}

export function finishStart(host: SimulatedHost, domain: Domain, machine: Machine): void {
  const { datacenter } = host;
  setState(domain, 'RUNNING', 'OTHER');
  unpause(machine, datacenter.now());
  host.emit({ type: 'LIFECYCLE', uuid: domain.uuid, event: 'STARTED', detail: 'BOOTED' });
  follow(datacenter, machine);
  datacenter.changed();
}

/** The domain ends, for whatever reason; a transient one is gone with that. */
export function stopDomain(host: SimulatedHost, domain: Domain, reason: DomainStateReason, detail: string): void {
  const { machine, uuid } = domain;
  if (machine !== undefined) {
    releaseWriteLocks(host, domain);
    // A guest that has gone on elsewhere keeps the home it has there.
    if (host.datacenter.homes.get(machine)?.domain === domain) host.datacenter.homes.delete(machine);
    domain.machine = undefined;
    host.emit({ type: 'LIFECYCLE', uuid, event: 'STOPPED', detail });
  }
  if (domain.persistent) setState(domain, 'SHUTOFF', reason);
  else host.domains.delete(uuid);
  host.datacenter.changed();
}

export function setState(domain: Domain, state: Domain['state'], reason: DomainStateReason): void {
  domain.state = state;
  domain.reason = reason;
}

/** QEMU's lock on each image it writes. */
export function takeWriteLocks(host: SimulatedHost, domain: Domain): void {
  const owner = `${host.name}/${domain.uuid}`;
  const volumes = domain.definition.disks.flatMap(({ path }) => host.volumeAt(path)?.volume ?? []);
  for (const volume of volumes) {
    if (volume.writer !== undefined && volume.writer !== owner) {
      throw new Refused('REFUSED', `failed to get the write lock of ${volume.name}: ${volume.writer} has it`);
    }
  }
  for (const volume of volumes) volume.writer = owner;
}

export function releaseWriteLocks(host: SimulatedHost, domain: Domain): void {
  for (const { path } of domain.definition.disks) {
    const found = host.volumeAt(path);
    if (found?.volume.writer === `${host.name}/${domain.uuid}`) found.volume.writer = undefined;
  }
}

export function destroyDomain(host: SimulatedHost, uuid: string): void {
  const { domain } = host.running(uuid);
  stopDomain(host, domain, 'DESTROYED', 'DESTROYED');
}

export function undefineDomain(host: SimulatedHost, uuid: string): void {
  const domain = persistentDomain(host, uuid);
  domain.persistent = false;
  domain.autostart = false;
  host.emit({ type: 'LIFECYCLE', uuid, event: 'UNDEFINED', detail: 'REMOVED' });
  if (domain.machine === undefined) host.domains.delete(uuid);
  host.datacenter.changed();
}

export function persistentDomain(host: SimulatedHost, uuid: string): Domain {
  const domain = host.domain(uuid);
  if (!domain.persistent) throw new Refused('REFUSED', `domain ${domain.domainName} is transient`);
  return domain;
}

export function suspendDomain(host: SimulatedHost, uuid: string): void {
  const { domain, machine } = host.running(uuid);
  if (domain.state === 'PAUSED') return;
  pause(machine, host.datacenter.now());
  setState(domain, 'PAUSED', 'USER');
  host.emit({ type: 'LIFECYCLE', uuid, event: 'SUSPENDED', detail: 'PAUSED' });
  host.datacenter.changed();
}

export function resumeDomain(host: SimulatedHost, uuid: string): void {
  const { domain } = host.running(uuid);
  if (domain.job?.direction === 'IN') throw new Refused('CONFLICT', `domain ${domain.domainName} is still arriving`);
  if (domain.state === 'RUNNING') throw new Refused('REFUSED', `domain ${domain.domainName} is running already`);
  if (domain.reason === 'POSTCOPY_FAILED') {
    throw new Refused('REFUSED', `half of the memory of ${domain.domainName} is on another host`);
  }
  runVcpus(host, domain, 'OTHER', 'UNPAUSED');
}

/** Lets the vCPUs run, which needs the locks of its disks. */
export function runVcpus(host: SimulatedHost, domain: Domain, reason: DomainStateReason, detail: string): void {
  const { datacenter } = host;
  const { machine, uuid } = domain;
  if (machine === undefined) throw new Refused('REFUSED', `domain ${domain.domainName} is not running`);
  takeWriteLocks(host, domain);
  unpause(machine, datacenter.now());
  setState(domain, 'RUNNING', reason);
  datacenter.homes.set(machine, { host, domain });
  host.emit({ type: 'LIFECYCLE', uuid, event: 'RESUMED', detail });
  follow(datacenter, machine);
  datacenter.changed();
}

export function shutdownDomain(host: SimulatedHost, uuid: string): void {
  const { machine } = host.running(uuid);
  atTheGuest(host, machine, host.datacenter.durations.shutdownMs, () => powerOffFromInside(host.datacenter, machine));
}

export function rebootDomain(host: SimulatedHost, uuid: string, force: boolean): void {
  const { machine } = host.running(uuid);
  if (force) bootAgain(host.datacenter, machine);
  else atTheGuest(host, machine, host.datacenter.durations.rebootMs, () => bootAgain(host.datacenter, machine));
}

/** The guest does as it is asked, a while later, if it can and wants to. */
function atTheGuest(host: SimulatedHost, machine: Machine, afterMs: number, act: () => void): void {
  const { datacenter } = host;
  if (machine.behaviour.ignoresShutdown || machine.pausedAt !== undefined || !isReady(machine, datacenter.now())) {
    return;
  }
  const { bootId } = machine;
  datacenter.after(afterMs, () => {
    if (machine.bootId === bootId && machine.pausedAt === undefined) act();
  });
}

/** The guest powers itself off, asked to or not. */
export function powerOffFromInside(datacenter: SimulatedDatacenter, machine: Machine): void {
  const home = datacenter.homes.get(machine);
  if (home === undefined) return;
  home.host.emit({ type: 'LIFECYCLE', uuid: home.domain.uuid, event: 'SHUTDOWN', detail: 'GUEST' });
  stopDomain(home.host, home.domain, 'SHUTDOWN', 'SHUTDOWN');
}

/** What a host does by itself when it comes up. */
export function startAutostarted(host: SimulatedHost): void {
  for (const domain of host.domains.values()) {
    if (domain.persistent && domain.autostart && domain.machine === undefined)
      startDomain(host, domain).catch(isRefused);
  }
}

/** Nobody asked for it, so nobody is told; anything else is a bug. */
function isRefused(error: unknown): void {
  if (!(error instanceof Refused)) throw error;
}
