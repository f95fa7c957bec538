// The contract for guests that end, and for persistent ones, on a local disk that is copied when they move.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { eventually } from '../eventually.js';
import type { Contract } from './contract.js';
import { makeDisk } from './disk.js';
import { bootIdOf, surelyFails } from './expect.js';

export function persistentContract(get: () => Contract): void {
  describe('ends and persistent guests', () => {
    it('a transient guest that powers off is gone', async () => {
      const { a, heardA, shared } = get();
      heardA.forget();
      await a.shutdown(shared.uuid);
      await heardA.hearsLifecycle(shared.uuid, 'STOPPED');
      await eventually('the domain is gone', async () => (await a.domain(shared.uuid)) === undefined);
    });

    it('a persistent one moves with its local disk and its definition, stops, starts and goes', async function () {
      const { a, b, hosts, pools, image, run, base, heardA, bootsWithinMs } = get();
      this.timeout(bootsWithinMs * 2 + 60_000);
      const volume = `local-${run}`;
      for (const host of [a, b])
        await host.uploadVolume(pools.local, base, image.format, image.sizeBytes, image.content());
      const disk = await makeDisk(a, pools.local, volume, base);
      const definition = get().guest(`p-${run}`, randomUUID(), [disk]);
      const { uuid } = definition;
      heardA.forget();
      await a.create(definition, true);
      await heardA.hearsLifecycle(uuid, 'DEFINED');
      assert.equal((await a.domain(uuid))?.persistent, true);
      await a.setAutostart(uuid, false);
      const bootId = await bootIdOf(a, uuid, bootsWithinMs);

      const options = {
        bandwidthMibPerS: 0,
        maxDowntimeMs: 500,
        autoConverge: true,
        postcopy: false,
        arrivePaused: true,
        persistent: true,
        definition,
      };
      const never = new AbortController().signal;
      await surelyFails(a.migrate(uuid, hosts[1], { ...options, copyDisks: [] }, never));
      await surelyFails(a.migrate(uuid, hosts[1], { ...options, copyDisks: ['vda'] }, never));
      await makeDisk(b, pools.local, volume, base);
      await a.migrate(uuid, hosts[1], { ...options, copyDisks: ['vda'] }, never);
      await b.resume(uuid);
      assert.equal(await a.domain(uuid), undefined);
      const moved = await b.domain(uuid);
      assert.deepEqual([moved?.state, moved?.persistent], ['RUNNING', true]);
      assert.equal(await bootIdOf(b, uuid, 30_000), bootId);
      await a.deleteVolume(pools.local, volume);

      await b.destroy(uuid);
      assert.equal((await b.domain(uuid))?.state, 'SHUTOFF');
      await b.start(uuid);
      assert.equal((await b.domain(uuid))?.state, 'RUNNING');
      await b.undefine(uuid);
      assert.equal((await b.domain(uuid))?.persistent, false);
      await b.destroy(uuid);
      assert.equal(await b.domain(uuid), undefined);
      for (const host of [a, b]) await host.deleteVolume(pools.local, base);
      await b.deleteVolume(pools.local, volume);
    });
  });
}
