// Group commit: decisions are made on the fleet in memory as they come; one batch of them is being committed while the
// next one fills. What a batch rests on is committed before it; when one fails, all that was decided on top goes with it.

import type { Fleet } from '../fleet/fleet.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import {
  type AuditRecord,
  type Inventory,
  InventoryError,
  type LogEntry,
  type RequestRecord,
} from '../ports/inventory.js';
import { InternalError, UnavailableError } from './authority.js';
import type { IdSource } from './ids.js';
import type { LeaseKeeper } from './lease-keeper.js';
import type { Recorded } from './record.js';

/** What decide() wants to have committed; nothing, for reads and refusals. */
export interface Write extends Pick<Recorded, 'entries' | 'undo'> {
  readonly request: RequestRecord | undefined;
  readonly audit: AuditRecord | undefined;
}

/**
 * Something to be answered once all it rests on is committed. May be decided several times; of settle() and fail() the
 * first one gives the answer, but settle() may still come after fail().
 */
export interface Task {
  /** Decides on the fleet as it is, and changes it. */
  decide(): Write | undefined;
  settle(): void;
  fail(error: Error): void;
}

export interface WriterEvents {
  committed(entries: readonly LogEntry[]): void;
  /** Nothing could be committed for a while; what was pending was undone. */
  unavailable(error: Error): void;
  /** Whether a commit happened is not known: nothing may be decided until inDoubt is false again. */
  doubtChanged(): void;
  fenced(error: Error): void;
  /** The decision of this task can never be stored. */
  poisoned(error: Error): void;
  failed(error: unknown): void;
}

interface Placed {
  readonly task: Task;
  readonly write: Write | undefined;
}

interface PendingBatch {
  readonly id: string;
  readonly placed: Placed[];
  writes: number;
  /** Of the log, by all its writes. */
  entries: number;
  /** Being committed: takes no more writes. */
  sealed: boolean;
}

interface Outcome {
  readonly committed: boolean;
  /** Somebody else leads or led. */
  readonly lost: boolean;
  /** It took so long that callers were told before. */
  readonly late: boolean;
}

const NOT_KNOWN_YET = 'it is not known yet whether this was done: ask again';

export interface WriterParts {
  readonly fleet: Fleet;
  readonly inventory: Inventory;
  readonly lease: LeaseKeeper;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly events: WriterEvents;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

export class Writer {
  private readonly batches: PendingBatch[] = [];
  private running: Promise<void> | undefined;
  private tasks = 0;
  private entries = 0;
  private committedRevision: number;
  private doubt = false;
  /** The doubt lasts too long: whoever waited was told so, and nobody is to begin to wait. */
  private patienceLost = false;
  /** Writes a batch may have; halved to find a poison row, doubled again by each commit. */
  private batchLimit: number = LIMITS.maxBatchDecisions;

  constructor(private readonly parts: WriterParts) {
    this.committedRevision = parts.fleet.revision;
  }

  get inDoubt(): boolean {
    return this.doubt;
  }

  /** Throws UnavailableError if too much waits already, or waits in vain, and whatever decide() throws. */
  submit(task: Task): void {
    if (this.patienceLost) throw new UnavailableError(NOT_KNOWN_YET);
    if (this.tasks >= LIMITS.maxQueuedDecisions || this.entries >= LIMITS.maxQueuedEntries) {
      throw new UnavailableError(`${this.tasks} decisions wait to be committed`);
    }
    this.place({ task, write: task.decide() });
  }

  /** Resolves once nothing waits. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  private place(placed: Placed): void {
    const newest = this.batches.at(-1);
    if (placed.write === undefined) {
      if (newest === undefined) {
        placed.task.settle();
        return;
      }
      newest.placed.push(placed);
    } else {
      const entries = placed.write.entries.length;
      if (newest !== undefined && this.hasRoom(newest, entries)) {
        newest.placed.push(placed);
        newest.writes += 1;
        newest.entries += entries;
      } else {
        this.batches.push({ id: this.parts.ids.newUuid(), placed: [placed], writes: 1, entries, sealed: false });
      }
      this.entries += entries;
    }
    this.tasks += 1;
    this.running ??= this.run();
  }

  private hasRoom({ sealed, writes, entries }: PendingBatch, more: number): boolean {
    return !sealed && writes < this.batchLimit && entries + more <= LIMITS.maxBatchEntries;
  }

  private async run(): Promise<void> {
    // What is decided in this same turn joins the first batch.
    await Promise.resolve();
    try {
      for (let batch = this.batches[0]; batch !== undefined; batch = this.batches[0]) await this.commit(batch);
    } catch (error) {
      this.failAll(new UnavailableError('the authority failed', { cause: error }));
      this.parts.events.failed(error);
    } finally {
      this.running = undefined;
    }
  }

  private async commit(batch: PendingBatch): Promise<void> {
    batch.sealed = true;
    let refusals = 0;
    for (let attempt = 0; ; attempt += 1) {
      const error = await this.send(batch);
      switch (error?.kind) {
        case undefined:
          return this.settle(batch);
        case 'UNAVAILABLE':
          if (attempt < LIMITS.commitRetries && (await this.pause(attempt))) continue;
          return this.giveUp(error);
        case 'UNKNOWN_OUTCOME': {
          const outcome = await this.findOut(batch, error);
          if (outcome.committed) this.settle(batch);
          if (outcome.lost) return this.fenced(error);
          if (outcome.late) {
            // Whoever waited has been told to ask again: nothing more is done in their names.
            this.failAll(new UnavailableError(NOT_KNOWN_YET, { cause: error }));
            this.patienceLost = false;
            return;
          }
          if (outcome.committed) return;
          if (attempt < LIMITS.commitRetries && !this.parts.signal.aborted) continue;
          return this.giveUp(error);
        }
        case 'POISON':
          // A constraint may also be hit by what passes, so nobody is condemned for one refusal.
          if (batch.writes === 1 && refusals++ < LIMITS.poisonRetries) continue;
          return this.split(batch, error);
        case 'FENCED':
          return this.fenced(error);
        case 'COMPACTED':
          throw error;
      }
    }
  }

  private async send(batch: PendingBatch): Promise<InventoryError | undefined> {
    const writes = batch.placed.flatMap(({ write }) => write ?? []);
    try {
      await this.parts.inventory.commit({
        id: batch.id,
        epoch: this.parts.lease.epoch,
        afterRevision: this.committedRevision,
        entries: writes.flatMap(({ entries }) => entries),
        requests: writes.flatMap(({ request }) => request ?? []),
        audit: writes.flatMap(({ audit }) => audit ?? []),
      });
      return undefined;
    } catch (error) {
      if (error instanceof InventoryError) return error;
      throw error;
    }
  }

  /** False if all waiting has ended. */
  private async pause(attempt: number): Promise<boolean> {
    const { clock, ids, signal } = this.parts;
    const ms = LIMITS.commitRetryMs * 2 ** attempt * (0.5 + ids.random() / 2);
    await clock.sleep(ms, signal).catch(() => undefined);
    return !signal.aborted;
  }

  private settle(batch: PendingBatch): void {
    const entries = batch.placed.flatMap(({ write }) => write?.entries ?? []);
    this.batches.shift();
    this.tasks -= batch.placed.length;
    this.entries -= batch.entries;
    this.committedRevision = lastRevisionOf(batch, this.committedRevision);
    this.batchLimit = Math.min(LIMITS.maxBatchDecisions, this.batchLimit * 2);
    // Watchers first: who has an answer may ask for what came after it.
    this.parts.events.committed(entries);
    for (const { task } of batch.placed) task.settle();
  }

  /**
   * The answer to COMMIT was lost. Under a newer epoch, ours or another's, the batch is there or never will be: taking
   * the lease waits for the old backend, and bars it.
   */
  private async findOut(batch: PendingBatch, doubt: InventoryError): Promise<Outcome> {
    const { clock, signal } = this.parts;
    const patientUntilMs = clock.monotonicMs() + LIMITS.outcomeWaitMs;
    this.setDoubt(true);
    while (!signal.aborted) {
      try {
        const outcome = await this.lookUp(batch);
        // Who has lost the lead is told so instead, and decides nothing in between.
        if (!outcome.lost) this.setDoubt(false);
        return { ...outcome, late: this.patienceLost };
      } catch (error) {
        if (!(error instanceof InventoryError)) throw error;
      }
      if (!this.patienceLost && clock.monotonicMs() >= patientUntilMs) {
        this.patienceLost = true;
        this.tellAll(new UnavailableError(NOT_KNOWN_YET, { cause: doubt }));
      }
      await clock.sleep(LIMITS.leaseRetryMs, signal).catch(() => undefined);
    }
    return { committed: false, lost: false, late: this.patienceLost };
  }

  private setDoubt(doubt: boolean): void {
    this.doubt = doubt;
    this.parts.events.doubtChanged();
  }

  private async lookUp(batch: PendingBatch): Promise<Omit<Outcome, 'late'>> {
    const { inventory, lease } = this.parts;
    const { ours } = await lease.take();
    const committed = await inventory.committed(batch.id);
    const { lastRevision } = await inventory.logBounds();
    // Another one led and left in the meantime: the fleet in memory misses what it did.
    const expected = committed ? lastRevisionOf(batch, this.committedRevision) : this.committedRevision;
    return { committed, lost: !ours || lastRevision !== expected };
  }

  /** Halves batches until the poison decision is alone; it fails, and all others are decided anew without it. */
  private split(batch: PendingBatch, error: InventoryError): void {
    const alone = batch.writes === 1 ? batch.placed.find(({ write }) => write !== undefined)?.task : undefined;
    this.batchLimit = Math.max(1, Math.floor(batch.writes / 2));
    const tasks = this.rollBack();
    for (const task of tasks) {
      if (task === alone) {
        this.parts.events.poisoned(error);
        task.fail(new InternalError('the decision cannot be stored', { cause: error }));
        continue;
      }
      try {
        this.place({ task, write: task.decide() });
      } catch (thrown) {
        task.fail(thrown as Error);
      }
    }
  }

  private giveUp(error: InventoryError): void {
    this.failAll(new UnavailableError('the database does not take changes now', { cause: error }));
    this.parts.events.unavailable(error);
  }

  private fenced(error: InventoryError): void {
    this.failAll(new UnavailableError('this process does not lead any more', { cause: error }));
    this.parts.events.fenced(error);
  }

  /** Callers go on; what they asked for stays in memory until its outcome is known. */
  private tellAll(error: UnavailableError): void {
    for (const { placed } of this.batches) for (const { task } of placed) task.fail(error);
  }

  private failAll(error: UnavailableError): void {
    for (const task of this.rollBack()) task.fail(error);
  }

  /** Takes everything back that is not committed, newest first; what was waiting, oldest first. */
  private rollBack(): Task[] {
    const { fleet } = this.parts;
    const placed = this.batches.flatMap((batch) => batch.placed);
    for (const { write } of placed.toReversed()) {
      for (const change of write?.undo ?? []) fleet.apply(change);
    }
    fleet.revision = this.committedRevision;
    this.batches.length = 0;
    this.tasks = 0;
    this.entries = 0;
    return placed.map(({ task }) => task);
  }
}

function lastRevisionOf(batch: PendingBatch, before: number): number {
  const lastOf = ({ write }: Placed) => write?.entries.at(-1)?.revision ?? before;
  return batch.placed.reduce((last, placed) => Math.max(last, lastOf(placed)), before);
}
