// The lease of the one writer, as this process knows it: under which epoch, and until when by our own clock.

import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import type { Inventory, Lease } from '../ports/inventory.js';

export class LeaseKeeper {
  /** 0 until the lease was ours. */
  epoch = 0;
  /** Monotonic. Counted from before the question was sent, so that it never is later than the database's own end. */
  private endsAtMs = Number.NEGATIVE_INFINITY;
  /** Calls follow one another: a renewal under the old epoch must not arrive after a new one was taken. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly inventory: Inventory,
    private readonly clock: Clock,
    readonly holder: string,
    readonly address: string,
  ) {}

  /** Takes the lease under a new epoch if it is to be had; whose it is then. */
  take(): Promise<{ readonly ours: boolean; readonly lease: Lease }> {
    return this.inTurn(async () => {
      const askedAtMs = this.clock.monotonicMs();
      const lease = await this.inventory.acquireLease(this.holder, this.address, LIMITS.leaseTtlMs);
      const ours = lease.holder === this.holder;
      if (ours) {
        this.epoch = lease.epoch;
        this.endsAtMs = askedAtMs + lease.remainingMs;
      } else {
        this.lose();
      }
      return { ours, lease };
    });
  }

  renew(): Promise<void> {
    return this.inTurn(async () => {
      const askedAtMs = this.clock.monotonicMs();
      const lease = await this.inventory.renewLease(this.epoch, LIMITS.leaseTtlMs);
      this.endsAtMs = askedAtMs + lease.remainingMs;
    });
  }

  release(): Promise<void> {
    return this.inTurn(async () => {
      this.lose();
      await this.inventory.releaseLease(this.epoch);
    });
  }

  /** We do not lead any more, whatever the time. */
  lose(): void {
    this.endsAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Whether it is still ours for so long from now. */
  lasts(ms: number): boolean {
    return this.clock.monotonicMs() + ms < this.endsAtMs;
  }

  private inTurn<R>(work: () => Promise<R>): Promise<R> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }
}
