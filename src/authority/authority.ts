// The one writer as the rest of virtdc sees it: give it a command, get an answer that is already durable.

import type { Command } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Refusal } from '../fleet/refusal.js';
import type { LogEntry } from '../ports/inventory.js';

export interface Caller {
  readonly principal: string;
  /** Full method (virtdc.v1.Placement/SubmitGuest), or the name of the loop that decides by itself (reconcile). */
  readonly method: string;
  /** What the log names as the cause: an operation's name, OBSERVED, EXTERNAL; not given: the method itself. */
  readonly cause?: string;
  /** A call of somebody's: once accepted, the audit log has it in the same commit. A loop of our own has none. */
  readonly audit?: { readonly role: string; readonly target: string };
  readonly request?: { readonly id: string; readonly payloadHash: string };
  /** Decide and answer, change nothing. */
  readonly validateOnly?: boolean;
}

export type Answer<R> =
  | {
      readonly accepted: true;
      readonly result: R;
      /** Revision as of which the answer holds: of the last change made, or of the fleet it was decided on. */
      readonly revision: number;
      /** The request id was known: this is the first answer, again. */
      readonly replayed: boolean;
    }
  | { readonly accepted: false; readonly refusal: Refusal; readonly revision: number };

export interface Authority {
  /** The fleet with everything decided, committed or not yet: for further decisions, never for answers. */
  readonly fleet: FleetView;
  readonly epoch: number;
  /**
   * Decides now, answers when the batch it rests on is committed. Rejects with UnavailableError while nothing can be
   * committed (no lease, no database, queue full).
   */
  execute<R>(command: Command<R>, caller: Caller): Promise<Answer<R>>;
  /** Reads now, answers once everything that was read is committed. */
  read<R>(query: (fleet: FleetView) => R): Promise<{ readonly value: R; readonly revision: number }>;
  /** Whether the lease lasts long enough for a libvirt call to be sent now. */
  mayAct(): boolean;
  /** Called with each committed batch's entries, in order. Answers how to stop that. */
  onCommit(listener: (entries: readonly LogEntry[]) => void): () => void;
}

/**
 * Nothing was decided, or nobody knows yet whether it was (the database went away in mid-commit). The caller may try
 * again, elsewhere or later; with the same request id that is done once, whatever became of the first try.
 */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}

/** The decision was accepted, but the database will never take it: a bug of ours, logged with its cause. Nothing changed. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}

/**
 * STARTING: has not led yet. LEADING: decides and commits. UNAVAILABLE: leads, but the database does not answer.
 * FOLLOWING: another holds the lease. FAILED: a bug; only a new process helps. CLOSED: ended as asked.
 */
export type AuthorityState = 'STARTING' | 'LEADING' | 'UNAVAILABLE' | 'FOLLOWING' | 'FAILED' | 'CLOSED';

export interface AuthorityHealth {
  readonly state: AuthorityState;
  readonly since: Date;
  /** Sentence for an operator; empty while leading. */
  readonly reason: string;
}

/** The authority as the process that runs it sees it. */
export interface RunningAuthority extends Authority {
  readonly health: AuthorityHealth;
  /** Called with each new state. Answers how to stop that. */
  onHealth(listener: (health: AuthorityHealth) => void): () => void;
  /** Resolves once it leads for the first time; rejects if it fails before, or with the signal's reason. */
  leading(signal?: AbortSignal): Promise<void>;
  /** Decides nothing more, commits what was decided, gives the lease back. */
  close(): Promise<void>;
}
