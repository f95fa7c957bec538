// FENCE_HOST: the host is switched off by the operator's program, and what that means is then dealt with as after
// ConfirmHostDead. Without proof nothing follows.

import { fencedHost } from '../commands/fence-host.js';
import type { Host } from '../fleet/host.js';
import { LIMITS } from '../limits.js';
import { HypervisorError } from '../ports/hypervisor.js';
import { afterDeath } from './host-death.js';
import { type Act, type Recipe, type Step, StepFailure } from './step.js';

function hostOf(act: Act): Host {
  const { target } = act.operation();
  const host = act.fleet.get('host', target);
  if (host === undefined) throw new StepFailure('HOST_NOT_FOUND', `there is no host ${target}`, { hostname: target });
  return host;
}

function answersAgain(hostname: string): StepFailure {
  return new StepFailure('HOST_ANSWERS', `host ${hostname} answers`, { hostname });
}

const switchOffStep: Step = {
  name: 'switch-off',
  // Off twice is off.
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const { hostname, ipAddress, condition } = hostOf(act);
    if (condition === 'DEAD') return;
    if (condition === 'READY') throw answersAgain(hostname);
    const { isOff, detail } = await act.switchOff({ hostname, address: ipAddress === '' ? hostname : ipAddress });
    act.log.warn({ host: hostname, isOff, detail }, 'host fenced');
    if (!isOff) throw new StepFailure('FENCE_FAILED', detail, { hostname });
    await act.note({ fenced: detail });
  },
};

/** A program that switches a host off and on again has proven that what ran has ended; but then the host tells so itself. */
const declareDeadStep: Step = {
  name: 'declare-dead',
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const { name, target } = act.operation();
    for (;;) {
      if (hostOf(act).condition === 'DEAD') return;
      if (await answers(act, target)) throw answersAgain(target);
      // Seen to answer before it was switched off, and not missed yet.
      if (hostOf(act).condition !== 'READY') return void (await act.execute(fencedHost(target, name)));
      await act.clock.sleep(LIMITS.stepRetryMs, act.signal);
    }
  },
};

async function answers(act: Act, hostname: string): Promise<boolean> {
  try {
    await act.driver(hostname).domains({ deadlineMs: LIMITS.lastQuestionMs });
    return true;
  } catch (error) {
    if (error instanceof HypervisorError) return false;
    throw error;
  }
}

export const fenceHost: Recipe = {
  kind: 'FENCE_HOST',
  steps: [switchOffStep, declareDeadStep, ...afterDeath],
  cancellableBefore: (step) => step === switchOffStep.name,
  succeeded: () => [],
  failed: () => [],
};
