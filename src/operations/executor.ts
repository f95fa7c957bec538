// Drives every open operation through its recipe, as long as this process leads. One that starts, or takes over, finds the
// open operations in the fleet and goes on from the step they were in.

import type { Logger } from 'pino';
import { type AuthorityHealth, type RunningAuthority, UnavailableError } from '../authority/authority.js';
import { advance } from '../commands/operations/advance.js';
import type { Command } from '../fleet/decision.js';
import { isOpen, type Operation, type OperationKind } from '../fleet/operation.js';
import { LIMITS } from '../limits.js';
import { type Clock, waitAtMost } from '../ports/clock.js';
import type { Failpoints } from '../ports/failpoints.js';
import type { Fence } from '../ports/fence.js';
import type { HostDriver, MigrationProgress } from '../ports/hypervisor.js';
import type { HostEvents } from '../telemetry/host-events.js';
import { Admission } from './admission.js';
import { unlessDead } from './dead-host.js';
import { definitionOf } from './definition.js';
import { fenced } from './fence.js';
import { AlreadyEnded, Run } from './run.js';
import { type Act, type Recipe, StepFailure } from './step.js';

export interface ExecutorParts {
  readonly authority: RunningAuthority;
  readonly clock: Clock;
  readonly log: Logger;
  readonly recipes: { readonly [K in OperationKind]: Recipe };
  readonly events: HostEvents;
  readonly failpoints: Failpoints;
  readonly fence?: Fence | undefined;
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

type Commit = <R>(command: Command<R>, operation: Operation) => Promise<R>;

export function createExecutor(parts: ExecutorParts): Executor {
  const { authority, clock, log } = parts;
  const stopping = new AbortController();
  /** Until another leads: what this process knows may be old by then, so it goes on with nothing. */
  let term = new AbortController();
  let leading = AbortSignal.any([stopping.signal, term.signal]);
  const running = new Map<string, Promise<void>>();
  const cancels = new Map<string, AbortController>();
  const waiters = new Map<string, Set<(operation: Operation) => void>>();
  const progress = new Map<string, MigrationProgress>();
  const progressListeners = new Set<(operation: string, progress: MigrationProgress) => void>();
  const admission = new Admission();
  let subscriptions: readonly (() => void)[] = [];

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
    const signal = leading;
    if (signal.aborted) return;
    const cancel = new AbortController();
    cancels.set(name, cancel);
    const done = runToEnd(name, cancel, signal)
      .catch((error: unknown) => log.error({ operation: name, err: error }, 'operation left open'))
      .finally(() => {
        running.delete(name);
        cancels.delete(name);
      });
    running.set(name, done);
  }

  async function runToEnd(name: string, cancel: AbortController, signal: AbortSignal): Promise<void> {
    const operation = present(name);
    if (operation.cancelRequested) cancel.abort(new StepFailure('CANCELLED', 'cancelled'));
    let release = (): void => {};
    try {
      await predecessorsEnded(operation, signal);
      release = await place(operation, cancel.signal, signal);
      // Its own from here on: many listen to it.
      await driven(operation, cancel, AbortSignal.any([signal]));
    } catch (error) {
      if (!(error instanceof AlreadyEnded) && !signal.aborted) throw error;
    } finally {
      release();
    }
  }

  /** To its end. Where a defect of ours stops it in between it is taken up again as after a restart, a few times. */
  async function driven({ name, input }: Operation, cancel: AbortController, signal: AbortSignal): Promise<void> {
    const commit: Commit = (command, of) => committed(command, of, signal);
    const act = actFor(name, input.kind, cancel.signal, signal, commit);
    for (let attempt = 1; ; attempt++) {
      try {
        return await new Run(act, parts.recipes[input.kind], commit).toEnd();
      } catch (error) {
        if (signal.aborted || error instanceof AlreadyEnded || attempt >= LIMITS.stepRetries) throw error;
        log.error({ operation: name, attempt, err: error }, 'operation interrupted by a defect');
        await clock.sleep(LIMITS.stepRetryMs, signal);
      }
    }
  }

  function healthChanged({ state }: AuthorityHealth): void {
    if (state === 'FOLLOWING' || state === 'FAILED') letGo();
    else if (state === 'LEADING' && term.signal.aborted) takeUp();
  }

  /** What is driven now, or what is known of how far it is, is another's. */
  function letGo(): void {
    const reason = new UnavailableError('another leads');
    term.abort(reason);
    admission.turnAway(reason);
    progress.clear();
  }

  /** Every open operation, once what was driven in an earlier term has let go. */
  function takeUp(): void {
    const earlier = [...running.values()];
    term = new AbortController();
    leading = AbortSignal.any([stopping.signal, term.signal]);
    void Promise.all(earlier).then(() => {
      for (const operation of authority.fleet.all('operation')) if (isOpen(operation)) noticed(operation);
    });
  }

  /** One that is cancelled while it waits needs no place: nothing is done any more but to take it back. */
  async function place(operation: Operation, cancelled: AbortSignal, signal: AbortSignal): Promise<() => void> {
    try {
      const hostname = authority.fleet.get('guest', operation.target)?.hostname ?? '';
      signal.throwIfAborted();
      return await admission.enter(operation, hostname, cancelled);
    } catch (error) {
      if (signal.aborted || !cancelled.aborted) throw error;
      return () => {};
    }
  }

  /** Another open operation on the guest, of which this is not a part, ends first (a terminate supersedes). */
  async function predecessorsEnded(operation: Operation, signal: AbortSignal): Promise<void> {
    const others = authority.fleet
      .openOperationsOn(operation.target)
      .filter(
        (other) =>
          other.name !== operation.name &&
          other.name !== operation.parent &&
          other.parent !== operation.name &&
          other.createdAt <= operation.createdAt &&
          other.cancelRequested,
      );
    await Promise.all(others.map((other) => ended(other.name, AbortSignal.any([signal]))));
  }

  function present(name: string): Operation {
    const operation = authority.fleet.get('operation', name);
    if (operation === undefined || !isOpen(operation)) throw new AlreadyEnded();
    return operation;
  }

  /** Commits, waiting out times in which nothing can be committed; the libvirt side is never ahead of the journal. */
  async function committed<R>(command: Command<R>, operation: Operation, signal: AbortSignal): Promise<R> {
    for (;;) {
      signal.throwIfAborted();
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
        await clock.sleep(LIMITS.stepRetryMs, signal);
      }
    }
  }

  function actFor(name: string, kind: OperationKind, cancelled: AbortSignal, signal: AbortSignal, commit: Commit): Act {
    const act: Act = {
      get fleet() {
        return authority.fleet;
      },
      get epoch() {
        return authority.epoch;
      },
      clock,
      log: log.child({ operation: name }),
      signal,
      cancelled,
      operation: () => present(name),
      guest() {
        const guest = authority.fleet.get('guest', present(name).target);
        if (guest === undefined) throw new StepFailure('GUEST_NOT_FOUND', `guest ${present(name).target} is gone`);
        return guest;
      },
      driver(hostname) {
        const isDead = () => authority.fleet.get('host', hostname)?.condition === 'DEAD';
        return fenced(unlessDead(parts.driver(hostname), isDead), authority, clock, signal);
      },
      async switchOff(host) {
        if (parts.fence === undefined) throw new StepFailure('FENCE_FAILED', 'virtdc was given no fence', { ...host });
        while (!authority.mayAct()) await clock.sleep(LIMITS.fencePollMs, signal);
        return parts.fence.switchOff(host, signal);
      },
      definition: (guest, disks) => definitionOf(authority.fleet, guest, name, authority.epoch, disks),
      note: async (notes, effects) => void (await commit(advance(name, { notes }, effects), present(name))),
      execute: (command) => commit(command, present(name)),
      events: (hostname, uuid, listener) => parts.events.follow(hostname, uuid, listener),
      progress(figures) {
        progress.set(name, figures);
        for (const listener of progressListeners) listener(name, figures);
      },
      reach: (moment) => parts.failpoints.reach(`${kind} ${moment}`),
      ended: (operation) => ended(operation, signal),
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
      const committed = authority.onCommit((entries) => {
        for (const entry of entries) if (entry.kind === 'operation' && entry.after !== undefined) noticed(entry.after);
      });
      subscriptions = [committed, authority.onHealth(healthChanged)];
      if (authority.leads) takeUp();
      else letGo();
    },
    async stop() {
      for (const unsubscribe of subscriptions) unsubscribe();
      const reason = new UnavailableError('virtdc is stopping');
      stopping.abort(reason);
      admission.turnAway(reason);
      // A call that a host does not answer ends with its connection, and can commit nothing any more.
      await waitAtMost(clock, LIMITS.callsEndMs, Promise.all(running.values()));
    },
    progressOf: (operation) => progress.get(operation),
    onProgress(listener) {
      progressListeners.add(listener);
      return () => progressListeners.delete(listener);
    },
    ended,
  };
}
