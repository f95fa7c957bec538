// What can go wrong, for whoever wants it to: tests, drills, the deterministic simulation. Also what others than virtdc do
// to a host by hand.

import type { GuestDefinition, HypervisorErrorKind } from '../../ports/hypervisor.js';
import type { SimulatedDatacenter } from './datacenter.js';
import { createDomain, powerOffFromInside, startAutostarted, stopDomain } from './domain-calls.js';
import { bootAgain, followBalloon } from './guest-life.js';
import { type Machine, onlineCpu, setBalloon, setBehaviour, uptimeMs } from './machine.js';
import { Refused } from './refused.js';
import type { GuestBehaviour } from './settings.js';

export class Faults {
  constructor(private readonly datacenter: SimulatedDatacenter) {}

  /** SIGSTOP of the libvirtd: guests run on, calls are taken and not answered. */
  freeze(host: string): void {
    this.datacenter.host(host).freeze();
    this.datacenter.faultsChanged();
  }

  /** SIGCONT: everything that was sent meanwhile is done now. */
  thaw(host: string): void {
    this.datacenter.host(host).thaw();
    this.datacenter.faultsChanged();
  }

  killDaemon(host: string): void {
    this.datacenter.host(host).dropDaemon();
    this.datacenter.faultsChanged();
  }

  startDaemon(host: string): void {
    this.datacenter.host(host).startDaemon();
    this.datacenter.faultsChanged();
  }

  /** Power cut: every guest is gone; persistent domains are shut off, transient ones nowhere. */
  powerOff(hostname: string): void {
    const host = this.datacenter.host(hostname);
    host.dropDaemon();
    host.powered = false;
    for (const domain of [...host.domains.values()]) stopDomain(host, domain, 'OTHER', 'FAILED');
    this.datacenter.faultsChanged();
  }

  powerOn(hostname: string): void {
    const host = this.datacenter.host(hostname);
    if (host.powered) return;
    host.powered = true;
    host.startDaemon();
    this.datacenter.faultsChanged();
    startAutostarted(host);
  }

  /** Nobody hears `name` (a host or a client) any more; with `peer`, only the two of them do not hear each other. */
  partition(name: string, peer?: string): void {
    this.datacenter.network.cut(name, peer);
    this.datacenter.faultsChanged();
  }

  /** What the one sends to the other is lost; the other way it gets through. */
  partitionOneWay(from: string, to: string): void {
    this.datacenter.network.cutWay(from, to);
    this.datacenter.faultsChanged();
  }

  /** Undoes every partition that the name is in, or all of them. */
  heal(name?: string): void {
    this.datacenter.network.heal(name);
    this.datacenter.faultsChanged();
  }

  /** The next calls (of a method of HostDriver, or * for any) fail before they do anything. */
  failCalls(host: string, method: string, kind: HypervisorErrorKind, calls = 1): void {
    const message = `made to fail: ${method}`;
    this.datacenter.host(host).faults.push({ method, remaining: calls, does: 'FAIL', kind, message });
  }

  /** The next calls do what they should, and the connection breaks before their answers. */
  loseReplies(host: string, method: string, calls = 1): void {
    this.datacenter.host(host).faults.push({ method, remaining: calls, does: 'LOSE_REPLY' });
  }

  slowCalls(host: string, method: string, ms: number, calls = 1): void {
    this.datacenter.host(host).faults.push({ method, remaining: calls, does: 'DELAY', ms });
  }

  /** Takes back what was to go wrong with calls and has not yet. */
  mendCalls(host: string): void {
    this.datacenter.host(host).faults.length = 0;
  }

  /** Changes how a running guest behaves, wherever it runs. */
  behave(uuid: string, change: Partial<GuestBehaviour>): void {
    for (const { machine } of this.machinesOf(uuid)) {
      setBehaviour(machine, change, this.datacenter.now(), this.datacenter.durations);
      followBalloon(this.datacenter, machine);
    }
    this.datacenter.changed();
  }

  /** The guest's QEMU dies. */
  crashGuest(uuid: string): void {
    for (const { host, domain } of this.machinesOf(uuid)) stopDomain(host, domain, 'CRASHED', 'FAILED');
  }

  rebootGuest(uuid: string): void {
    for (const { machine } of this.machinesOf(uuid)) bootAgain(this.datacenter, machine);
  }

  powerOffGuest(uuid: string): void {
    for (const { machine } of this.machinesOf(uuid)) powerOffFromInside(this.datacenter, machine);
  }

  /** Somebody else makes a domain that virtdc knows nothing of. */
  createByHand(host: string, definition: GuestDefinition, persistent = false): Promise<void> {
    return createDomain(this.datacenter.host(host), definition, persistent, true);
  }

  destroyByHand(hostname: string, uuid: string): void {
    const host = this.datacenter.host(hostname);
    stopDomain(host, host.domain(uuid), 'DESTROYED', 'DESTROYED');
  }

  setMemoryByHand(hostname: string, uuid: string, memoryKib: number): void {
    const { machine } = this.datacenter.host(hostname).running(uuid);
    setBalloon(machine, memoryKib, this.datacenter.now(), this.datacenter.durations);
    followBalloon(this.datacenter, machine);
  }

  /** What the guest itself would say, without any host in between: for oracles. One for each place where it runs. */
  insideGuest(
    uuid: string,
  ): readonly { hostname: string; bootId: string; onlineCpu: number; uptimeMs: number; running: boolean }[] {
    const now = this.datacenter.now();
    return this.machinesOf(uuid).map(({ host, machine }) => ({
      hostname: host.name,
      bootId: machine.bootId,
      onlineCpu: onlineCpu(machine, now),
      uptimeMs: uptimeMs(machine, now),
      running: machine.pausedAt === undefined,
    }));
  }

  private machinesOf(uuid: string) {
    const found = [...this.datacenter.homes].flatMap(([machine, home]) =>
      home.domain.uuid === uuid ? [{ machine, ...home }] : [],
    );
    if (found.length === 0) throw new Refused('NO_DOMAIN', `${uuid} runs nowhere`);
    return found satisfies { machine: Machine }[];
  }
}
