// D17: the last slot. Sixty-four clients at two replicas ask at once for what only a few can have, two hundred times over;
// some order of the calls, one after another, has to explain every answer.

import { linearize, roomModel } from '../linearizability.js';
import type { Drill } from './drill.js';
import { History } from './history.js';
import { simulatedHosts } from './hosts.js';
import { readBooks, wrongInBooks } from './oracles/books.js';
import { compareAll } from './oracles/final.js';
import { allEnded } from './oracles/operations.js';
import { Watcher } from './oracles/watcher.js';
import { type RoomCall, race } from './race.js';
import type { Stage } from './stage.js';

const CLIENTS = 64;
const ROUNDS_PER_MINUTE = 20;
const CPU_PER_HOST = 12;
const TOLD_EVERY = 50;

export const drill: Drill = {
  name: 'D17',
  title: 'Oversell race',
  needs: ['postgres'],
  inject: `${CLIENTS} clients at two replicas race for the last slots of two hosts: submit, scale, migrate, terminate; 200 rounds`,
  expect: 'exactly as many succeed as fit: each history is linearizable, and no host is oversold at any revision',
  plants: {
    'recounts-late': 'what is left of a host is counted anew some milliseconds after its claims changed',
    misreports: 'one client is told that there was no room, and there was',
  },
  minutes: 10,
  async run(stage) {
    const server = await stage.postgres();
    const replicas = await stage.replicas(2, {
      databaseUrl: await server.createDatabase(),
      sabotage: stage.planted('recounts-late') ? 'recounts-late' : undefined,
    });
    const hosts = simulatedHosts(() => replicas.map(({ dataDir }) => dataDir), { hosts: 2, cpu: CPU_PER_HOST });
    const clients = Array.from({ length: CLIENTS }, (_, index) =>
      stage.client(replicas[index % replicas.length]?.address ?? ''),
    );
    const client = stage.client(replicas[0]?.address ?? '');
    await hosts.furnish(client);
    const watcher = new Watcher(stage, replicas[1]?.address ?? '');
    const history = new History(stage.file('history.jsonl'));
    stage.later(() => history.close());

    const rounds = Math.max(1, Math.round((stage.loadMs / 60_000) * ROUNDS_PER_MINUTE));
    const tally = new Tally();
    for (let round = 1; round <= rounds; round++) {
      await allEnded(client);
      const books = await readBooks(client);
      const calls = await race({ clients, hosts, history, random: stage.random }, round, books);
      if (stage.planted('misreports')) misreport(calls);
      const free = new Map(books.hosts.map(({ hostname, availCpu }) => [hostname, availCpu]));
      tally.judge(round, free, calls);
      tally.books.push(...wrongInBooks(await readBooks(client)).map((wrong) => `round ${round}: ${wrong}`));
      if (round % TOLD_EVERY === 0) stage.seen(`${round} rounds: ${tally.sentence()}`);
    }
    tally.tell(stage, rounds);
    await compareAll(stage, { client, hosts, watcher });
  },
};

class Tally {
  private accepted = 0;
  private refused = 0;
  private given = 0;
  private readonly wrong: string[] = [];
  readonly books: string[] = [];

  judge(round: number, free: ReadonlyMap<string, number>, calls: readonly RoomCall[]): void {
    for (const { input, output } of calls) {
      if (input.act === 'give') this.given++;
      else if (output === 'ACCEPTED') this.accepted++;
      else this.refused++;
    }
    for (const [hostname, room] of free) {
      const found = linearize(
        roomModel(room),
        calls.filter((call) => call.hostname === hostname),
      );
      if (found.verdict === 'LINEARIZABLE') continue;
      const stuck = found.verdict === 'UNDECIDED' ? '' : `, stuck after ${found.longest.length} calls`;
      this.wrong.push(`round ${round}, ${hostname} with ${room} vCPUs free: ${found.verdict}${stuck}`);
    }
  }

  sentence(): string {
    return `${this.accepted} had room, ${this.refused} times there was none, ${this.given} gave theirs back`;
  }

  tell(stage: Stage, rounds: number): void {
    const raced = this.accepted > 0 && this.refused > 0 && this.given > 0;
    stage.check('there was a race', raced, `${rounds} rounds: ${this.sentence()}`);
    stage.check('each history is linearizable', this.wrong.length === 0, this.wrong[0] ?? `${2 * rounds} histories`);
    stage.check('C: after each round the sums are right', this.books.length === 0, this.books[0] ?? `${rounds} times`);
  }
}

/** The first one that was accepted is told that it was not. */
function misreport(calls: RoomCall[]): void {
  const index = calls.findIndex(({ input, output }) => input.act === 'take' && output === 'ACCEPTED');
  const call = calls[index];
  if (call !== undefined) calls[index] = { ...call, output: 'NO_ROOM' };
}
