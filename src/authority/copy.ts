// This process's copy of what is committed: the fleet in memory, the request ids, and how far the log has been told to
// whoever follows it. Loaded once, then kept by the log, whoever leads; whoever leads decides on it.

import type { Logger } from 'pino';
import { type Entities, type EntityKind, put } from '../fleet/change.js';
import { Fleet } from '../fleet/fleet.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import { type Inventory, InventoryError, type LogEntry, type Snapshot } from '../ports/inventory.js';
import { KnownRequests } from './known-requests.js';

type Listener<T> = (told: T) => void;

export class Copy {
  readonly requests: KnownRequests;
  /** With everything decided; on top of what is committed only while this process leads. */
  fleet = new Fleet();
  private loaded = false;
  private committedRevision = 0;
  /** Request ids committed before this revision are known. */
  private requestsFrom = 0;
  private readonly commits = new Set<Listener<readonly LogEntry[]>>();
  private readonly reloads = new Set<Listener<number>>();
  private readonly waiting = new Map<() => void, number>();

  constructor(
    private readonly inventory: Inventory,
    private readonly log: Logger,
    clock: Clock,
  ) {
    this.requests = new KnownRequests(clock);
  }

  get isLoaded(): boolean {
    return this.loaded;
  }

  /** Of the last committed change that it has. */
  get revision(): number {
    return this.committedRevision;
  }

  /** Told of committed entries, in order and without a gap but for reloads. */
  onCommit(listener: Listener<readonly LogEntry[]>): () => void {
    this.commits.add(listener);
    return () => this.commits.delete(listener);
  }

  /** Told the revision as of which everything was loaded anew, as the log did not reach back to where the copy was. */
  onReload(listener: Listener<number>): () => void {
    this.reloads.add(listener);
    return () => this.reloads.delete(listener);
  }

  /** Resolves once it has the revision; rejects with the signal's reason. */
  async reached(revision: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.committedRevision >= revision) return;
    await new Promise<void>((resolve, reject) => {
      const arrive = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const abort = (): void => {
        this.waiting.delete(arrive);
        reject(signal.reason as Error);
      };
      this.waiting.set(arrive, revision);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Everything, as of now. */
  async load(): Promise<void> {
    const snapshot = await this.inventory.load();
    this.requests.reload(snapshot.requests);
    this.requestsFrom = snapshot.revision;
    this.fleet = fleetOf(snapshot);
    const again = this.loaded;
    this.loaded = true;
    if (again) for (const listener of [...this.reloads]) this.give(listener, snapshot.revision);
    this.reach(snapshot.revision);
  }

  /** Takes what the log has up to the revision at least, or loads everything anew where it does not reach back to here. */
  async catchUp(toRevision: number): Promise<void> {
    while (this.committedRevision < toRevision) {
      let entries: readonly LogEntry[];
      try {
        entries = await this.inventory.readLog(this.committedRevision, LIMITS.catchUpEntries);
      } catch (error) {
        if (!(error instanceof InventoryError && error.kind === 'COMPACTED')) throw error;
        await this.load();
        continue;
      }
      for (const entry of entries) this.fleet.apply(entry);
      const last = entries.at(-1)?.revision;
      if (last === undefined) return;
      this.fleet.revision = last;
      this.tell(entries);
    }
  }

  /** Learns the request ids that others have answered. */
  async learnRequests(): Promise<void> {
    const { committedRevision } = this;
    this.requests.learn(await this.inventory.readRequests(this.requestsFrom));
    this.requestsFrom = committedRevision;
  }

  /** What this process has committed itself: the fleet has it already, and so have the request ids. */
  committed(entries: readonly LogEntry[]): void {
    this.tell(entries);
    this.requestsFrom = this.committedRevision;
  }

  private tell(entries: readonly LogEntry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    for (const listener of [...this.commits]) this.give(listener, entries);
    this.reach(last.revision);
  }

  private give<T>(listener: Listener<T>, told: T): void {
    try {
      listener(told);
    } catch (error) {
      // What is committed stays so, and the other listeners hear of it, whatever one of them does.
      this.log.error({ err: error }, 'a listener of commits threw');
    }
  }

  private reach(revision: number): void {
    this.committedRevision = revision;
    for (const [arrive, wanted] of this.waiting) {
      if (wanted > revision) continue;
      this.waiting.delete(arrive);
      arrive();
    }
  }
}

function fleetOf(snapshot: Snapshot): Fleet {
  const fleet = new Fleet();
  for (const [kind, entities] of Object.entries(snapshot.entities) as [EntityKind, Entities[EntityKind][]][]) {
    for (const entity of entities) fleet.apply(put(kind, entity));
  }
  fleet.revision = snapshot.revision;
  return fleet;
}
