// The form of every operation: a list of named steps, each with its intent, its look at libvirt, its deed and its undoing.
// Running, restarting, taking over and crashing all go by this one table.

import type { Logger } from 'pino';
import type { Effects } from '../commands/operations/advance.js';
import type { Command } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest } from '../fleet/guest.js';
import type { MigrationResult, Operation, OperationKind } from '../fleet/operation.js';
import type { Clock } from '../ports/clock.js';
import type { FencedHost, FenceOutcome } from '../ports/fence.js';
import type { DomainEvent, GuestDefinition, HostDriver, MigrationProgress } from '../ports/hypervisor.js';

/** A definite failure of a step, with a closed reason for the operation's error. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  constructor(
    readonly reason: string,
    message: string,
    readonly metadata: Readonly<Record<string, string>> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** What a step works with. Everything is read afresh: other decisions are made meanwhile. */
export interface Act {
  readonly fleet: FleetView;
  readonly clock: Clock;
  readonly log: Logger;
  readonly epoch: number;
  /** Aborts when this process stops or is deposed; the operation goes on elsewhere. */
  readonly signal: AbortSignal;
  /** Aborts when somebody asked to cancel the operation. */
  readonly cancelled: AbortSignal;
  operation(): Operation;
  guest(): Guest;
  driver(hostname: string): HostDriver;
  /** Has a host switched off by the operator's fence; fails where there is none. */
  switchOff(host: FencedHost): Promise<FenceOutcome>;
  definition(guest: Guest, disks?: Guest['disks']): GuestDefinition;
  /** Commits marks (and what belongs to them) in the middle of a step. */
  note(notes: Readonly<Record<string, string>>, effects?: Effects): Promise<void>;
  execute<R>(command: Command<R>): Promise<R>;
  /** Events of the guest's domain on the host, while the answer's stop() was not called. Hints only. */
  events(hostname: string, uuid: string, listener: (event: DomainEvent) => void): { stop(): void };
  /** Latest figures of a migration, for whoever watches; not durable. */
  progress(progress: MigrationProgress): void;
  /** The operation has come to a moment at which the process may be made to fail: see crash-points.ts. */
  reach(moment: string): Promise<void>;
  /** Resolves with the operation once it has ended. */
  ended(operation: string): Promise<Operation>;
}

export interface Step {
  readonly name: string;
  /** Committed with the entry into the step, before its deed. */
  readonly intent?: Effects;
  /** Looks at libvirt: is it done? Asked when the step is taken up again, and after a deed of unknown outcome. */
  observe(act: Act): Promise<'DONE' | 'NOT_DONE'>;
  do(act: Act): Promise<void>;
  /** Takes the deed back, whether it happened or not; repeated until it succeeds. */
  undo?(act: Act): Promise<void>;
}

export interface Recipe {
  readonly kind: OperationKind;
  readonly steps: readonly Step[];
  /** Whether a request to cancel is heeded before the given step; later ones only go forward. */
  cancellableBefore(step: string): boolean;
  /** There is no way back, so a host that does not answer is waited for. Default: false. */
  readonly onlyForward?: boolean;
  /** The figures of a migration, from what its steps noted. */
  migration?(operation: Operation): MigrationResult | undefined;
  /** What success means for the fleet. */
  readonly succeeded: Effects;
  /** What failure and cancellation mean for the fleet, after all steps were undone. */
  readonly failed: Effects;
}
