// The authority of a process: follows whoever leads with a copy of its own, campaigns for the lease, leads until it is
// fenced, and follows again. The copy is the same all the time.

import type { Logger } from 'pino';
import type { FleetView } from '../fleet/fleet.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import type { Inventory, LogEntry } from '../ports/inventory.js';
import {
  type Answer,
  type AuthorityHealth,
  type Caller,
  type Commanded,
  type LeaderSeen,
  type RunningAuthority,
  UnavailableError,
} from './authority.js';
import { Copy } from './copy.js';
import { Follower } from './follower.js';
import { HealthCell } from './health.js';
import type { IdSource } from './ids.js';
import { LeaseKeeper } from './lease-keeper.js';
import { Replays } from './replays.js';
import { DEFAULT_RETENTION, type RetentionPolicy } from './retention.js';
import { commandTask, readTask } from './tasks.js';
import { Term, trouble } from './term.js';
import type { Writer } from './writer.js';

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

/** Starts to follow and to campaign at once; health tells how far it came. */
export function createAuthority(parts: AuthorityParts): RunningAuthority {
  return new Replica(parts);
}

interface Reading<R> {
  readonly value: R;
  readonly revision: number;
}

class Replica implements RunningAuthority {
  private readonly copy: Copy;
  private readonly lease: LeaseKeeper;
  private readonly cell: HealthCell;
  private readonly replays: Replays;
  private readonly follower: Follower;
  private readonly closing = new AbortController();
  private readonly done: Promise<void>;
  private term: Term | undefined;

  constructor(private readonly parts: AuthorityParts) {
    const { inventory, clock, log, holder, address, retention = DEFAULT_RETENTION } = parts;
    this.copy = new Copy(inventory, log, clock);
    this.lease = new LeaseKeeper(inventory, clock, holder, address);
    this.cell = new HealthCell(clock);
    this.replays = new Replays(this.copy.requests, inventory);
    const { copy, lease, cell, closing } = this;
    this.follower = new Follower({ inventory, clock, retention, copy, lease, cell, closing: closing.signal });
    this.done = this.run();
  }

  get fleet(): FleetView {
    return this.copy.fleet;
  }

  get revision(): number {
    return this.copy.revision;
  }

  get epoch(): number {
    return this.lease.epoch;
  }

  get leads(): boolean {
    return this.writer !== undefined;
  }

  get leader(): LeaderSeen | undefined {
    return this.lease.leader;
  }

  get health(): AuthorityHealth {
    return this.cell.current;
  }

  onHealth(listener: (health: AuthorityHealth) => void): () => void {
    return this.cell.listen(listener);
  }

  onCommit(listener: (entries: readonly LogEntry[]) => void): () => void {
    return this.copy.onCommit(listener);
  }

  onReload(listener: (revision: number) => void): () => void {
    return this.copy.onReload(listener);
  }

  mayAct(): boolean {
    // Also while the database does not answer: what was committed before may still be done, as nobody else leads yet.
    return this.lease.lasts(LIMITS.leaseSendMarginMs);
  }

  execute<R>(command: Commanded<R>, caller: Caller): Promise<Answer<R>> {
    const decide = () => this.decide(command, caller);
    if (caller.request === undefined || caller.validateOnly === true) return decide();
    if (this.cell.current.state !== 'LEADING') return Promise.reject(this.unavailable());
    return this.replays.once(caller, caller.request, decide);
  }

  async read<R>(query: (fleet: FleetView) => R): Promise<Reading<R>> {
    const { term, copy } = this;
    // Without the database the fleet in memory is what was committed last, which is still an answer.
    if (!copy.isLoaded || this.cell.current.state === 'FAILED') throw this.unavailable();
    if (term?.writer === undefined) return { value: query(copy.fleet), revision: copy.revision };
    try {
      return await readThrough(term.writer, query, copy);
    } catch (error) {
      // What it rested on was decided in a term that is over: it is read again, from what is committed.
      if (!(error instanceof UnavailableError) || !term.signal.aborted || this.closing.signal.aborted) throw error;
      await term.ended;
      return this.read(query);
    }
  }

  reached(revision: number, signal: AbortSignal): Promise<void> {
    return this.copy.reached(revision, signal);
  }

  leading(signal?: AbortSignal): Promise<void> {
    return this.cell.becomes(['LEADING'], signal);
  }

  serving(signal?: AbortSignal): Promise<void> {
    return this.cell.becomes(['LEADING', 'FOLLOWING'], signal);
  }

  async close(): Promise<void> {
    const wasLeading = this.cell.current.state === 'LEADING';
    this.cell.set('CLOSED', 'ended as asked');
    if (wasLeading) await this.writer?.idle();
    this.closing.abort(new UnavailableError('the authority is closed'));
    await this.done;
    if (this.lease.epoch > 0) {
      // If it cannot be given back, it runs out by itself.
      await this.lease.release().catch(trouble);
    }
  }

  /** While this process leads; undefined otherwise. */
  private get writer(): Writer | undefined {
    return this.term?.signal.aborted === false ? this.term.writer : undefined;
  }

  private async decide<R>(commanded: Commanded<R>, caller: Caller): Promise<Answer<R>> {
    const command = typeof commanded === 'function' ? await commanded() : commanded;
    const { writer, cell, copy } = this;
    if (writer === undefined || cell.current.state !== 'LEADING') throw this.unavailable();
    const { clock, ids } = this.parts;
    const deciding = { fleet: copy.fleet, requests: copy.requests, clock, ids };
    const answer = await new Promise<Answer<R>>((resolve, reject) =>
      writer.submit(commandTask(deciding, command, caller, { resolve, reject })),
    );
    // What is committed was decided by whoever led. A refusal commits nothing, so it counts only while the lease lasts:
    // after that another may have decided what makes it wrong.
    if (answer.accepted || this.lease.lasts(0)) return answer;
    throw new UnavailableError('the lease of this process has run out');
  }

  private unavailable(): UnavailableError {
    const { state, reason } = this.cell.current;
    return new UnavailableError(`not leading (${state}): ${reason}`);
  }

  private async run(): Promise<void> {
    const { inventory, clock, ids, log, retention = DEFAULT_RETENTION } = this.parts;
    const { copy, lease, cell, closing } = this;
    const fail = (error: unknown): void => this.fail(error);
    try {
      for (;;) {
        const lastRevision = await this.follower.untilOurs();
        if (lastRevision === undefined) return;
        const parts = { inventory, clock, ids, log, retention, copy, lease, cell, closing: closing.signal, fail };
        this.term = new Term(parts, lastRevision);
        await this.term.ended;
        this.term = undefined;
      }
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.parts.log.fatal({ err: error }, 'the authority failed');
    this.lease.lose();
    this.cell.set('FAILED', error instanceof Error ? error.message : String(error));
    this.closing.abort(new UnavailableError('the authority failed', { cause: error }));
  }
}

function readThrough<R>(writer: Writer, query: (fleet: FleetView) => R, { fleet }: Copy): Promise<Reading<R>> {
  return new Promise((resolve, reject) => writer.submit(readTask(fleet, query, { resolve, reject })));
}
