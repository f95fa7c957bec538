// SCALE_CPU and SCALE_MEMORY: (a move first, where the host had no room), the deed, and the sight of its effect.
// What grows was claimed with the decision; what shrinks is released only as far as it was seen to be given back.

import { put } from '../fleet/change.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Operation } from '../fleet/operation.js';
import { LIMITS } from '../limits.js';
import { claimSize } from '../policy/claim.js';
import { HypervisorError } from '../ports/hypervisor.js';
import { waitForDomain } from './domain.js';
import { letGo, resizeClaim } from './guest-changes.js';
import { type Act, type Recipe, type Step, StepFailure } from './step.js';

function moveOf(operation: Operation): string {
  const { input } = operation;
  return input.kind === 'SCALE_CPU' || input.kind === 'SCALE_MEMORY' ? input.move : '';
}

const moveStep: Step = {
  name: 'move',
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const move = moveOf(act.operation());
    if (move === '') return;
    const { state, error } = await act.ended(move);
    if (state !== 'SUCCEEDED') {
      throw new StepFailure(
        'MOVE_FAILED',
        `${move} did not bring the guest to a host with room: ${error?.message ?? state}`,
        {
          operation: move,
        },
      );
    }
  },
};

function cpuOf(operation: Operation): { from: number; to: number } {
  if (operation.input.kind !== 'SCALE_CPU') throw new Error(`not a scaling of cpu: ${operation.input.kind}`);
  return operation.input;
}

/** Online vCPUs by the agent; undefined where the guest has none that answers. */
async function onlineCpu(act: Act): Promise<number | undefined> {
  const guest = act.guest();
  try {
    return await act.driver(guest.hostname).onlineCpu(guest.uuid);
  } catch (error) {
    if (error instanceof HypervisorError && (error.kind === 'AGENT_UNAVAILABLE' || error.kind === 'UNSUPPORTED'))
      return undefined;
    throw error;
  }
}

async function pluggedCpu(act: Act): Promise<number | undefined> {
  const guest = act.guest();
  return (await act.driver(guest.hostname).domain(guest.uuid))?.currentCpu;
}

/** Plugs up to the number, or unplugs where that is reliable; else it is for the agent to take vCPUs offline. */
async function plugCpu(act: Act, cpu: number): Promise<void> {
  const guest = act.guest();
  const plugged = await pluggedCpu(act);
  if (plugged === undefined) throw notRunning(guest.vmid);
  const unplugs = act.fleet.get('host', guest.hostname)?.observed?.cpuUnplug === true;
  if (plugged === cpu || (plugged > cpu && !unplugs)) return;
  try {
    await act.driver(guest.hostname).setPluggedCpu(guest.uuid, cpu);
  } catch (error) {
    // A guest that does not let go of its vCPUs (an emulated one) may still take them offline.
    const keeps = error instanceof HypervisorError && (error.kind === 'UNSUPPORTED' || error.kind === 'REFUSED');
    if (plugged < cpu || !keeps) throw error;
  }
}

/** Asks the agent. One that refuses is asked again: a vCPU just plugged takes the guest a moment to know. */
async function askAgentFor(act: Act, cpu: number): Promise<void> {
  const guest = act.guest();
  try {
    await act.driver(guest.hostname).setOnlineCpu(guest.uuid, cpu);
  } catch (error) {
    const refused =
      error instanceof HypervisorError && (error.kind === 'REFUSED' || error.kind === 'AGENT_UNAVAILABLE');
    if (!refused) throw error;
    act.log.info({ err: error }, 'the agent did not set the vCPUs online yet');
  }
}

function notRunning(vmid: string): StepFailure {
  return new StepFailure('GUEST_NOT_RUNNING', `${vmid} does not run`, { vmid });
}

const setCpuStep: Step = {
  name: 'set-cpu',
  // Plugging looks at what is plugged first, so it may simply be done again.
  observe: () => Promise.resolve('NOT_DONE'),
  do: (act) => plugCpu(act, cpuOf(act.operation()).to),
  async undo(act) {
    const { from } = cpuOf(act.operation());
    const plugged = await pluggedCpu(act);
    if (plugged === undefined) return;
    await plugCpu(act, from);
    if (((await onlineCpu(act)) ?? from) > from) await askAgentFor(act, from);
    // vCPUs that were plugged stay plugged where they cannot be unplugged: offline, and claimed.
    await act.note({ pluggedCpu: String((await pluggedCpu(act)) ?? plugged), onlineCpu: '' });
  },
};

const seeCpuStep: Step = {
  name: 'see-cpu',
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const { to } = cpuOf(act.operation());
    const startedMs = act.clock.monotonicMs();
    for (;;) {
      const [plugged, online] = [await pluggedCpu(act), await onlineCpu(act)];
      if (plugged === undefined) throw notRunning(act.guest().vmid);
      if ((online ?? plugged) === to) {
        return act.note({ pluggedCpu: String(plugged), onlineCpu: String(online ?? '') });
      }
      if (online === undefined && plugged > to) throw agentNeeded(act.guest().vmid);
      const waitedMs = act.clock.monotonicMs() - startedMs;
      if (waitedMs >= LIMITS.scaleSeenWithinMs) throw notSeen(act.guest().vmid, online ?? plugged, to);
      // Most guests bring a plugged vCPU online by themselves.
      if (online !== undefined && (online > to || waitedMs >= LIMITS.cpuOnlineByItselfMs)) await askAgentFor(act, to);
      await act.clock.sleep(LIMITS.migrationPollMs, act.signal);
    }
  },
};

function agentNeeded(vmid: string): StepFailure {
  return new StepFailure('AGENT_UNAVAILABLE', `${vmid} has no agent to take vCPUs offline`, { vmid });
}

function notSeen(vmid: string, online: number, asked: number): StepFailure {
  return new StepFailure('NOT_SEEN_IN_GUEST', `${vmid} has ${online} vCPUs online, not ${asked}`, {
    online: String(online),
    asked: String(asked),
  });
}

/** The guest with what was seen last, and its claim as that allows. */
function settled(fleet: FleetView, operation: Operation, now: Date, asked: { cpu?: number; memoryKib?: number }) {
  const guest = fleet.get('guest', operation.target);
  if (guest === undefined) return [];
  const number = (name: string): number | undefined =>
    operation.notes[name] === undefined || operation.notes[name] === '' ? undefined : Number(operation.notes[name]);
  const before = guest.observed;
  const observed = {
    at: now,
    bootId: before?.bootId,
    addresses: before?.addresses ?? [],
    pluggedCpu: number('pluggedCpu') ?? before?.pluggedCpu,
    onlineCpu: number('onlineCpu') ?? before?.onlineCpu,
    balloonKib: number('balloonKib') ?? before?.balloonKib,
  };
  const scaled = {
    ...guest,
    currentCpu: asked.cpu ?? guest.currentCpu,
    currentMemoryKib: asked.memoryKib ?? guest.currentMemoryKib,
    observed,
  };
  const state = guest.state === 'MIGRATING' ? 'RUNNING' : guest.state;
  return [
    put('guest', letGo(scaled, operation, state)),
    ...resizeClaim(fleet, scaled, claimSize(scaled, fleet.policy)),
  ];
}

export const scaleCpu: Recipe = {
  kind: 'SCALE_CPU',
  steps: [moveStep, setCpuStep, seeCpuStep],
  cancellableBefore: () => true,
  succeeded: (fleet, operation, now) => settled(fleet, operation, now, { cpu: cpuOf(operation).to }),
  failed: (fleet, operation, now) => settled(fleet, operation, now, { cpu: cpuOf(operation).from }),
};

function memoryOf(operation: Operation): { fromKib: number; toKib: number } {
  if (operation.input.kind !== 'SCALE_MEMORY') throw new Error(`not a scaling of memory: ${operation.input.kind}`);
  return operation.input;
}

async function setMemory(act: Act, memoryKib: number): Promise<void> {
  const guest = act.guest();
  await act.driver(guest.hostname).setMemory(guest.uuid, memoryKib);
}

const setMemoryStep: Step = {
  name: 'set-memory',
  // Asking the balloon again for the same is no harm.
  observe: () => Promise.resolve('NOT_DONE'),
  do: (act) => setMemory(act, memoryOf(act.operation()).toKib),
  undo: (act) => setMemory(act, memoryOf(act.operation()).fromKib),
};

const seeMemoryStep: Step = {
  name: 'see-memory',
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const guest = act.guest();
    const { toKib } = memoryOf(act.operation());
    let balloonKib: number | undefined;
    const seen = await waitForDomain(
      act,
      guest.hostname,
      guest.uuid,
      (domain) => {
        balloonKib = domain?.balloonKib;
        return domain === undefined || balloonKib === toKib;
      },
      LIMITS.scaleSeenWithinMs,
      act.cancelled,
    );
    await act.note({ balloonKib: String(balloonKib ?? '') });
    if (seen === undefined || seen === 'TIMEOUT') {
      throw new StepFailure(
        'NOT_SEEN_IN_GUEST',
        `the balloon of ${guest.vmid} is at ${balloonKib} KiB, not at ${toKib}`,
        {
          balloon_kib: String(balloonKib),
          asked_kib: String(toKib),
        },
      );
    }
  },
};

export const scaleMemory: Recipe = {
  kind: 'SCALE_MEMORY',
  steps: [moveStep, setMemoryStep, seeMemoryStep],
  cancellableBefore: () => true,
  succeeded: (fleet, operation, now) => settled(fleet, operation, now, { memoryKib: memoryOf(operation).toKib }),
  failed: (fleet, operation, now) => settled(fleet, operation, now, { memoryKib: memoryOf(operation).fromKib }),
};
