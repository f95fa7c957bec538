// One operation on its way through its recipe: each step entered (committed), done, looked for when in doubt, and undone
// where it fails.

import { advance, type Effects, type OperationPatch } from '../commands/operations/advance.js';
import type { Command } from '../fleet/decision.js';
import type { Operation } from '../fleet/operation.js';
import { LIMITS } from '../limits.js';
import { HypervisorError } from '../ports/hypervisor.js';
import { type Act, type Recipe, type Step, StepFailure } from './step.js';

/** The operation was ended by somebody else (its host was declared dead, say): nothing is left to do. */
export class AlreadyEnded extends Error {}

type Commit = <R>(command: Command<R>, operation: Operation) => Promise<R>;

/** One operation on its way through its recipe. */
export class Run {
  constructor(
    private readonly act: Act,
    private readonly recipe: Recipe,
    private readonly commit: Commit,
  ) {}

  async toEnd(): Promise<void> {
    const { step, notes } = this.act.operation();
    const undoing = notes.undoing;
    if (undoing !== undefined) return this.takeBack(undoing, JSON.parse(notes.failure ?? '{}') as Failure);
    const resumedAt = this.recipe.steps.findIndex((one) => one.name === step);
    if (resumedAt < 0) await this.act.reach('accepted');
    for (let i = Math.max(0, resumedAt); i < this.recipe.steps.length; i++) {
      const current = this.recipe.steps[i] as Step;
      try {
        // Of a step that is taken up again nobody knows yet what became of it: it is looked at first.
        if (i !== resumedAt) {
          if (this.act.cancelled.aborted && this.recipe.cancellableBefore(current.name)) {
            throw new StepFailure('CANCELLED', 'cancelled on request');
          }
          await this.enter(current);
        }
        await this.perform(current, i === resumedAt);
      } catch (error) {
        if (this.act.signal.aborted || error instanceof AlreadyEnded) throw error;
        return this.takeBack(current.name, failureOf(error, this.act));
      }
    }
    const migration = this.recipe.migration?.(this.act.operation());
    await this.act.reach('ending');
    await this.end({ state: 'SUCCEEDED', migration }, this.recipe.succeeded);
    await this.act.reach('ended');
  }

  private async enter(step: Step): Promise<void> {
    const operation = this.act.operation();
    const state = operation.cancelRequested ? 'CANCELLING' : 'RUNNING';
    await this.commit(advance(operation.name, { state, step: step.name }, step.intent), operation);
  }

  /**
   * The deed, retried for a while if surely nothing was sent, and looked for, however long it takes, if nobody knows. A
   * defect of ours that shows in its midst tells as little as a host that does not answer.
   */
  private async perform(step: Step, takenUp: boolean): Promise<void> {
    let look = takenUp;
    let patient = takenUp || this.recipe.onlyForward === true;
    for (let attempt = 1; ; attempt++) {
      try {
        if (look && (await this.isDone(step))) return;
        await this.act.reach(`${step.name} entered`);
        await step.do(this.act);
        await this.act.reach(`${step.name} done`);
        return;
      } catch (error) {
        if (this.act.signal.aborted || error instanceof AlreadyEnded || error instanceof StepFailure) throw error;
        this.act.log.warn({ step: step.name, attempt, err: error }, 'step in doubt');
        // Of a deed of several calls the earlier ones may have been done.
        look = true;
        if (!(error instanceof HypervisorError)) {
          if (attempt >= LIMITS.stepRetries) throw error;
        } else if (error.kind === 'UNKNOWN_OUTCOME') {
          patient = true;
          await this.barrier(error.hostname);
        } else if (error.kind !== 'UNREACHABLE' || (attempt >= LIMITS.stepRetries && !patient)) {
          throw error;
        }
        await this.act.clock.sleep(LIMITS.stepRetryMs, this.act.signal);
      }
    }
  }

  /** What a host was asked for while it stood still it may do only after it answers again: so it is looked at twice. */
  private async isDone(step: Step): Promise<boolean> {
    if ((await step.observe(this.act)) === 'DONE') return true;
    await this.act.clock.sleep(LIMITS.stepRetryMs, this.act.signal);
    return (await step.observe(this.act)) === 'DONE';
  }

  /** Until the host answers on a new connection; however long that takes, claims and binding stay. */
  private async barrier(hostname: string): Promise<void> {
    for (;;) {
      try {
        return await this.act.driver(hostname).barrier();
      } catch (error) {
        if (!(error instanceof HypervisorError)) throw error;
        await this.act.clock.sleep(LIMITS.stepRetryMs, this.act.signal);
      }
    }
  }

  private async takeBack(from: string, failure: Failure): Promise<void> {
    const steps = this.recipe.steps;
    for (let i = steps.findIndex((one) => one.name === from); i >= 0; i--) {
      const step = steps[i] as Step;
      if (step.undo === undefined) continue;
      await this.note({ undoing: step.name, failure: JSON.stringify(failure) });
      await this.undo(step);
    }
    const { reason, message, metadata } = failure;
    const state = reason === 'CANCELLED' ? 'CANCELLED' : 'FAILED';
    await this.end({ state, error: { reason, message, metadata } }, this.recipe.failed);
  }

  /** Waits for a host that does not answer; what a host refuses for good is left to the audit, and the end goes on. */
  private async undo(step: Step): Promise<void> {
    for (let refusals = 0; refusals < LIMITS.stepRetries; ) {
      try {
        return await step.undo?.(this.act);
      } catch (error) {
        if (this.act.signal.aborted || error instanceof AlreadyEnded) throw error;
        this.act.log.warn({ step: step.name, err: error }, 'undo not done yet');
        const kind = error instanceof HypervisorError ? error.kind : 'REFUSED';
        if (kind === 'UNKNOWN_OUTCOME') await this.barrier((error as HypervisorError).hostname);
        else if (kind !== 'UNREACHABLE') refusals++;
        await this.act.clock.sleep(LIMITS.stepRetryMs, this.act.signal);
      }
    }
    this.act.log.error({ step: step.name }, 'undo given up');
  }

  private note(notes: Record<string, string>): Promise<unknown> {
    const operation = this.act.operation();
    return this.commit(advance(operation.name, { notes }), operation);
  }

  private async end(patch: OperationPatch, effects: Effects): Promise<void> {
    const operation = this.act.operation();
    await this.commit(advance(operation.name, { ...patch, endedAt: this.act.clock.now() }, effects), operation);
  }
}

interface Failure {
  readonly reason: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
}

function failureOf(error: unknown, act: Act): Failure {
  if (error instanceof StepFailure) return { reason: error.reason, message: error.message, metadata: error.metadata };
  if (error instanceof HypervisorError) {
    return { reason: `HOST_${error.kind}`, message: error.message, metadata: { hostname: error.hostname } };
  }
  act.log.error({ err: error }, 'a step threw what is no failure');
  return { reason: 'INTERNAL', message: 'internal error; see the log of this operation', metadata: {} };
}
