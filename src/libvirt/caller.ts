// What can carry calls: one connection, or a supervised one. The typed calls are written against this.
import type { Duplex } from 'node:stream';
import type { Procedure } from './procedures.js';

export interface CallOptions {
  /**
   * Milliseconds until the call is given up with DeadlineExceededError, waiting for a slot included. Default: the
   * connection's callDeadlineMs. null: none, for jobs that are watched by other means.
   */
  readonly deadlineMs?: number | null;
  /** Gives the call up with CallAbortedError. The daemon is not told: it goes on with what it has begun. */
  readonly signal?: AbortSignal;
  /** For calls that last (a migration): only a few of these run at once, so that short ones are never shut out. */
  readonly long?: boolean;
}

export interface StreamOptions extends CallOptions {
  /** How long the stream may make no progress before it fails with DeadlineExceededError. null: for ever (a console). */
  readonly idleMs?: number | null;
}

export interface Caller {
  /**
   * One call. Rejects with LibvirtError (the daemon's answer) or an UnansweredError, whose `outcome` says whether the
   * request may have taken effect; with RangeError before anything is sent if an argument does not fit the protocol.
   */
  call<A, R>(procedure: Procedure<A, R>, args: A, options?: CallOptions): Promise<R>;
  /**
   * A call that opens a stream. Reading yields the daemon's bytes, writing sends ours, both with backpressure; `end()`
   * finishes and waits for the daemon's confirmation; `destroy()`, or the signal at any time, aborts. While a reader
   * lags by more than streamBufferBytes the whole connection stops reading: give bulk transfers one of their own.
   */
  openStream<A, R>(procedure: Procedure<A, R>, args: A, options?: StreamOptions): Promise<Duplex>;
}
