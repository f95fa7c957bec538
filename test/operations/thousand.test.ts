// The original's first defect as a test: it charged one figure and refunded another. A thousand submits, scalings, migrations
// and terminations at random, by many callers at once, through the real executor: every claim is given back as it was made.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import { VirtdcError } from '../../src/client/error.js';
import { SeededRandom } from '../../src/hypervisor/simulated/random.js';
import { GIB, MIB, World } from '../rpc/service.js';

const HOSTS = ['node1', 'node2', 'node3', 'node4'];
const CALLERS = 24;
const DEEDS = 1_000;
/** A guest that cannot give the memory it uses fails to shrink, and is left as it was. No room is an answer; so is a size that the guest cannot have. */
const REFUSALS: ReadonlySet<string> = new Set(['NO_HOST_FITS', 'HOST_DOES_NOT_FIT', 'INVALID_FIELDS']);

type Deed = (requestId: string) => Promise<{ operation?: Operation | undefined }>;

/** On a busy machine the lease may lapse, and nobody decides for a moment: the same request is made again. */
async function repeated<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof VirtdcError && error.isTransient)) throw error;
      await sleep(20);
    }
  }
}

describe('a thousand deeds', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => {
    const durations = { startMs: 5, bootMs: 20, shutdownMs: 5, rebootMs: 5, hotplugMs: 5, switchoverMs: 5 };
    world = await World.start({ times: 10, durations });
    await world.ready(HOSTS, { cpu: 24, memoryKib: 48 * GIB });
  });
  after(() => world.end());

  it('leave every host as free as it was, and oversell none on the way', async () => {
    const random = new SeededRandom(7);
    const below = (bound: number): number => Math.floor(random.next() * bound);
    const counts = new Map<string, number>();
    let left = DEEDS;
    const { placement, scaling, migration } = world.client;

    function choose(vmid: string, exists: boolean): [string, Deed] {
      if (!exists) {
        const memoryKib = (1 + below(8)) * 512 * MIB;
        const cpu = 1 + below(6);
        const size = {
          cpu,
          maxCpu: cpu + below(4),
          memoryKib: BigInt(memoryKib),
          maxMemoryKib: BigInt(memoryKib + below(4) * GIB),
        };
        return ['submit', (requestId) => placement.submitGuest(world.submission(vmid, { ...size, requestId }))];
      }
      const onNoRoom = below(2) === 0 ? 'ON_NO_ROOM_MIGRATE_SELF' : 'ON_NO_ROOM_REFUSE';
      const cpu = 1 + below(8);
      const memoryKib = BigInt((1 + below(12)) * 512 * MIB);
      const deeds: [string, Deed][] = [
        ['terminate', (requestId) => placement.terminateGuest({ vmid, requestId })],
        ['migrate', (requestId) => migration.migrateGuest({ vmid, requestId })],
        ['scale cpu', (requestId) => scaling.scaleCpu({ vmid, cpu, onNoRoom, requestId })],
        ['scale memory', (requestId) => scaling.scaleMemory({ vmid, memoryKib, onNoRoom, requestId })],
      ];
      return deeds[below(deeds.length)] as [string, Deed];
    }

    async function caller(vmid: string): Promise<void> {
      let exists = false;
      while (left-- > 0) {
        const requestId = `deed-${left}`;
        const [name, deed] = choose(vmid, exists);
        try {
          const { operation } = await repeated(() => deed(requestId));
          const { state, error } = await world.ended(operation);
          if (state !== 'OPERATION_STATE_SUCCEEDED') {
            assert.equal(error?.reason, 'NOT_SEEN_IN_GUEST', `${name}: ${error?.message}`);
            counts.set('failed', (counts.get('failed') ?? 0) + 1);
            continue;
          }
          if (name === 'submit' || name === 'terminate') exists = name === 'submit';
          counts.set(name, (counts.get(name) ?? 0) + 1);
        } catch (error) {
          if (!(error instanceof VirtdcError && REFUSALS.has(error.reason))) throw error;
          counts.set('refused', (counts.get('refused') ?? 0) + 1);
        }
      }
      if (exists) await world.terminate(vmid);
    }

    const over = new AbortController();
    const oversold: string[] = [];
    const watching = (async () => {
      for await (const { events } of world.client.hosts.watchHosts({ sendInitial: true }, { signal: over.signal })) {
        for (const { event } of events) {
          if (event?.$case !== 'upserted') continue;
          const { hostname, availCpu, availMemoryKib, availIoKib } = event.value;
          if (availCpu < 0 || availMemoryKib < 0n || availIoKib < 0n)
            oversold.push(`${hostname} ${availCpu} ${availMemoryKib} ${availIoKib}`);
        }
      }
    })().catch((error: unknown) => assert.ok(over.signal.aborted, String(error)));
    await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(`g${index}`)));
    over.abort();
    await watching;

    assert.deepEqual(oversold, []);
    for (const name of ['submit', 'terminate', 'migrate', 'scale cpu', 'scale memory', 'refused']) {
      assert.ok((counts.get(name) ?? 0) > 10, `${name}: ${JSON.stringify([...counts])}`);
    }
    await world.allFree();
    await world.auditClean();
    for (const host of HOSTS) assert.deepEqual(world.domainsOn(host), []);
    assert.equal(world.datacenter.sharedPools.get('shared')?.volumes.size, 0);
  });
});
