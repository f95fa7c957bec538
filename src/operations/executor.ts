// Drives every open operation through its recipe: enters a step (committed), does it, looks when in doubt, undoes on failure.
// A process that starts, or takes over, finds the open operations in the fleet and goes on from the step they were in.

import type { Logger } from 'pino';
import { type Authority, UnavailableError } from '../authority/authority.js';
import { advance, type Effects, type OperationPatch } from '../commands/operations/advance.js';
import type { Command } from '../fleet/decision.js';
import { isOpen, type Operation, type OperationKind } from '../fleet/operation.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import { type HostDriver, HypervisorError, type MigrationProgress } from '../ports/hypervisor.js';
import type { HostEvents } from '../telemetry/host-events.js';
import { Admission } from './admission.js';
import { definitionOf } from './definition.js';
import { type Act, type Recipe, type Step, StepFailure } from './step.js';

export interface ExecutorParts {
  readonly authority: Authority;
  readonly clock: Clock;
  readonly log: Logger;
  readonly recipes: { readonly [K in OperationKind]: Recipe };
  readonly events: HostEvents;
  driver(hostname: string): HostDriver;
}

export interface Executor {
  /** Takes up every open operation, and from then on each new one. */
  start(): void;
  /** Stops driving; what is open stays open and is taken up by whoever starts next. */
  stop(): Promise<void>;
  /** Latest figures of a running migration; undefined if there are none. */
  progressOf(operation: string): MigrationProgress | undefined;
  /** Called with each new figure of any migration. */
  onProgress(listener: (operation: string, progress: MigrationProgress) => void): () => void;
  /** Resolves with the operation once it has ended, rejects with the signal's reason. */
  ended(operation: string, signal: AbortSignal): Promise<Operation>;
}

/** The operation was ended by somebody else (its host was declared dead, say): nothing is left to do. */
class AlreadyEnded extends Error {}

export function createExecutor(parts: ExecutorParts): Executor {
  const { authority, clock, log } = parts;
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  const cancels = new Map<string, AbortController>();
  const waiters = new Map<string, Set<(operation: Operation) => void>>();
  const progress = new Map<string, MigrationProgress>();
  const progressListeners = new Set<(operation: string, progress: MigrationProgress) => void>();
  const admission = new Admission();
  let unsubscribe: (() => void) | undefined;

  function noticed(operation: Operation): void {
    if (isOpen(operation)) {
      if (operation.cancelRequested) cancels.get(operation.name)?.abort(new StepFailure('CANCELLED', 'cancelled'));
      if (!running.has(operation.name)) drive(operation.name);
      return;
    }
    cancels.get(operation.name)?.abort(new AlreadyEnded());
    for (const waiter of waiters.get(operation.name) ?? []) waiter(operation);
    waiters.delete(operation.name);
    progress.delete(operation.name);
  }

  function drive(name: string): void {
    if (stopping.signal.aborted) return;
    const cancel = new AbortController();
    cancels.set(name, cancel);
    const done = runToEnd(name, cancel)
      .catch((error: unknown) => log.error({ operation: name, err: error }, 'operation left open'))
      .finally(() => {
        running.delete(name);
        cancels.delete(name);
      });
    running.set(name, done);
  }

  async function runToEnd(name: string, cancel: AbortController): Promise<void> {
    const operation = present(name);
    if (operation.cancelRequested) cancel.abort(new StepFailure('CANCELLED', 'cancelled'));
    const act = actFor(name, cancel.signal);
    await predecessorsEnded(operation);
    const release = await place(operation, cancel.signal);
    try {
      await new Run(act, parts.recipes[operation.input.kind], commit).toEnd();
    } catch (error) {
      if (error instanceof AlreadyEnded || stopping.signal.aborted) return;
      throw error;
    } finally {
      release();
    }
  }

  /** One that is cancelled while it waits needs no place: nothing is done any more but to take it back. */
  async function place(operation: Operation, cancelled: AbortSignal): Promise<() => void> {
    try {
      return await admission.enter(operation, AbortSignal.any([stopping.signal, cancelled]));
    } catch (error) {
      if (stopping.signal.aborted || !cancelled.aborted) throw error;
      return () => {};
    }
  }

  /** Another open operation on the guest, of which this is not a part, ends first (a terminate supersedes). */
  async function predecessorsEnded(operation: Operation): Promise<void> {
    const others = [...authority.fleet.all('operation')].filter(
      (other) =>
        isOpen(other) &&
        other.target === operation.target &&
        other.name !== operation.name &&
        other.name !== operation.parent &&
        other.parent !== operation.name &&
        other.createdAt <= operation.createdAt &&
        other.cancelRequested,
    );
    await Promise.all(others.map((other) => ended(other.name, stopping.signal)));
  }

  function present(name: string): Operation {
    const operation = authority.fleet.get('operation', name);
    if (operation === undefined || !isOpen(operation)) throw new AlreadyEnded();
    return operation;
  }

  /** Commits, waiting out times in which nothing can be committed; the libvirt side is never ahead of the journal. */
  async function commit<R>(command: Command<R>, operation: Operation): Promise<R> {
    for (;;) {
      stopping.signal.throwIfAborted();
      try {
        const answer = await authority.execute(command, {
          principal: operation.principal,
          method: 'operation',
          cause: operation.name,
        });
        if (answer.accepted) return answer.result;
        if (answer.refusal.reason === 'OPERATION_ENDED') throw new AlreadyEnded();
        throw new StepFailure(answer.refusal.reason, answer.refusal.message, answer.refusal.metadata);
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        await clock.sleep(LIMITS.stepRetryMs, stopping.signal);
      }
    }
  }

  function actFor(name: string, cancelled: AbortSignal): Act {
    const act: Act = {
      // Read anew each time: a new term of this process has another fleet and epoch.
      get fleet() {
        return authority.fleet;
      },
      get epoch() {
        return authority.epoch;
      },
      clock,
      log: log.child({ operation: name }),
      signal: stopping.signal,
      cancelled,
      operation: () => present(name),
      guest() {
        const guest = authority.fleet.get('guest', present(name).target);
        if (guest === undefined) throw new StepFailure('GUEST_NOT_FOUND', `guest ${present(name).target} is gone`);
        return guest;
      },
      driver: parts.driver,
      definition: (guest, disks) => definitionOf(authority.fleet, guest, name, authority.epoch, disks),
      note: async (notes, effects) => void (await commit(advance(name, { notes }, effects), present(name))),
      execute: (command) => commit(command, present(name)),
      events: (hostname, uuid, listener) => parts.events.follow(hostname, uuid, listener),
      progress(figures) {
        progress.set(name, figures);
        for (const listener of progressListeners) listener(name, figures);
      },
      ended: (operation) => ended(operation, stopping.signal),
    };
    return act;
  }

  function ended(name: string, signal: AbortSignal): Promise<Operation> {
    return new Promise((resolve, reject) => {
      const operation = authority.fleet.get('operation', name);
      if (operation === undefined) return reject(new StepFailure('OPERATION_NOT_FOUND', `no operation ${name}`));
      if (signal.aborted) return reject(signal.reason as Error);
      // An end that is decided but not committed yet is told by the commit.
      const waiter = (last: Operation): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(last);
      };
      const onAbort = (): void => {
        waiters.get(name)?.delete(waiter);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const set = waiters.get(name) ?? new Set();
      waiters.set(name, set);
      set.add(waiter);
      if (!isOpen(operation)) {
        void authority
          .read((fleet) => fleet.get('operation', name))
          .then(({ value }) => {
            if (value !== undefined && !isOpen(value) && set.delete(waiter)) waiter(value);
          }, reject);
      }
    });
  }

  return {
    start() {
      unsubscribe = authority.onCommit((entries) => {
        for (const entry of entries) if (entry.kind === 'operation' && entry.after !== undefined) noticed(entry.after);
      });
      for (const operation of authority.fleet.all('operation')) if (isOpen(operation)) noticed(operation);
    },
    async stop() {
      unsubscribe?.();
      stopping.abort(new UnavailableError('virtdc is stopping'));
      // A call that a host does not answer ends with its connection, and can commit nothing any more.
      const enough = new AbortController();
      const waited = clock.sleep(LIMITS.callsEndMs, enough.signal).catch(() => {});
      await Promise.race([Promise.all(running.values()), waited]);
      enough.abort();
    },
    progressOf: (operation) => progress.get(operation),
    onProgress(listener) {
      progressListeners.add(listener);
      return () => progressListeners.delete(listener);
    },
    ended,
  };
}

type Commit = <R>(command: Command<R>, operation: Operation) => Promise<R>;

/** One operation on its way through its recipe. */
class Run {
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
    for (let i = Math.max(0, resumedAt); i < this.recipe.steps.length; i++) {
      const current = this.recipe.steps[i] as Step;
      try {
        if (this.act.cancelled.aborted && this.recipe.cancellableBefore(current.name)) {
          throw new StepFailure('CANCELLED', 'cancelled on request');
        }
        if (i !== resumedAt) await this.enter(current);
        await this.perform(current, i === resumedAt);
      } catch (error) {
        if (this.act.signal.aborted || error instanceof AlreadyEnded) throw error;
        return this.takeBack(current.name, failureOf(error, this.act));
      }
    }
    const migration = this.recipe.migration?.(this.act.operation());
    await this.end({ state: 'SUCCEEDED', migration }, this.recipe.succeeded);
  }

  private async enter(step: Step): Promise<void> {
    const operation = this.act.operation();
    const state = operation.cancelRequested ? 'CANCELLING' : 'RUNNING';
    await this.commit(advance(operation.name, { state, step: step.name }, step.intent), operation);
  }

  /** The deed, retried while surely nothing was sent, and looked for while nobody knows. */
  private async perform(step: Step, takenUp: boolean): Promise<void> {
    let look = takenUp;
    for (let attempt = 1; ; attempt++) {
      try {
        if (look && (await step.observe(this.act)) === 'DONE') return;
        await step.do(this.act);
        return;
      } catch (error) {
        if (this.act.signal.aborted || !(error instanceof HypervisorError)) throw error;
        this.act.log.warn({ step: step.name, attempt, err: error }, 'step in doubt');
        if (error.kind === 'UNKNOWN_OUTCOME') {
          await this.barrier(error.hostname);
          look = true;
        } else if (error.kind !== 'UNREACHABLE' || attempt >= LIMITS.stepRetries) {
          throw error;
        }
        await this.act.clock.sleep(LIMITS.stepRetryMs, this.act.signal);
      }
    }
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
