// D19: two hundred watchers come, go and resume at two replicas, of which the one that leads is killed, stopped or frozen
// fifty times, while the log is compacted. Each must be told every change once and in order, by the log's own word.

import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { VirtdcError } from '../../src/client/error.js';
import { eventually } from '../eventually.js';
import type { PlainClient } from './client.js';
import type { Drill } from './drill.js';
import { ErraticWatcher, type Habits } from './erratic-watcher.js';
import { simulatedHosts } from './hosts.js';
import {
  Expected,
  type Filter,
  type Findings,
  judge,
  type LoggedChange,
  newFindings,
  replay,
  textOf,
} from './oracles/fidelity.js';
import type { Replica } from './replica.js';
import type { Stage } from './stage.js';

const WATCHERS = 200;
const WHOLE = { failovers: 50, events: 1_000_000 };
/** A bug shows soon. */
const SHORT = { failovers: 4, events: 60_000 };
const GUESTS = 40;
const PARTS = 10;
const LANES = 16;
const CLIENTS_PER_REPLICA = 4;
const KEPT_REVISIONS = 1_000;
const TAKEN_OVER_WITHIN_MS = 60_000;
const CALL_MS = 5_000;
const CALM_MS = 200;
const PLANTS = {
  'watch-forgets': 'one change in a thousand never gets into the ring',
  'watch-repeats': 'whoever resumes from the log is told the last change again',
  'watch-reorders': 'two changes of one commit are told the wrong way round',
};

const FAULTS = ['kill -9', 'SIGTERM', 'freeze'] as const;

export const drill: Drill = {
  name: 'D19',
  title: 'Watch fidelity',
  needs: ['postgres'],
  inject: `${WATCHERS} watchers cancel and resume at random at two replicas, ${WHOLE.failovers} failovers, the log compacted to ${KEPT_REVISIONS} revisions all the time, resumption from the future, from what is compacted, and from -1`,
  expect: `0 gaps, 0 duplicates, 0 reorderings in ${WHOLE.events.toLocaleString('en')} events; OUT_OF_RANGE with REVISION_COMPACTED and the oldest revision kept`,
  plants: PLANTS,
  async run(stage) {
    const plant = Object.keys(PLANTS).find((name) => stage.planted(name));
    const scene = await Scene.set(stage, plant);
    await scene.play();
    await scene.compare();
  },
};

/** One third is told everything, the others what passes a filter. */
function filterOf(index: number): Filter {
  const everything = { hostnames: [], states: [], labels: {} };
  if (index % 3 === 0) return everything;
  if (index % 3 === 1) return { ...everything, labels: { part: String(index % PARTS) } };
  return index % 2 === 0 ? { ...everything, hostnames: ['node1'] } : { ...everything, states: ['RUNNING'] };
}

class Scene {
  private readonly watchers: ErraticWatcher[] = [];
  private readonly leaving = new AbortController();
  private readonly publishing = new AbortController();
  private failovers = 0;
  private published = 0;
  private compactions = 0;
  private readonly since = performance.now();

  private constructor(
    private readonly stage: Stage,
    private readonly sql: postgres.Sql,
    private readonly replicas: readonly Replica[],
    /** One of each replica. */
    private readonly clients: readonly PlainClient[],
    /** As many of each as the watchers need: a connection takes a hundred streams. */
    private readonly watching: readonly PlainClient[],
    private readonly length: typeof WHOLE,
  ) {}

  static async set(stage: Stage, plant: string | undefined): Promise<Scene> {
    const databaseUrl = await (await stage.postgres()).createDatabase();
    const hosts = simulatedHosts(() => []);
    const options = {
      environment: {
        ...hosts.environment,
        VIRTDC_RETENTION_LOG_ENTRIES: String(KEPT_REVISIONS),
        VIRTDC_LOG_LEVEL: 'warn',
      },
      databaseUrl,
      ...(plant !== undefined && { sabotage: plant }),
    };
    const replicas = [await stage.replica('one', options), await stage.replica('two', options)];
    const clients = replicas.map(({ address }) => stage.client(address));
    const sql = postgres(databaseUrl, { max: 2, onnotice: () => undefined });
    stage.later(() => sql.end());
    const [first, second] = replicas as [Replica, Replica];
    const [client] = clients as [PlainClient];
    await first.start();
    await keepTheLog(sql);
    await hosts.furnish(client);
    for (let guest = 0; guest < GUESTS; guest++) {
      await client.placement.submitGuest(
        hosts.submission(`guest${guest}`, { labels: { part: String(guest % PARTS) } }),
      );
    }
    await second.start();
    const watching = Array.from({ length: 2 * CLIENTS_PER_REPLICA }, (_, index) =>
      stage.client((index % 2 === 0 ? first : second).address),
    );
    return new Scene(stage, sql, replicas, clients, watching, plant === undefined ? WHOLE : SHORT);
  }

  async play(): Promise<void> {
    const { stage, leaving, publishing } = this;
    setMaxListeners(0, leaving.signal, publishing.signal);
    const habits: Habits = { random: stage.random };
    const running = Array.from({ length: WATCHERS }, (_, index) => {
      const watcher = new ErraticWatcher(filterOf(index), this.watching, habits);
      this.watchers.push(watcher);
      return watcher.run(leaving.signal);
    });
    const lanes = Array.from({ length: LANES }, () => this.publish(publishing.signal));
    lanes.push(this.compact(publishing.signal));
    try {
      while (this.failovers < this.length.failovers) {
        await this.toldAtLeast(this.eventsPerFailover * this.failovers);
        await this.failOver(FAULTS[Math.floor(stage.random.next() * 2.3)] ?? 'kill -9');
        if (this.failovers % 10 === 0) this.tell();
      }
      await this.toldAtLeast(this.length.events);
      await this.probe();
    } finally {
      publishing.abort();
      await Promise.all(lanes);
      leaving.abort();
      await Promise.all(running);
    }
  }

  async compare(): Promise<void> {
    const { sql } = this;
    const [row] = await sql`select last_revision from lease`;
    const last = Number(row?.last_revision);
    const late = AbortSignal.timeout(TAKEN_OVER_WITHIN_MS);
    await Promise.all(this.watchers.map((watcher) => watcher.catchUp(last, late)));
    const changes = await logOf(sql);
    const findings = newFindings();
    const unlike: string[] = [];
    const known = new Map<string, Expected>();
    for (const [index, { sessions, place }] of this.watchers.entries()) {
      const filter = filterOf(index);
      const key = JSON.stringify(filter);
      const expected = known.get(key) ?? new Expected(changes, filter);
      known.set(key, expected);
      for (const session of sessions) judge(`watcher ${index}`, expected, session, findings);
      const [due, knows] = [textOf(expected.stateAt(place ?? 0)), textOf(replay(sessions))];
      if (place === undefined || place < last || due !== knows)
        unlike.push(`watcher ${index} at ${place}: ${knows}, not ${due}`);
    }
    this.tell();
    this.verdict(findings, unlike);
  }

  private verdict(findings: Findings, unlike: readonly string[]): void {
    const { stage, watchers } = this;
    const none = (what: string, found: readonly string[]): void =>
      stage.check(
        `0 ${what}`,
        found.length === 0,
        found.length === 0 ? '0' : `${found.length}: ${found.slice(0, 3).join('; ')}`,
      );
    const wrong = watchers.flatMap((watcher) => watcher.wrong);
    stage.check(
      `${this.length.events.toLocaleString('en')} events over ${this.length.failovers} failovers`,
      findings.events >= this.length.events && this.failovers >= this.length.failovers,
      `${findings.events.toLocaleString('en')} over ${this.failovers}`,
    );
    none('gaps', findings.gaps);
    none('duplicates', findings.duplicates);
    none('reorderings', findings.reorderings);
    none('events or states that the log does not have', findings.others);
    none('watchers that do not end with the last list', unlike);
    none('answers that there must not be', wrong);
    const compacted = watchers.reduce((sum, watcher) => sum + watcher.compacted, 0);
    stage.check('some found the log compacted, and began anew', compacted > 0, String(compacted));
  }

  private tell(): void {
    const resumed = this.watchers.reduce((sum, watcher) => sum + watcher.resumed, 0);
    const s = Math.round((performance.now() - this.since) / 1_000);
    this.stage.seen(
      `${this.told.toLocaleString('en')} events of ${this.published.toLocaleString('en')} changes, ${resumed.toLocaleString('en')} calls, ${this.failovers} failovers, ${this.compactions} compactions in ${s} s`,
    );
  }

  private get eventsPerFailover(): number {
    return this.length.events / this.length.failovers;
  }

  private get told(): number {
    return this.watchers.reduce((sum, { events }) => sum + events, 0);
  }

  private async toldAtLeast(events: number): Promise<void> {
    await eventually(`${events} events are told`, () => this.told >= events, {
      withinMs: 2 * TAKEN_OVER_WITHIN_MS,
      everyMs: 20,
    });
  }

  /** Changes whatever guest, at whichever replica takes it. */
  private async publish(signal: AbortSignal): Promise<void> {
    let at = 0;
    while (!signal.aborted) {
      const { random } = this.stage;
      const vmid = `guest${Math.floor(random.next() * GUESTS)}`;
      const setLabels = { part: String(Math.floor(random.next() * PARTS)), change: String(this.published) };
      try {
        const client = this.clients[at % this.clients.length] as PlainClient;
        await client.guests.updateGuest({ vmid, setLabels }, { signal: AbortSignal.timeout(CALL_MS) });
        this.published++;
        // Enough for now: the failovers are to have something left to happen under.
        if (this.told > this.eventsPerFailover * (this.failovers + 1)) await sleep(CALM_MS, undefined, { signal });
      } catch {
        // What became of it the log knows.
        at++;
        await sleep(50);
      }
    }
  }

  /** As the service does now and then, but all the time. */
  private async compact(signal: AbortSignal): Promise<void> {
    for (; !signal.aborted; this.compactions++) {
      await this.sql`delete from change_log where revision <= (select last_revision from lease) - ${KEPT_REVISIONS}`;
      await sleep(1_000);
    }
  }

  private async leader(): Promise<Replica | undefined> {
    const [lease] = await this.sql`select holder from lease where expires_at > clock_timestamp()`;
    return this.replicas.find(({ pid }) => pid === Number(String(lease?.holder).split('/')[1]));
  }

  private async failOver(fault: (typeof FAULTS)[number]): Promise<void> {
    await eventually('one leads', async () => (await this.leader()) !== undefined, {
      withinMs: TAKEN_OVER_WITHIN_MS,
    });
    const victim = await this.leader();
    if (victim === undefined) return;
    this.stage.inject(
      `${this.failovers + 1}: ${fault} of ${victim.name}, ${this.told.toLocaleString('en')} events told`,
    );
    if (fault === 'freeze') victim.freeze();
    else if (fault === 'kill -9') await victim.kill();
    else await victim.stop();
    const another = async (): Promise<boolean> => ![undefined, victim].includes(await this.leader());
    await eventually('another leads', another, { withinMs: TAKEN_OVER_WITHIN_MS, everyMs: 50 });
    if (fault === 'freeze') victim.thaw();
    else await victim.start();
    this.failovers++;
  }

  /** From the future, from what is compacted, from before the beginning. */
  private async probe(): Promise<void> {
    const { stage } = this;
    const told = async (startRevision: bigint): Promise<VirtdcError | undefined> => {
      for (const client of this.clients) {
        try {
          for await (const answer of client.guests.watchGuests({ startRevision })) void answer;
        } catch (error) {
          if (!(error instanceof VirtdcError)) throw error;
          if (error.codeName !== 'UNAVAILABLE') return error;
        }
      }
      return undefined;
    };
    const said = (error: VirtdcError | undefined): string =>
      `${error?.codeName} ${error?.reason} ${JSON.stringify(error?.metadata)}`;
    const compacted = await told(1n);
    stage.check(
      'from what is compacted: OUT_OF_RANGE, with the oldest revision kept',
      compacted?.reason === 'REVISION_COMPACTED' &&
        compacted.codeName === 'OUT_OF_RANGE' &&
        Number(compacted.metadata.oldest_revision) > 1,
      said(compacted),
    );
    const future = await told(2n ** 40n);
    stage.check(
      'from the future: OUT_OF_RANGE',
      future?.reason === 'REVISION_FUTURE' && future.codeName === 'OUT_OF_RANGE',
      said(future),
    );
    const negative = await told(-1n);
    stage.check('from -1: INVALID_ARGUMENT', negative?.codeName === 'INVALID_ARGUMENT', said(negative));
  }
}

/** A copy of the log that nothing compacts, made by the database itself in the very commit. */
async function keepTheLog(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`
    create table kept_log as select revision, kind, key, after from change_log;
    create function keep_log() returns trigger language plpgsql as $$
      begin insert into kept_log values (new.revision, new.kind, new.key, new.after); return null; end $$;
    create trigger keep_log after insert on change_log for each row execute function keep_log();`);
}

async function logOf(sql: postgres.Sql): Promise<LoggedChange[]> {
  const rows = await sql`
    select revision, key, after ->> 'hostname' as hostname, after ->> 'state' as state, after -> 'labels' as labels
    from kept_log where kind = 'guest' order by revision`;
  return rows.map(({ revision, key, hostname, state, labels }) => ({
    revision: Number(revision),
    vmid: String(key),
    facts:
      state === null
        ? undefined
        : { hostname: String(hostname), state: String(state), labels: labels as Record<string, string> },
  }));
}
