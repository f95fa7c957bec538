// Watchers of guests that lose their connection all the time and resume: each must be told every change once, in order, and
// end with what the database holds.

import type { FilterFacts } from '../../src/fleet/filter-facts.js';
import type { SeededRandom } from '../../src/hypervisor/simulated/random.js';
import type { Topic, WatchEvent } from '../../src/watch/topic.js';
import type { Watches } from '../../src/watch/watch.js';
import { WatchEnd } from '../../src/watch/watch-end.js';
import { pulled } from '../watch/pulled.js';
import type { Oracle } from './oracle.js';
import type { Process } from './process.js';
import { choose, type World } from './world.js';

/** Name of a host; empty: every guest. */
type Filter = string;

interface Line {
  readonly type: WatchEvent['type'] | 'tail';
  readonly revision: number;
  readonly vmid?: string;
  readonly end?: boolean;
}

const TOPIC: Topic<Filter> = {
  kind: 'guest',
  keyOf: (filter) => filter,
  passes: (filter: Filter, _key: string, facts: FilterFacts) => filter === '' || facts.hostname === filter,
  encodeEvent: (event) => {
    const vmid = 'entry' in event ? event.entry.key : undefined;
    return Buffer.from(`${JSON.stringify({ type: event.type, revision: event.revision, vmid })}\n`);
  },
  encodeAnswer: (events, revision, end) =>
    Buffer.concat([...events, Buffer.from(`${JSON.stringify({ type: 'tail', revision, end })}\n`)]),
};

export class Watcher {
  /** Revision of each guest that it knows. */
  private state = new Map<string, number>();
  /** Where to resume; undefined: from nothing, with the state first. */
  private cursor: number | undefined;
  private initial = false;
  /** Stays where it is, takes what it is sent, and begins nothing anew. */
  private calm = false;
  /** Index into the oracle's list of the next change to be told. */
  private next = 0;

  constructor(
    private readonly world: World,
    private readonly oracle: Oracle,
    private readonly name: string,
    private readonly filter: Filter,
    private readonly random: SeededRandom,
    private readonly signal: AbortSignal,
  ) {}

  /** From now on it only listens. */
  calmDown(): void {
    this.calm = true;
  }

  async run(): Promise<void> {
    while (!this.signal.aborted) {
      const process = choose(this.world.serving, this.random.next());
      if (process?.watches === undefined) await this.pause(300);
      else await this.watch(process, process.watches);
    }
  }

  private pause(ms: number): Promise<void> {
    return this.world.clock.sleep(ms, this.signal).catch(() => {});
  }

  private async watch(process: Process, watches: Watches): Promise<void> {
    const ending = new AbortController();
    const patience = 1 + Math.floor(this.random.next() * 40);
    const fresh = this.cursor === undefined || (this.random.next() < 0.1 && !this.calm);
    this.initial = fresh;
    const from = fresh ? 0 : (this.cursor ?? 0);
    if (fresh) {
      this.state = new Map();
      // Whoever loses the connection in the middle of the state has nothing to resume from.
      this.cursor = undefined;
    }
    if (!fresh) this.seek(from);
    this.world.tally.count('watches begun');
    const request = {
      startRevision: from,
      sendInitial: fresh,
      filter: this.filter,
      progressMs: 5_000,
    };
    const until = AbortSignal.any([ending.signal, this.signal]);
    const answers = pulled(watches, TOPIC, request, until);
    const died = process.life.died.then(() => ({ done: true, value: undefined }) as const);
    try {
      for (let taken = 0; taken < patience || this.calm; taken++) {
        const step = await this.withinHearing(Promise.race([answers.next(), died]));
        if (step === undefined || step.done === true) break;
        // Whoever gets no CPU says nothing.
        if (!process.isAwake) break;
        this.take(Buffer.from(step.value).toString());
        // A slow one finds the ring gone on without it.
        if (this.random.next() < 0.1 && !this.calm) await this.pause(this.random.between(0, 8_000));
      }
    } catch (error) {
      if (!(error instanceof WatchEnd)) {
        // The log cannot be read, or the lead is lost: asked again.
        if ((error as Error).name !== 'UnavailableError' && (error as Error).name !== 'InventoryError') throw error;
      } else this.ended(error, from, process);
    } finally {
      ending.abort();
    }
    const away = this.random.next() < 0.05 && !this.calm;
    await this.pause(away ? this.random.between(30_000, 70_000) : this.random.between(0, 3_000));
  }

  /** Whoever resumes from what is not kept any more has to begin anew, and is told so only then. */
  private ended({ kind, message }: WatchEnd, from: number, { authority }: Process): void {
    const { database, tally } = this.world;
    if (kind === 'SHUTTING_DOWN' || kind === 'UNAVAILABLE') return;
    // It may fall behind the log while it is slow to take what it is sent.
    const place = Math.max(from, this.cursor ?? 0);
    // One that follows may be cut off from what another has told already.
    if (kind === 'REVISION_FUTURE' && authority.revision < place) return;
    if (kind !== 'REVISION_COMPACTED' || place >= database.oldestRevision) {
      this.world.violate(`${this.name} is ended: ${message}`);
    }
    tally.count('watches told to relist');
    this.cursor = undefined;
  }

  /** undefined: no answer for longer than the interval of progress, so the connection is as good as lost. */
  private withinHearing<T>(answer: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const stopTimer = this.world.clock.after(12_000, () => resolve(undefined));
      answer.then(resolve, reject).finally(stopTimer);
    });
  }

  /** Takes the place after the revision. */
  private seek(revision: number): void {
    this.next = 0;
    while ((this.oracle.told[this.next]?.revision ?? Number.POSITIVE_INFINITY) <= revision) this.next++;
  }

  private take(answer: string): void {
    this.oracle.follow();
    const lines = answer
      .split('\n')
      .filter((one) => one !== '')
      .map((text) => JSON.parse(text) as Line);
    const tail = lines.at(-1);
    if (this.initial && tail?.revision === 0) {
      for (const { type, vmid = '', revision } of lines) if (type === 'upserted') this.state.set(vmid, revision);
      return;
    }
    if (this.initial && lines[0] !== undefined) this.beginAfterState(lines[0]);
    for (const line of lines) this.hear(line);
  }

  /** The first thing that is told after the initial state shows as of when that was. */
  private beginAfterState({ type, revision }: Line): void {
    const asOf = type === 'upserted' || type === 'deleted' ? revision - 1 : revision;
    this.initial = false;
    this.seek(asOf);
    const there = new Map<string, Oracle['told'][number]>();
    for (const told of this.oracle.told) if (told.revision <= asOf) there.set(told.vmid, told);
    const due = [...there.values()].filter(({ hostname }) => this.passes(hostname));
    this.compareWith(due, `as of ${asOf}`);
  }

  private passes(hostname: string | undefined): boolean {
    return hostname !== undefined && (this.filter === '' || hostname === this.filter);
  }

  private hear({ type, revision, vmid = '', end = false }: Line): void {
    const { world } = this;
    if (revision > world.database.lastRevision) world.violate(`${this.name} hears ${revision} before it is committed`);
    if (type === 'tail') {
      if (end) this.skipUpTo(revision);
      this.cursor = revision;
      return;
    }
    if (type === 'synced' || type === 'progress') {
      this.skipUpTo(revision);
      return;
    }
    this.world.tally.count('watch events');
    const due = this.nextDue();
    if (due === undefined || due.revision !== revision || due.vmid !== vmid || due.type !== type) {
      world.violate(`${this.name} hears ${type} ${vmid} at ${revision}, due is ${JSON.stringify(due)}`);
    }
    this.next++;
    if (type === 'deleted') this.state.delete(vmid);
    else this.state.set(vmid, revision);
  }

  /** Nothing that concerns it may lie before the place it was given. */
  private skipUpTo(revision: number): void {
    const due = this.nextDue();
    if (due !== undefined && due.revision <= revision) {
      this.world.violate(`${this.name} is at ${revision} and was not told of ${due.vmid} at ${due.revision}`);
    }
  }

  /** The next change that concerns it, by what it knows. */
  private nextDue(): { revision: number; vmid: string; type: 'upserted' | 'deleted' } | undefined {
    for (; this.next < this.oracle.told.length; this.next++) {
      const { revision, vmid, hostname } = this.oracle.told[this.next] as Oracle['told'][number];
      if (this.passes(hostname)) return { revision, vmid, type: 'upserted' };
      if (this.state.has(vmid)) return { revision, vmid, type: 'deleted' };
    }
    return undefined;
  }

  /** What it knows when nothing happens any more. */
  compare(): void {
    this.compareWith(this.allDue(), 'at the end');
  }

  /** Whether it has heard all there is to hear, for now. */
  get isUpToDate(): boolean {
    const due = this.allDue();
    return due.length === this.state.size && due.every(({ vmid, revision }) => this.state.get(vmid) === revision);
  }

  private allDue() {
    return [...this.oracle.fleet.all('guest')].filter(({ hostname }) => this.passes(hostname));
  }

  private compareWith(due: readonly { readonly vmid: string; readonly revision: number }[], when: string): void {
    const wanted = due.map(({ vmid, revision }) => `${vmid}@${revision}`).sort();
    const known = [...this.state].map(([vmid, revision]) => `${vmid}@${revision}`).sort();
    if (wanted.join(' ') !== known.join(' ')) {
      this.world.violate(`${this.name} ${when} knows ${known.join(' ')}, there is ${wanted.join(' ')}`);
    }
  }
}
