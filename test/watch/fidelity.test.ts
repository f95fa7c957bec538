// Watchers that come and go as they like while the service is stopped and started again: each is told every change once and
// in order, by the word of the log. The drill of the same kind is longer, and kills real processes.

import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { SeededRandom } from '../../src/hypervisor/simulated/random.js';
import { type PlainClient, plainClient } from '../drills/client.js';
import { ErraticWatcher } from '../drills/erratic-watcher.js';
import {
  Expected,
  type Filter,
  judge,
  type LoggedChange,
  newFindings,
  replay,
  textOf,
} from '../drills/oracles/fidelity.js';
import { World } from '../rpc/service.js';

const WATCHERS = 20;
const RESTARTS = 3;
const EVENTS = 3_000;
const ALL: Filter = { hostnames: [], states: [], labels: {} };

const filterOf = (index: number): Filter =>
  index % 3 === 0 ? ALL : index % 3 === 1 ? { ...ALL, labels: { part: '1' } } : { ...ALL, states: ['RUNNING'] };

describe('watches over restarts', function () {
  this.timeout(90_000);
  let world: World;
  afterEach(() => world.end());

  it(`tell ${WATCHERS} watchers ${EVENTS} events without a gap, a repetition, or one out of order`, async () => {
    // So small a ring makes them read the log, too.
    world = await World.start({ watchLimits: { maxEntries: 50 } });
    await world.ready(['node1', 'node2']);
    for (const vmid of ['one', 'two', 'three', 'four']) await world.submit(vmid, { labels: { part: '1' } });
    const clients: PlainClient[] = [plainClient(world.address)];
    const leaving = new AbortController();
    setMaxListeners(0, leaving.signal);
    const random = new SeededRandom(3);
    const watchers = Array.from({ length: WATCHERS }, (_, index) => {
      return new ErraticWatcher(filterOf(index), clients, { random });
    });
    const running = watchers.map((watcher) => watcher.run(leaving.signal));
    const told = (): number => watchers.reduce((sum, { events }) => sum + events, 0);
    for (let restarts = 0; restarts <= RESTARTS; restarts++) {
      while (told() < (EVENTS * (restarts + 1)) / (RESTARTS + 1)) {
        const part = String(Math.floor(random.next() * 2));
        await world.client.guests.updateGuest({ vmid: random.next() < 0.5 ? 'one' : 'two', setLabels: { part } });
      }
      if (restarts === RESTARTS) break;
      await world.restart();
      clients.splice(0, 1, plainClient(world.address))[0]?.close();
    }
    const last = Number(await world.revision());
    leaving.abort();
    await Promise.all(running);
    const late = AbortSignal.timeout(30_000);
    await Promise.all(watchers.map((watcher) => watcher.catchUp(last, late)));
    for (const client of clients) client.close();
    const changes = await logOf(world);
    const findings = newFindings();
    for (const [index, { sessions, wrong, place = 0 }] of watchers.entries()) {
      const expected = new Expected(changes, filterOf(index));
      for (const session of sessions) judge(`watcher ${index}`, expected, session, findings);
      assert.equal(
        textOf(replay(sessions)),
        textOf(expected.stateAt(place)),
        `what watcher ${index} knows at ${place}`,
      );
      assert.deepEqual(wrong, []);
      assert.ok(place >= last);
    }
    const { events, ...wrong } = findings;
    assert.deepEqual(wrong, { gaps: [], duplicates: [], reorderings: [], others: [] });
    assert.ok(events >= EVENTS);
  });
});

async function logOf(world: World): Promise<LoggedChange[]> {
  const entries = await world.database.connect().readLog(0, 1_000_000);
  return entries.flatMap((entry): LoggedChange[] =>
    entry.kind === 'guest' ? [{ revision: entry.revision, vmid: entry.key, facts: entry.after }] : [],
  );
}
