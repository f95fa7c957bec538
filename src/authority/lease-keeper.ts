// The lease of the one writer, as this process knows it: whose it was when it was last seen, under which epoch, and, where
// it is ours, until when by our own clock.

import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import type { Inventory, Lease } from '../ports/inventory.js';
import type { LeaderSeen } from './authority.js';

interface Seen {
  readonly lease: Lease;
  /** Monotonic. Counted from before the question was sent, so that it never is later than the database's own end. */
  readonly endsAtMs: number;
  /** Aborted once another holder was seen. */
  readonly gone: AbortController;
}

export class LeaseKeeper {
  /** 0 until the lease was ours. */
  epoch = 0;
  /** Of our own lease. */
  private endsAtMs = Number.NEGATIVE_INFINITY;
  private seen: Seen | undefined;
  /** Calls follow one another: a renewal under the old epoch must not arrive after a new one was taken. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly inventory: Inventory,
    private readonly clock: Clock,
    readonly holder: string,
    readonly address: string,
  ) {}

  /** Whose lease it is, as far as was seen; undefined if nobody's, or if what was seen has run out. */
  get leader(): LeaderSeen | undefined {
    if (this.seen === undefined || this.seen.endsAtMs <= this.clock.monotonicMs()) return undefined;
    const { holder, address, epoch } = this.seen.lease;
    return { holder, address, epoch, isSelf: holder === this.holder, gone: this.seen.gone.signal };
  }

  /** The lease, and whether its holder is alive: it has renewed it since it was looked at last. */
  look(): Promise<{ readonly lease: Lease; readonly isAlive: boolean }> {
    return this.inTurn(async () => {
      const before = this.seen?.lease;
      const askedAtMs = this.clock.monotonicMs();
      const lease = await this.inventory.readLease();
      this.see(lease, askedAtMs);
      const isAlive = before?.epoch === lease.epoch && lease.remainingMs > before.remainingMs;
      return { lease, isAlive };
    });
  }

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
      this.see(lease, askedAtMs);
      return { ours, lease };
    });
  }

  renew(): Promise<void> {
    return this.inTurn(async () => {
      const askedAtMs = this.clock.monotonicMs();
      const lease = await this.inventory.renewLease(this.epoch, LIMITS.leaseTtlMs);
      this.endsAtMs = askedAtMs + lease.remainingMs;
      this.see(lease, askedAtMs);
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
    this.forget();
  }

  /** Whether it is still ours for so long from now. */
  lasts(ms: number): boolean {
    return this.clock.monotonicMs() + ms < this.endsAtMs;
  }

  private see(lease: Lease, askedAtMs: number): void {
    if (lease.remainingMs <= 0 || this.seen?.lease.holder !== lease.holder) this.forget();
    if (lease.remainingMs <= 0) return;
    const { gone = new AbortController() } = this.seen ?? {};
    this.seen = { lease, endsAtMs: askedAtMs + lease.remainingMs, gone };
  }

  private forget(): void {
    this.seen?.gone.abort();
    this.seen = undefined;
  }

  private inTurn<R>(work: () => Promise<R>): Promise<R> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }
}
