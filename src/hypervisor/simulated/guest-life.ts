// What happens to a running guest by itself: it boots, its balloon moves, it reboots; and what its host tells of it. Follows the guest from host to host.

import type { SimulatedDatacenter } from './datacenter.js';
import { balloonGoal, balloonKib, isReady, type Machine, reset } from './machine.js';

/** How often a moving balloon is reported, as libvirt does it. */
const BALLOON_EVENT_MS = 1_000;

const balloonsFollowed = new WeakSet<Machine>();

/** To be called whenever a guest's vCPUs begin to run: after its start, a reset, a pause, a migration. */
export function follow(datacenter: SimulatedDatacenter, machine: Machine): void {
  announceAgent(datacenter, machine);
  followBalloon(datacenter, machine);
}

function announceAgent(datacenter: SimulatedDatacenter, machine: Machine): void {
  const { bootId } = machine;
  datacenter.after(Math.max(0, machine.readyAt - datacenter.now()), () => {
    const home = datacenter.homes.get(machine);
    if (home === undefined || machine.bootId !== bootId || machine.pausedAt !== undefined) return;
    // A timer may fire a little early.
    if (!isReady(machine, datacenter.now())) return announceAgent(datacenter, machine);
    if (machine.behaviour.agentAbsent) return;
    home.host.emit({ type: 'AGENT', uuid: home.domain.uuid, connected: true });
    datacenter.changed();
  });
}

export function followBalloon(datacenter: SimulatedDatacenter, machine: Machine): void {
  if (balloonsFollowed.has(machine)) return;
  const { durations } = datacenter;
  const now = datacenter.now();
  const missingKib = Math.abs(balloonGoal(machine) - balloonKib(machine, now, durations));
  if (missingKib === 0 || machine.pausedAt !== undefined) return;
  balloonsFollowed.add(machine);
  const movesInMs = Math.max(0, machine.readyAt - now) + Math.ceil((missingKib * 1_000) / durations.balloonKibPerS);
  datacenter.after(Math.min(movesInMs, BALLOON_EVENT_MS), () => {
    balloonsFollowed.delete(machine);
    const home = datacenter.homes.get(machine);
    if (home === undefined) return;
    const memoryKib = balloonKib(machine, datacenter.now(), durations);
    if (isReady(machine, datacenter.now()))
      home.host.emit({ type: 'BALLOON', uuid: home.domain.uuid, balloonKib: memoryKib });
    datacenter.changed();
    followBalloon(datacenter, machine);
  });
}

/** A reset, from wherever it comes. */
export function bootAgain(datacenter: SimulatedDatacenter, machine: Machine): void {
  const home = datacenter.homes.get(machine);
  if (home === undefined) return;
  reset(machine, datacenter.random.uuid(), datacenter.now(), datacenter.durations);
  const { uuid } = home.domain;
  home.host.emit({ type: 'AGENT', uuid, connected: false });
  home.host.emit({ type: 'REBOOT', uuid });
  home.host.emit({ type: 'BALLOON', uuid, balloonKib: machine.maxMemoryKib });
  follow(datacenter, machine);
  datacenter.changed();
}
