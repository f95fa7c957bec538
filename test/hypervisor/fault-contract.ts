// The contract for hosts that do not answer: a call that was sent and timed out is unknown, and may still happen.

import assert from 'node:assert/strict';
import { eventually } from '../eventually.js';
import type { Contract } from './contract.js';
import { bootIdOf, failsAs } from './expect.js';

const IMPATIENT = { deadlineMs: 1_500 };

export function faultContract(get: () => Contract): void {
  describe('faults', () => {
    it('a call to a frozen host is unknown, and takes effect when it thaws', async () => {
      const { a, b, hosts, shared } = get();
      await a.domains();
      await get().freeze(hosts[0]);
      try {
        await failsAs('UNKNOWN_OUTCOME', a.domains(IMPATIENT));
        await failsAs('UNKNOWN_OUTCOME', a.suspend(shared.uuid, IMPATIENT));
        await b.domains(IMPATIENT);
      } finally {
        await get().thaw(hosts[0]);
      }
      await eventually('the suspend has happened', async () => (await a.domain(shared.uuid))?.state === 'PAUSED');
      await a.barrier();
      await a.resume(shared.uuid);
      assert.equal((await a.domain(shared.uuid))?.state, 'RUNNING');
    });

    it('nothing passes the barrier while the host is frozen', async () => {
      const { a, hosts } = get();
      await a.domains();
      await get().freeze(hosts[0]);
      try {
        await assert.rejects(a.barrier(IMPATIENT));
      } finally {
        await get().thaw(hosts[0]);
      }
      await a.barrier();
    });

    it('a killed daemon is noticed, its guests run on, and it is heard again once it is back', async () => {
      const { a, hosts, heardA, shared } = get();
      const bootId = await bootIdOf(a, shared.uuid, 15_000);
      await eventually('a connection', () => heardA.connections.at(-1) === 'CONNECTED');
      heardA.forget();
      await get().killDaemon(hosts[0]);
      await eventually('the loss is reported', () => heardA.connections.includes('DISCONNECTED'));
      await failsAs('UNREACHABLE', a.domains(IMPATIENT));
      await get().startDaemon(hosts[0]);
      await eventually('the return is reported', () => heardA.connections.at(-1) === 'CONNECTED', { withinMs: 30_000 });
      assert.equal((await a.domain(shared.uuid))?.state, 'RUNNING');
      assert.equal(await bootIdOf(a, shared.uuid, 30_000), bootId);
    });
  });
}
