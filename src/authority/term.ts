// A term: from the moment the lease is ours until we are fenced. It renews the lease, brings the copy up to date, then
// commits decisions on it, and drops what is not kept any more.

import type { Logger } from 'pino';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import { type Inventory, InventoryError, type LogEntry } from '../ports/inventory.js';
import { UnavailableError } from './authority.js';
import type { Copy } from './copy.js';
import type { HealthCell } from './health.js';
import type { IdSource } from './ids.js';
import type { LeaseKeeper } from './lease-keeper.js';
import { expireOperations, type RetentionPolicy } from './retention.js';
import { commandTask } from './tasks.js';
import { Writer, type WriterEvents } from './writer.js';

export interface TermParts {
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Logger;
  readonly retention: RetentionPolicy;
  readonly copy: Copy;
  readonly lease: LeaseKeeper;
  readonly cell: HealthCell;
  /** Ends the term in whatever state it is. */
  readonly closing: AbortSignal;
  /** A bug was met: nobody knows what state things are in. */
  fail(error: unknown): void;
}

export class Term {
  /** Aborted when another leads. */
  private readonly over = new AbortController();
  /** Aborted when the term is over for whatever reason. */
  readonly signal: AbortSignal;
  /** Resolves when nothing of it goes on any more: the copy is as committed, and may follow again. */
  readonly ended: Promise<void>;
  private made: Writer | undefined;

  /** The last revision of the log when the lease was taken: all that others have committed, or ever will. */
  constructor(
    private readonly parts: TermParts,
    lastRevision: number,
  ) {
    this.signal = AbortSignal.any([this.over.signal, parts.closing]);
    this.ended = this.run(lastRevision);
  }

  /** undefined until the copy is up to date. */
  get writer(): Writer | undefined {
    return this.made;
  }

  private async run(lastRevision: number): Promise<void> {
    try {
      await Promise.all([this.keepLease(), this.lead(lastRevision)]);
    } catch (error) {
      this.parts.fail(error);
    }
    await this.made?.idle();
  }

  private async lead(lastRevision: number): Promise<void> {
    if (!(await this.caughtUp(lastRevision))) return;
    const { copy, inventory, lease, clock, ids, cell } = this.parts;
    this.made = new Writer({
      fleet: copy.fleet,
      inventory,
      lease,
      clock,
      ids,
      events: this.writerEvents(),
      signal: this.signal,
    });
    cell.set('LEADING', '');
    await this.keepHouse();
  }

  /** False if the term was over before. */
  private async caughtUp(lastRevision: number): Promise<boolean> {
    const { copy, cell } = this.parts;
    while (!this.signal.aborted) {
      try {
        await copy.catchUp(lastRevision);
        await copy.learnRequests();
        return !this.signal.aborted;
      } catch (error) {
        cell.set('UNAVAILABLE', trouble(error).message);
        await this.pause(LIMITS.leaseRetryMs);
      }
    }
    return false;
  }

  private async keepLease(): Promise<void> {
    const { lease, cell } = this.parts;
    let waitMs: number = LIMITS.leaseRenewMs;
    while (await this.pause(waitMs)) {
      try {
        await lease.renew();
        waitMs = LIMITS.leaseRenewMs;
        if (!this.signal.aborted && this.made?.inDoubt === false) cell.set('LEADING', '');
      } catch (error) {
        const failure = trouble(error);
        if (failure.kind === 'FENCED') this.stepDown(failure);
        else cell.set('UNAVAILABLE', failure.message);
        waitMs = LIMITS.leaseRetryMs;
      }
    }
  }

  /** Drops what is not kept any more, every now and then: by the database's clock, as ours may be wrong by any time. */
  private async keepHouse(): Promise<void> {
    const { inventory, retention, copy } = this.parts;
    while (await this.pause(LIMITS.compactEveryMs)) {
      try {
        const nowMs = (await inventory.now()).getTime();
        const requestsAfter = new Date(nowMs - retention.requestIdKeptMs);
        const entriesAfter = new Date(nowMs - retention.logKeptMs);
        const auditAfter = retention.auditKeptMs === 0 ? undefined : new Date(nowMs - retention.auditKeptMs);
        await inventory.compact({ entries: retention.logKeptEntries, entriesAfter, requestsAfter, auditAfter });
        copy.requests.forgetOlderThan(retention.requestIdKeptMs);
        if (copy.fleet.count('operation') > retention.endedOperationsKept) await this.expireOperations();
      } catch (error) {
        // Tried again at the next turn; that the database is away is told by others.
        if (!(error instanceof UnavailableError)) trouble(error);
      }
    }
  }

  private async expireOperations(): Promise<void> {
    const { copy, clock, ids, cell, retention } = this.parts;
    const { writer } = this;
    if (writer === undefined || cell.current.state !== 'LEADING') return;
    const deciding = { fleet: copy.fleet, requests: copy.requests, clock, ids };
    const command = expireOperations(retention.endedOperationsKept);
    const caller = { principal: 'virtdc', method: 'retention' };
    await new Promise((resolve, reject) => writer.submit(commandTask(deciding, command, caller, { resolve, reject })));
  }

  private writerEvents(): WriterEvents {
    const { copy, cell, log, fail } = this.parts;
    return {
      committed: (entries: readonly LogEntry[]) => copy.committed(entries),
      unavailable: (error) => cell.set('UNAVAILABLE', error.message),
      doubtChanged: () => {
        if (this.made?.inDoubt === true) cell.set('UNAVAILABLE', 'the outcome of a commit is not known');
        else if (!this.signal.aborted) cell.set('LEADING', '');
      },
      fenced: (error) => this.stepDown(error),
      poisoned: (error) => log.error({ err: error }, 'a decision cannot be stored'),
      failed: (error) => fail(error),
    };
  }

  private stepDown(error: Error): void {
    const { lease, cell } = this.parts;
    lease.lose();
    cell.set('FOLLOWING', error.message);
    this.over.abort();
  }

  /** False if the term is over. */
  private pause(ms: number): Promise<boolean> {
    return this.parts.clock.sleep(ms, this.signal).then(
      () => true,
      () => false,
    );
  }
}

/** What may go wrong with a database; anything else is a bug, and thrown on. */
export function trouble(error: unknown): InventoryError {
  if (error instanceof InventoryError && error.kind !== 'POISON' && error.kind !== 'COMPACTED') return error;
  throw error;
}
