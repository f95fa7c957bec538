// The way into the audit log for calls that no commit has the record of: those that were denied, refused or failed, and
// what is no decision. They wait in a bounded queue and are written together; nobody waits for them, and no call is slower
// for them.

import { LIMITS } from '../limits.js';
import { type Clock, waitAtMost } from '../ports/clock.js';
import { type AuditRecord, type Inventory, InventoryError } from '../ports/inventory.js';

/** What is complained to; a logger is one. */
interface Complaints {
  error(what: object, message: string): void;
}

export class AuditTrail {
  private readonly waiting: AuditRecord[] = [];
  private readonly closing = new AbortController();
  private writing: Promise<void> | undefined;
  private lostSoFar = 0;
  /** Since a record was lost for want of room, until one is written again. */
  private full = false;

  constructor(
    private readonly inventory: Pick<Inventory, 'appendAudit'>,
    private readonly clock: Clock,
    private readonly log: Complaints,
  ) {}

  /** Records that were lost since the start: the queue was full, or the database would never take them. */
  get lost(): number {
    return this.lostSoFar;
  }

  add(record: AuditRecord): void {
    if (this.waiting.length >= LIMITS.auditQueueRecords) {
      this.lostSoFar += 1;
      if (!this.full) this.complain('the queue of the audit log is full: records are lost');
      this.full = true;
      return;
    }
    this.waiting.push(record);
    this.writing ??= this.write().finally(() => {
      this.writing = undefined;
    });
  }

  /** Writes what waits, if the database takes it at once. */
  async stop(): Promise<void> {
    this.closing.abort();
    await waitAtMost(this.clock, LIMITS.callsEndMs, this.writing);
    if (this.waiting.length === 0) return;
    this.lostSoFar += this.waiting.length;
    this.complain('records of the audit log were not written any more');
  }

  private async write(): Promise<void> {
    let waitMs: number = LIMITS.auditGatherMs;
    while (this.waiting.length > 0) {
      await this.clock.sleep(waitMs, this.closing.signal).catch(() => {});
      const written = await this.writeSome();
      if (!written && this.closing.signal.aborted) return;
      waitMs = written ? LIMITS.auditGatherMs : LIMITS.auditRetryMs;
    }
  }

  /** Whether it is worth going on at once. */
  private async writeSome(): Promise<boolean> {
    const records = this.waiting.slice(0, LIMITS.auditBatchRecords);
    try {
      await this.inventory.appendAudit(records);
    } catch (error) {
      if (!(error instanceof InventoryError)) throw error;
      if (error.kind !== 'POISON') return false;
      this.lostSoFar += records.length;
      this.complain('records of the audit log cannot be stored');
    }
    this.waiting.splice(0, records.length);
    if (this.full) this.complain('the audit log takes records again; some were lost');
    this.full = false;
    return true;
  }

  private complain(message: string): void {
    this.log.error({ lost: this.lostSoFar }, message);
  }
}
