// The authority of a process: campaigns for the lease, loads the fleet, leads until it is fenced, and campaigns again.

import type { Logger } from 'pino';
import { type Entities, type EntityKind, put } from '../fleet/change.js';
import type { Command } from '../fleet/decision.js';
import { Fleet, type FleetView } from '../fleet/fleet.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import { type Inventory, InventoryError, type LogEntry, type Snapshot } from '../ports/inventory.js';
import {
  type Answer,
  type AuthorityHealth,
  type Caller,
  type RunningAuthority,
  UnavailableError,
} from './authority.js';
import { HealthCell } from './health.js';
import type { IdSource } from './ids.js';
import { KnownRequests } from './known-requests.js';
import { LeaseKeeper } from './lease-keeper.js';
import { Replays } from './replays.js';
import { DEFAULT_RETENTION, expireOperations, type RetentionPolicy } from './retention.js';
import { commandTask, readTask } from './tasks.js';
import { Writer, type WriterEvents } from './writer.js';

export interface AuthorityParts {
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Logger;
  /** Unique to this process. */
  readonly holder: string;
  /** Where other replicas reach it. */
  readonly address: string;
  /** Default: as limits.ts says. */
  readonly retention?: RetentionPolicy;
}

/** Starts to campaign at once; health tells how far it came. */
export function createAuthority(parts: AuthorityParts): RunningAuthority {
  return new Leader(parts);
}

/** From a takeover until the fence: a fleet in memory and its writer. */
interface Term {
  readonly fleet: Fleet;
  readonly writer: Writer;
  /** Aborted when we are fenced. */
  readonly over: AbortController;
  /** Aborted when the term is over for whatever reason. */
  readonly signal: AbortSignal;
}

const NOTHING_YET: FleetView = new Fleet();

class Leader implements RunningAuthority {
  private readonly lease: LeaseKeeper;
  private readonly cell: HealthCell;
  private readonly requests = new KnownRequests();
  private readonly replays: Replays;
  private readonly listeners = new Set<(entries: readonly LogEntry[]) => void>();
  private readonly closing = new AbortController();
  private readonly done: Promise<void>;
  private term: Term | undefined;
  /** Of the last entry that listeners were given; undefined before the first load. */
  private toldRevision: number | undefined;

  constructor(private readonly parts: AuthorityParts) {
    this.lease = new LeaseKeeper(parts.inventory, parts.clock, parts.holder, parts.address);
    this.cell = new HealthCell(parts.clock);
    this.replays = new Replays(this.requests, parts.inventory, parts.clock);
    this.done = this.run();
  }

  get fleet(): FleetView {
    return this.term?.fleet ?? NOTHING_YET;
  }

  get epoch(): number {
    return this.lease.epoch;
  }

  get health(): AuthorityHealth {
    return this.cell.current;
  }

  onHealth(listener: (health: AuthorityHealth) => void): () => void {
    return this.cell.listen(listener);
  }

  onCommit(listener: (entries: readonly LogEntry[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  mayAct(): boolean {
    // Also while the database does not answer: what was committed before may still be done, as nobody else leads yet.
    return this.lease.lasts(LIMITS.leaseSendMarginMs);
  }

  execute<R>(command: Command<R>, caller: Caller): Promise<Answer<R>> {
    const decide = () => this.decide(command, caller);
    if (caller.request === undefined || caller.validateOnly === true) return decide();
    if (this.cell.current.state !== 'LEADING') return Promise.reject(this.unavailable());
    return this.replays.once(caller, caller.request, decide);
  }

  async read<R>(query: (fleet: FleetView) => R): Promise<{ readonly value: R; readonly revision: number }> {
    const { term } = this;
    // Without the database the fleet in memory is what was committed last, which is still an answer.
    if (term === undefined || this.cell.current.state === 'FAILED') throw this.unavailable();
    return new Promise((resolve, reject) => term.writer.submit(readTask(term.fleet, query, { resolve, reject })));
  }

  leading(signal?: AbortSignal): Promise<void> {
    return this.cell.becomes('LEADING', signal);
  }

  async close(): Promise<void> {
    const wasLeading = this.cell.current.state === 'LEADING';
    this.cell.set('CLOSED', 'ended as asked');
    if (wasLeading) await this.term?.writer.idle();
    this.closing.abort(new UnavailableError('the authority is closed'));
    await this.done;
    if (this.lease.epoch > 0) {
      // If it cannot be given back, it runs out by itself.
      await this.lease.release().catch(trouble);
    }
  }

  private async decide<R>(command: Command<R>, caller: Caller): Promise<Answer<R>> {
    const { term, cell } = this;
    if (term === undefined || cell.current.state !== 'LEADING') throw this.unavailable();
    const deciding = { fleet: term.fleet, requests: this.requests, clock: this.parts.clock, ids: this.parts.ids };
    return new Promise((resolve, reject) =>
      term.writer.submit(commandTask(deciding, command, caller, { resolve, reject })),
    );
  }

  private unavailable(): UnavailableError {
    const { state, reason } = this.cell.current;
    return new UnavailableError(`not leading (${state}): ${reason}`);
  }

  private async run(): Promise<void> {
    try {
      while (!this.closing.signal.aborted) {
        if (!(await this.campaign())) continue;
        const term = await this.takeOver();
        if (term !== undefined) await Promise.all([this.keepLease(term), this.keepHouse(term)]);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** One try to get the lease; waits a while if another holds it. */
  private async campaign(): Promise<boolean> {
    try {
      const { ours, lease } = await this.lease.take();
      if (ours) return true;
      this.cell.set('FOLLOWING', `${lease.holder} leads under epoch ${lease.epoch}`);
      await this.pause(Math.min(lease.remainingMs + 1, LIMITS.leaseRetryMs));
    } catch (error) {
      this.cell.set('UNAVAILABLE', trouble(error).message);
      await this.pause(LIMITS.leaseRetryMs);
    }
    return false;
  }

  /** Makes the fleet in memory what the database holds; undefined if that did not come about. */
  private async takeOver(): Promise<Term | undefined> {
    const { inventory, clock, ids } = this.parts;
    try {
      const snapshot = await inventory.load();
      await this.catchUp(snapshot.revision);
      this.requests.reload(snapshot.requests);
      const over = new AbortController();
      const signal = AbortSignal.any([over.signal, this.closing.signal]);
      const fleet = fleetOf(snapshot);
      const events = this.writerEvents(over);
      const writer = new Writer({ fleet, inventory, lease: this.lease, clock, ids, events, signal });
      const term = { fleet, writer, over, signal };
      this.term = term;
      this.toldRevision = snapshot.revision;
      this.cell.set('LEADING', '');
      return term;
    } catch (error) {
      this.cell.set('UNAVAILABLE', trouble(error).message);
      await this.pause(LIMITS.leaseRetryMs);
      return undefined;
    }
  }

  /** Listeners miss nothing of what others committed since our last term. */
  private async catchUp(toRevision: number): Promise<void> {
    while (this.toldRevision !== undefined && this.toldRevision < toRevision) {
      const entries = await this.parts.inventory.readLog(this.toldRevision, LIMITS.catchUpEntries);
      this.tell(entries.filter(({ revision }) => revision <= toRevision));
    }
  }

  /** Renews the lease until the term is over. */
  private async keepLease({ writer, over, signal }: Term): Promise<void> {
    let waitMs: number = LIMITS.leaseRenewMs;
    while (await this.pause(waitMs, signal)) {
      try {
        await this.lease.renew();
        waitMs = LIMITS.leaseRenewMs;
        if (!signal.aborted && !writer.inDoubt) this.cell.set('LEADING', '');
      } catch (error) {
        const failure = trouble(error);
        if (failure.kind === 'FENCED') this.stepDown(over, failure);
        else this.cell.set('UNAVAILABLE', failure.message);
        waitMs = LIMITS.leaseRetryMs;
      }
    }
    await writer.idle();
  }

  /** Drops what is not kept any more, every now and then until the term is over. */
  private async keepHouse({ fleet, signal }: Term): Promise<void> {
    const { inventory, clock, retention = DEFAULT_RETENTION } = this.parts;
    while (await this.pause(LIMITS.compactEveryMs, signal)) {
      const nowMs = clock.now().getTime();
      const requestsAfter = new Date(nowMs - retention.requestIdKeptMs);
      const entriesAfter = new Date(nowMs - retention.logKeptMs);
      const auditAfter = retention.auditKeptMs === 0 ? undefined : new Date(nowMs - retention.auditKeptMs);
      try {
        await inventory.compact({ entries: retention.logKeptEntries, entriesAfter, requestsAfter, auditAfter });
        this.requests.forgetBefore(requestsAfter);
        if (fleet.count('operation') > retention.endedOperationsKept) {
          await this.decide(expireOperations(retention.endedOperationsKept), {
            principal: 'virtdc',
            method: 'retention',
          });
        }
      } catch (error) {
        // Tried again at the next turn; that the database is away is told by others.
        if (!(error instanceof UnavailableError)) trouble(error);
      }
    }
  }

  private writerEvents(over: AbortController): WriterEvents {
    return {
      committed: (entries) => this.tell(entries),
      unavailable: (error) => this.cell.set('UNAVAILABLE', error.message),
      doubtChanged: () => {
        if (this.term?.writer.inDoubt === true) this.cell.set('UNAVAILABLE', 'the outcome of a commit is not known');
        else if (!over.signal.aborted) this.cell.set('LEADING', '');
      },
      fenced: (error) => this.stepDown(over, error),
      poisoned: (error) => this.parts.log.error({ err: error }, 'a decision cannot be stored'),
      failed: (error) => this.fail(error),
    };
  }

  private tell(entries: readonly LogEntry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.toldRevision = last.revision;
    for (const listener of [...this.listeners]) {
      try {
        listener(entries);
      } catch (error) {
        // What is committed stays so, and the other listeners hear of it, whatever one of them does.
        this.parts.log.error({ err: error }, 'a listener of commits threw');
      }
    }
  }

  private stepDown(over: AbortController, error: Error): void {
    this.lease.lose();
    this.cell.set('FOLLOWING', error.message);
    over.abort();
  }

  private fail(error: unknown): void {
    this.parts.log.fatal({ err: error }, 'the authority failed');
    this.lease.lose();
    this.cell.set('FAILED', error instanceof Error ? error.message : String(error));
    this.closing.abort(new UnavailableError('the authority failed', { cause: error }));
  }

  /** False if waiting has ended before. */
  private pause(ms: number, signal = this.closing.signal): Promise<boolean> {
    return this.parts.clock.sleep(ms, signal).then(
      () => true,
      () => false,
    );
  }
}

/** What may go wrong with a database; anything else is a bug, and thrown on. */
function trouble(error: unknown): InventoryError {
  if (error instanceof InventoryError && error.kind !== 'POISON' && error.kind !== 'COMPACTED') return error;
  throw error;
}

function fleetOf(snapshot: Snapshot): Fleet {
  const fleet = new Fleet();
  for (const [kind, entities] of Object.entries(snapshot.entities) as [EntityKind, Entities[EntityKind][]][]) {
    for (const entity of entities) fleet.apply(put(kind, entity));
  }
  fleet.revision = snapshot.revision;
  return fleet;
}
