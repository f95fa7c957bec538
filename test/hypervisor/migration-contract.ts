// The contract for live migrations: progress, abort, going on without the caller, paused arrival.

import assert from 'node:assert/strict';
import type { HostDriver, MigrateOptions } from '../../src/ports/hypervisor.js';
import { eventually } from '../eventually.js';
import type { Contract } from './contract.js';
import { bootIdOf, failsAs, surelyFails } from './expect.js';

const OPTIONS: MigrateOptions = {
  bandwidthMibPerS: 0,
  maxDowntimeMs: 500,
  autoConverge: true,
  postcopy: false,
  arrivePaused: false,
  copyDisks: [],
  persistent: false,
  definition: undefined,
};

function never(): AbortSignal {
  return new AbortController().signal;
}

/** Waits until the job has moved something. */
async function underWay(host: HostDriver, uuid: string): Promise<void> {
  await eventually('the migration moves memory', async () => {
    const progress = await host.migrationProgress(uuid);
    return progress?.bytesProcessed !== undefined && progress.bytesProcessed > 0;
  });
}

export function migrationContract(get: () => Contract): void {
  describe('migrations', () => {
    it('are refused to the same host, and while there is no job there is nothing to abort', async () => {
      const { a, hosts, shared } = get();
      await surelyFails(a.migrate(shared.uuid, hosts[0], OPTIONS, never()));
      await surelyFails(a.abortJob(shared.uuid));
      assert.equal(await a.migrationProgress(shared.uuid), undefined);
      assert.equal((await a.domain(shared.uuid))?.state, 'RUNNING');
    });

    it('exclude post-copy with a paused arrival', async () => {
      const { a, hosts, shared } = get();
      await surelyFails(a.migrate(shared.uuid, hosts[1], { ...OPTIONS, postcopy: true, arrivePaused: true }, never()));
      assert.equal((await a.domain(shared.uuid))?.state, 'RUNNING');
    });

    it('when aborted in flight leave the guest running where it was', async () => {
      const { a, b, hosts, shared, slowMibPerS } = get();
      const bootId = await a.bootId(shared.uuid);
      const options = { ...OPTIONS, bandwidthMibPerS: slowMibPerS };
      const migrated = failsAs('JOB_ABORTED', a.migrate(shared.uuid, hosts[1], options, never()));
      await underWay(a, shared.uuid);
      assert.equal((await a.domain(shared.uuid))?.migratingOut, true);
      assert.equal((await b.domain(shared.uuid))?.state, 'PAUSED');
      await a.abortJob(shared.uuid);
      await migrated;
      assert.equal((await a.domain(shared.uuid))?.state, 'RUNNING');
      await eventually('the copy is gone', async () => (await b.domain(shared.uuid)) === undefined);
      assert.equal(await bootIdOf(a, shared.uuid, 15_000), bootId);
    });

    it('go on when nobody waits for them any more', async function () {
      this.timeout(90_000);
      const { a, b, hosts, heardA, heardB, shared, slowMibPerS } = get();
      const bootId = await a.bootId(shared.uuid);
      heardA.forget();
      heardB.forget();
      const waiting = new AbortController();
      const options = { ...OPTIONS, bandwidthMibPerS: slowMibPerS * 2 };
      const migrated = failsAs('UNKNOWN_OUTCOME', a.migrate(shared.uuid, hosts[1], options, waiting.signal));
      await underWay(a, shared.uuid);
      waiting.abort();
      await migrated;
      await eventually('the guest has arrived', async () => (await b.domain(shared.uuid))?.state === 'RUNNING', {
        withinMs: 60_000,
      });
      await eventually('the source is gone', async () => (await a.domain(shared.uuid)) === undefined);
      await heardA.hears('JOB_COMPLETED', (event) => event.type === 'JOB_COMPLETED' && event.uuid === shared.uuid);
      await heardA.hearsLifecycle(shared.uuid, 'STOPPED');
      await heardB.hearsLifecycle(shared.uuid, 'RESUMED');
      assert.equal(await bootIdOf(b, shared.uuid, 30_000), bootId);
      assert.deepEqual(await b.domainMark(shared.uuid), shared.mark);
      assert.equal((await b.domain(shared.uuid))?.currentCpu, 3);
    });

    it('leave the guest paused at its target when asked to', async () => {
      const { a, b, hosts, shared } = get();
      const bootId = await bootIdOf(b, shared.uuid, 30_000);
      await b.migrate(shared.uuid, hosts[0], { ...OPTIONS, arrivePaused: true }, never());
      assert.equal(await b.domain(shared.uuid), undefined);
      assert.equal((await a.domain(shared.uuid))?.state, 'PAUSED');
      await a.resume(shared.uuid);
      assert.equal((await a.domain(shared.uuid))?.state, 'RUNNING');
      assert.equal(await bootIdOf(a, shared.uuid, 30_000), bootId);
      const completed = await a.completedMigration(shared.uuid);
      if (completed !== undefined) assert.ok((completed.bytesProcessed ?? 0) > 0);
    });
  });
}
