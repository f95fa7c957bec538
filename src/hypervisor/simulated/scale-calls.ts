// What a simulated libvirtd does with the size of running guests, and what it asks of their agents.

import type { Domain } from './domain.js';
import { followBalloon } from './guest-life.js';
import type { SimulatedHost } from './host.js';
import { agentAnswers, isReady, type Machine, onlineCpu, plug, setBalloon } from './machine.js';
import { Refused } from './refused.js';

/** Waits until no migration holds the domain; as libvirt does, not for ever. */
async function whenFree(host: SimulatedHost, uuid: string): Promise<{ domain: Domain; machine: Machine }> {
  const { datacenter } = host;
  const { domain } = host.running(uuid);
  const free = () => domain.job === undefined || host.domains.get(uuid) !== domain;
  if (!(await datacenter.until(free, datacenter.durations.jobWaitMs))) {
    throw new Refused('CONFLICT', `domain ${domain.domainName} is busy with a migration`);
  }
  return host.running(uuid);
}

export async function setPluggedCpu(host: SimulatedHost, uuid: string, cpu: number): Promise<void> {
  const { domain, machine } = await whenFree(host, uuid);
  const { datacenter, settings } = host;
  if (cpu < 1 || cpu > domain.definition.maxCpu) {
    throw new Refused('REFUSED', `${cpu} vCPUs: between 1 and ${domain.definition.maxCpu} are possible`);
  }
  if (cpu < machine.plugged) {
    if (!settings.cpuUnplug) throw new Refused('UNSUPPORTED', `${host.name} cannot unplug vCPUs`);
    await datacenter.pass(datacenter.durations.hotplugMs);
    if (domain.machine !== machine) throw new Refused('REFUSED', `domain ${domain.domainName} ended`);
    if (!isReady(machine, datacenter.now())) throw new Refused('REFUSED', 'the guest does not let its vCPUs go');
  }
  plug(machine, cpu, datacenter.now(), datacenter.durations);
  if (domain.persistent) domain.definition = { ...domain.definition, currentCpu: cpu };
  datacenter.changed();
}

export async function setOnlineCpu(host: SimulatedHost, uuid: string, cpu: number): Promise<void> {
  const { machine } = await whenFree(host, uuid);
  const { datacenter } = host;
  refuseWithoutAgent(host, machine);
  if (cpu < 1 || cpu > machine.plugged) {
    throw new Refused('REFUSED', `${cpu} vCPUs online: between 1 and ${machine.plugged} are possible`);
  }
  machine.offline = machine.plugged - cpu;
  machine.arriving = [];
  datacenter.changed();
}

export async function setMemory(host: SimulatedHost, uuid: string, memoryKib: number): Promise<void> {
  const { domain, machine } = await whenFree(host, uuid);
  const { datacenter } = host;
  if (memoryKib < 1 || memoryKib > machine.maxMemoryKib) {
    throw new Refused('REFUSED', `${memoryKib} KiB: between 1 and ${machine.maxMemoryKib} are possible`);
  }
  setBalloon(machine, memoryKib, datacenter.now(), datacenter.durations);
  if (domain.persistent) domain.definition = { ...domain.definition, currentMemoryKib: memoryKib };
  followBalloon(datacenter, machine);
  datacenter.changed();
}

export function onlineCpuOf(host: SimulatedHost, uuid: string): number {
  const { machine } = host.running(uuid);
  refuseWithoutAgent(host, machine);
  return onlineCpu(machine, host.datacenter.now());
}

export function bootIdOf(host: SimulatedHost, uuid: string): string {
  const { machine } = host.running(uuid);
  refuseWithoutAgent(host, machine);
  return machine.bootId;
}

/** One address a NIC, made of its MAC, once the guest is up. */
export function addressesOf(host: SimulatedHost, uuid: string): readonly string[] {
  const { domain, machine } = host.running(uuid);
  if (!isReady(machine, host.datacenter.now())) return [];
  return domain.definition.nics.map(({ mac }) => {
    const [a = 0, b = 0, c = 0] = mac
      .split(':')
      .slice(3)
      .map((octet) => Number.parseInt(octet, 16));
    return `10.${a}.${b}.${c}`;
  });
}

function refuseWithoutAgent(host: SimulatedHost, machine: Machine): void {
  if (!agentAnswers(machine, host.datacenter.now())) {
    throw new Refused('AGENT_UNAVAILABLE', 'the guest agent does not answer');
  }
}
