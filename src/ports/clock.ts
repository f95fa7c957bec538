// Time as the rest of virtdc sees it, so that a simulation can run on virtual time.

export interface Clock {
  now(): Date;
  /** Milliseconds that never jump; for durations and deadlines. */
  monotonicMs(): number;
  /** Resolves after ms, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back after ms; answers how to stop that. Cheaper than a sleep that is aborted. */
  after(ms: number, callback: () => void): () => void;
  /** A signal that aborts after ms, with a DeadlineError as its reason. */
  deadline(ms: number): AbortSignal;
}

/** Waits until the work is done, but no longer than ms; a failure of the work is the caller's. */
export async function waitAtMost(clock: Clock, ms: number, work: Promise<unknown> | undefined): Promise<void> {
  const enough = new AbortController();
  const waited = clock.sleep(ms, enough.signal).catch(() => {});
  await Promise.race([work, waited]);
  enough.abort();
}

export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  constructor(readonly afterMs: number) {
    super(`not done within ${afterMs} ms`);
  }
}
