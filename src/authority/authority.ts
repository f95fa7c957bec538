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

/** Who leads, as far as this process knows: the lease as it was seen last. */
export interface LeaderSeen {
  readonly holder: string;
  /** Where other replicas reach it. */
  readonly address: string;
  readonly epoch: number;
  /** Whether it is this process. */
  readonly isSelf: boolean;
  /** Aborts once another leads, or nobody. */
  readonly gone: AbortSignal;
}

/** A command, or what has to be asked of the hosts to make one: a request that is answered already needs nothing of it. */
export type Commanded<R> = Command<R> | (() => Promise<Command<R>>);

export interface Authority {
  /** The fleet with everything decided, committed or not yet: for further decisions, never for answers. */
  readonly fleet: FleetView;
  /** Of the last committed change that this process knows of. */
  readonly revision: number;
  readonly epoch: number;
  /** Whether this process decides: from a takeover until it is fenced, also while the database does not answer. */
  readonly leads: boolean;
  /** undefined: nobody is known to lead. */
  readonly leader: LeaderSeen | undefined;
  /**
   * Decides now, answers when the batch it rests on is committed. Rejects with UnavailableError while nothing can be
   * committed (no lease, no database, queue full).
   */
  execute<R>(command: Commanded<R>, caller: Caller): Promise<Answer<R>>;
  /** Reads now, answers once everything that was read is committed. Who follows reads the last that it has of the log. */
  read<R>(query: (fleet: FleetView) => R): Promise<{ readonly value: R; readonly revision: number }>;
  /** Whether the lease lasts long enough for a libvirt call to be sent now. */
  mayAct(): boolean;
  /** Called with committed entries in order, whoever committed them. Answers how to stop that. */
  onCommit(listener: (entries: readonly LogEntry[]) => void): () => void;
  /**
   * Called with the revision as of which everything was read anew, because the log did not reach back any more to where
   * this process was: what lies between is told to nobody. Answers how to stop that.
   */
  onReload(listener: (revision: number) => void): () => void;
  /** Resolves once the revision is known here, or rejects with the signal's reason. */
  reached(revision: number, signal: AbortSignal): Promise<void>;
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
 * STARTING: has neither led nor seen anybody lead. LEADING: decides and commits. UNAVAILABLE: the database does not answer.
 * FOLLOWING: another leads; reads and watches are served from a copy that follows it. FAILED: a bug; only a new process helps. CLOSED: ended as asked.
 */
export type AuthorityState = 'STARTING' | 'LEADING' | 'UNAVAILABLE' | 'FOLLOWING' | 'FAILED' | 'CLOSED';

export interface AuthorityHealth {
  readonly state: AuthorityState;
  readonly since: Date;
  /** Sentence for an operator, as of when the state was entered; empty while leading. */
  readonly reason: string;
}

/** The authority as the process that runs it sees it. */
export interface RunningAuthority extends Authority {
  readonly health: AuthorityHealth;
  /** Called with each new state. Answers how to stop that. */
  onHealth(listener: (health: AuthorityHealth) => void): () => void;
  /** Resolves once it leads for the first time; rejects if it fails before, or with the signal's reason. */
  leading(signal?: AbortSignal): Promise<void>;
  /** Resolves once it leads or follows; rejects as leading() does. */
  serving(signal?: AbortSignal): Promise<void>;
  /** Decides nothing more, commits what was decided, gives the lease back. */
  close(): Promise<void>;
}
