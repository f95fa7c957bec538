// The running guest itself, as it would be inside its QEMU: boot, vCPUs, balloon. Everything is a function of the time, so
// that an idle guest costs nothing. It is plain data and moves from host to host in a migration.

import type { GuestDefinition } from '../../ports/hypervisor.js';
import { type Durations, defaultBehaviour, type GuestBehaviour } from './settings.js';

export interface Machine {
  bootId: string;
  bootedAt: number;
  /** When its operating system is up: agent, balloon and power button answer from then on. */
  readyAt: number;
  /** When its vCPUs stopped, while they are stopped. */
  pausedAt: number | undefined;
  plugged: number;
  /** vCPUs taken offline through the agent. */
  offline: number;
  /** vCPUs plugged, but not online before `at`. */
  arriving: { count: number; at: number }[];
  maxMemoryKib: number;
  balloon: { fromKib: number; targetKib: number; since: number };
  /** What was last put into it from the console; carried by a migration like all of its memory. */
  held: string;
  behaviour: GuestBehaviour;
}

export function boot(definition: GuestDefinition, bootId: string, now: number, durations: Durations): Machine {
  return {
    bootId,
    bootedAt: now,
    readyAt: now + durations.bootMs,
    pausedAt: undefined,
    plugged: definition.currentCpu,
    offline: 0,
    arriving: [],
    maxMemoryKib: definition.maxMemoryKib,
    // Starts with all of its memory, and gives some of it away once its balloon driver runs.
    balloon: { fromKib: definition.maxMemoryKib, targetKib: definition.currentMemoryKib, since: now },
    held: '',
    behaviour: defaultBehaviour(definition),
  };
}

/** A reset: what it gave away it takes back, for good. */
export function reset(machine: Machine, bootId: string, now: number, durations: Durations): void {
  machine.bootId = bootId;
  machine.bootedAt = now;
  machine.readyAt = now + durations.bootMs;
  machine.offline = 0;
  machine.arriving = [];
  machine.balloon = { fromKib: machine.maxMemoryKib, targetKib: machine.maxMemoryKib, since: now };
  machine.held = '';
  if (machine.pausedAt !== undefined) machine.pausedAt = now;
}

/** The guest's own time: it stands still while its vCPUs do. */
function guestTime(machine: Machine, now: number): number {
  return machine.pausedAt ?? now;
}

export function isReady(machine: Machine, now: number): boolean {
  return guestTime(machine, now) >= machine.readyAt;
}

export function agentAnswers(machine: Machine, now: number): boolean {
  return machine.pausedAt === undefined && isReady(machine, now) && !machine.behaviour.agentAbsent;
}

export function onlineCpu(machine: Machine, now: number): number {
  const time = guestTime(machine, now);
  const awaited = machine.arriving.reduce((sum, batch) => sum + (batch.at > time ? batch.count : 0), 0);
  return Math.max(1, machine.plugged - machine.offline - awaited);
}

export function plug(machine: Machine, cpu: number, now: number, durations: Durations): void {
  const added = cpu - machine.plugged;
  machine.plugged = cpu;
  machine.arriving = machine.arriving.filter((batch) => batch.at > now);
  if (added > 0) machine.arriving.push({ count: added, at: Math.max(now, machine.readyAt) + durations.hotplugMs });
  // What is unplugged was offline first, as far as anything was.
  else machine.offline = Math.max(0, machine.offline + added);
}

/** Where the balloon ends if nothing else happens. */
export function balloonGoal(machine: Machine): number {
  const { fromKib, targetKib } = machine.balloon;
  if (machine.behaviour.refusesBalloon) return fromKib;
  if (targetKib >= fromKib) return targetKib;
  return Math.min(fromKib, Math.max(targetKib, machine.behaviour.usedKib));
}

export function balloonKib(machine: Machine, now: number, durations: Durations): number {
  const { fromKib, since } = machine.balloon;
  const goal = balloonGoal(machine);
  const movedForMs = guestTime(machine, now) - Math.max(since, machine.readyAt);
  if (movedForMs <= 0 || goal === fromKib) return fromKib;
  const movedKib = Math.floor((movedForMs * durations.balloonKibPerS) / 1_000);
  return goal < fromKib ? Math.max(goal, fromKib - movedKib) : Math.min(goal, fromKib + movedKib);
}

/** Makes the balloon start anew from where it is, towards the target. */
export function setBalloon(machine: Machine, targetKib: number, now: number, durations: Durations): void {
  machine.balloon = { fromKib: balloonKib(machine, now, durations), targetKib, since: guestTime(machine, now) };
}

export function setBehaviour(
  machine: Machine,
  change: Partial<GuestBehaviour>,
  now: number,
  durations: Durations,
): void {
  setBalloon(machine, machine.balloon.targetKib, now, durations);
  machine.behaviour = { ...machine.behaviour, ...change };
}

export function pause(machine: Machine, now: number): void {
  machine.pausedAt ??= now;
}

/** The guest goes on as if no time had passed. */
export function unpause(machine: Machine, now: number): void {
  if (machine.pausedAt === undefined) return;
  const stoodMs = now - machine.pausedAt;
  machine.pausedAt = undefined;
  machine.bootedAt += stoodMs;
  machine.readyAt += stoodMs;
  machine.balloon = { ...machine.balloon, since: machine.balloon.since + stoodMs };
  machine.arriving = machine.arriving.map((batch) => ({ ...batch, at: batch.at + stoodMs }));
}

export function uptimeMs(machine: Machine, now: number): number {
  return guestTime(machine, now) - machine.bootedAt;
}
