// One effect and one answer for each request id: what is repeated waits for, or is given, the first answer.

import { type Refusal, refusal } from '../fleet/refusal.js';
import { type Inventory, InventoryError } from '../ports/inventory.js';
import { type Answer, type Caller, UnavailableError } from './authority.js';
import type { KnownRequests, RequestKey } from './known-requests.js';
import type { StoredAnswer } from './tasks.js';

export class Replays {
  constructor(
    private readonly requests: KnownRequests,
    private readonly inventory: Inventory,
  ) {}

  /** Decides unless the request is known. A refused decision is not kept: the same id may be tried again. */
  async once<R>(
    { principal, method }: Caller,
    { id: requestId, payloadHash }: NonNullable<Caller['request']>,
    decide: () => Promise<Answer<R>>,
  ): Promise<Answer<R>> {
    const key: RequestKey = { principal, method, requestId };
    for (let known = this.find(key); known !== undefined; known = this.find(key)) {
      if (known.payloadHash !== payloadHash) {
        if (known.pending === undefined) return { accepted: false, refusal: reused(requestId), revision: 0 };
        // Whether the id is taken is known once the first request has its answer.
        await known.pending.catch(() => undefined);
      } else if (known.pending !== undefined) {
        const answer = (await known.pending) as Answer<R>;
        return answer.accepted ? { ...answer, replayed: true } : answer;
      } else {
        const stored = await this.firstAnswer(key);
        if (stored !== undefined) {
          return { accepted: true, result: stored.result as R, revision: stored.revision, replayed: true };
        }
        this.requests.delete(key);
      }
    }
    return await this.first(key, payloadHash, decide());
  }

  private find(key: RequestKey) {
    return this.requests.find(key);
  }

  private async first<R>(key: RequestKey, payloadHash: string, pending: Promise<Answer<R>>): Promise<Answer<R>> {
    this.requests.set(key, { payloadHash, pending });
    try {
      return await pending;
    } finally {
      // An accepted one is known as such by now (see tasks.ts); the id of any other is free again.
      if (this.find(key)?.pending === pending) this.requests.delete(key);
    }
  }

  private async firstAnswer(key: RequestKey): Promise<StoredAnswer | undefined> {
    try {
      return (await this.inventory.readAnswer(key)) as StoredAnswer | undefined;
    } catch (error) {
      if (!(error instanceof InventoryError)) throw error;
      throw new UnavailableError('the first answer cannot be read now', { cause: error });
    }
  }
}

function reused(requestId: string): Refusal {
  return refusal('REQUEST_ID_REUSED', `request id ${requestId} was used for another request`, {
    request_id: requestId,
  });
}
