// The request ids that were answered or are about to be: a request that is repeated gets its first answer again.

import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import type { KnownRequest } from '../ports/inventory.js';

export interface RequestKey {
  readonly principal: string;
  readonly method: string;
  readonly requestId: string;
}

/** What became of a request: its answer is in the inventory, or this promise settles when its batch does. */
export interface RequestState {
  readonly payloadHash: string;
  readonly pending: Promise<unknown> | undefined;
}

interface Known extends RequestState {
  /** Monotonic: the calendar of this machine may be wrong by any time. */
  readonly sinceMs: number;
}

export class KnownRequests {
  /** In the order they came, oldest first: that is the order in which they are forgotten. */
  private readonly states = new Map<string, Known>();

  constructor(private readonly clock: Clock) {}

  /** Forgets everything, then knows what was loaded. */
  reload(requests: readonly KnownRequest[]): void {
    this.states.clear();
    this.learn(requests);
  }

  /** Those that others have answered meanwhile. */
  learn(requests: readonly KnownRequest[]): void {
    const byAge = [...requests].sort((a, b) => a.at.getTime() - b.at.getTime());
    for (const request of byAge) this.set(request, { payloadHash: request.payloadHash, pending: undefined });
  }

  find(key: RequestKey): RequestState | undefined {
    return this.states.get(keyText(key));
  }

  set(key: RequestKey, { payloadHash, pending }: RequestState): void {
    const text = keyText(key);
    this.states.delete(text);
    this.states.set(text, { payloadHash, pending, sinceMs: this.clock.monotonicMs() });
    if (this.states.size > LIMITS.maxRequestIds) this.forgetOldest();
  }

  delete(key: RequestKey): void {
    this.states.delete(keyText(key));
  }

  /** Forgets what has been known for longer. */
  forgetOlderThan(ms: number): void {
    const beforeMs = this.clock.monotonicMs() - ms;
    for (const [text, state] of this.states) {
      if (state.sinceMs >= beforeMs) return;
      if (state.pending === undefined) this.states.delete(text);
    }
  }

  private forgetOldest(): void {
    for (const [text, state] of this.states) {
      if (state.pending !== undefined) continue;
      this.states.delete(text);
      return;
    }
  }
}

/** Unambiguous: neither a method nor a request id has a line break. */
function keyText({ principal, method, requestId }: RequestKey): string {
  return `${method}\n${requestId}\n${principal}`;
}
