// The contract for a guest's life on one host: create, observe, pause, console, scale, reboot.

import assert from 'node:assert/strict';
import { eventually } from '../eventually.js';
import type { Contract } from './contract.js';
import { bootIdOf, failsAs, onlineCpuBecomes, surelyFails } from './expect.js';

/** What the guest does by itself, such as moving its balloon. */
const GUEST_WITHIN_MS = 30_000;
/** What the small guest prints each second. */
const HEARTBEAT = /beat=\d+ [^\r\n]*boot=([0-9a-f-]{36})/;

export function guestContract(get: () => Contract): void {
  describe('guests', () => {
    it('are created, marked, and boot', async function () {
      const { a, heardA, shared, bootsWithinMs } = get();
      this.timeout(bootsWithinMs + 30_000);
      heardA.forget();
      await a.create(shared, false);
      const domain = await a.domain(shared.uuid);
      assert.ok(domain !== undefined);
      assert.equal(domain.domainName, shared.domainName);
      assert.equal(domain.state, 'RUNNING');
      assert.equal(domain.persistent, false);
      assert.deepEqual([domain.currentCpu, domain.maxCpu], [shared.currentCpu, shared.maxCpu]);
      assert.equal(domain.maxMemoryKib, shared.maxMemoryKib);
      assert.notEqual(domain.migratingOut, true);
      assert.deepEqual(
        (await a.domains()).filter(({ uuid }) => uuid === shared.uuid).map(({ state }) => state),
        ['RUNNING'],
      );
      assert.deepEqual(await a.domainMark(shared.uuid), shared.mark);
      assert.ok((await a.domainXml(shared.uuid)).includes(shared.uuid));
      await heardA.hearsLifecycle(shared.uuid, 'STARTED');
      assert.match(await bootIdOf(a, shared.uuid, bootsWithinMs), /^[0-9a-f-]{36}$/);
      assert.equal(await a.onlineCpu(shared.uuid), shared.currentCpu);
    });

    it('are created once', async () => {
      const { a, shared } = get();
      await failsAs('CONFLICT', a.create(shared, false));
      assert.equal((await a.domain(shared.uuid))?.state, 'RUNNING');
    });

    it('give the memory back that they were not asked to keep', async () => {
      const { a, shared } = get();
      await eventually('the balloon reaches what the guest was given', async () => {
        const balloonKib = (await a.domain(shared.uuid))?.balloonKib;
        return balloonKib !== undefined && balloonKib <= shared.currentMemoryKib;
      });
    });

    it('have an address', async function () {
      const { a, shared, hasAddress } = get();
      if (!hasAddress) this.skip();
      const addresses = await eventually('an address', async () => {
        const found = await a.addresses(shared.uuid);
        return found.length > 0 && found;
      });
      assert.match(addresses[0] ?? '', /^[0-9a-f.:]+$/);
    });

    it('print on their console', async () => {
      const { a, shared } = get();
      const session = await a.console(shared.uuid);
      try {
        let text = '';
        for await (const chunk of session.output) {
          text += Buffer.from(chunk).toString('utf8');
          if (HEARTBEAT.test(text)) break;
        }
        assert.equal(HEARTBEAT.exec(text)?.[1], await a.bootId(shared.uuid));
      } finally {
        await session.close();
      }
    });

    it('are paused and resumed', async () => {
      const { a, heardA, shared } = get();
      heardA.forget();
      await a.suspend(shared.uuid);
      const paused = await a.domain(shared.uuid);
      assert.deepEqual([paused?.state, paused?.stateReason], ['PAUSED', 'USER']);
      await heardA.hearsLifecycle(shared.uuid, 'SUSPENDED');
      await a.resume(shared.uuid);
      assert.equal((await a.domain(shared.uuid))?.state, 'RUNNING');
      await heardA.hearsLifecycle(shared.uuid, 'RESUMED');
    });

    it('get vCPUs, and take some offline', async () => {
      const { a, shared } = get();
      await a.setPluggedCpu(shared.uuid, 3);
      assert.equal((await a.domain(shared.uuid))?.currentCpu, 3);
      await onlineCpuBecomes(a, shared.uuid, 3, GUEST_WITHIN_MS);
      await a.setOnlineCpu(shared.uuid, 2);
      await onlineCpuBecomes(a, shared.uuid, 2, GUEST_WITHIN_MS);
      assert.equal((await a.domain(shared.uuid))?.currentCpu, 3);
      await surelyFails(a.setPluggedCpu(shared.uuid, shared.maxCpu + 1));
      assert.equal((await a.domain(shared.uuid))?.currentCpu, 3);
    });

    it('lose vCPUs where that is reliable, and say so where it is not', async () => {
      const { a, shared } = get();
      if (!(await a.facts()).cpuUnplug) {
        return failsAs('UNSUPPORTED', a.setPluggedCpu(shared.uuid, 2));
      }
      await a.setPluggedCpu(shared.uuid, 2);
      assert.equal((await a.domain(shared.uuid))?.currentCpu, 2);
      await a.setPluggedCpu(shared.uuid, 3);
    });

    it('let their memory be taken and given back', async () => {
      const { a, heardA, shared, leastMemoryKib } = get();
      heardA.forget();
      await a.setMemory(shared.uuid, leastMemoryKib);
      const balloon = async () => (await a.domain(shared.uuid))?.balloonKib;
      await eventually('a smaller balloon', async () => (await balloon()) === leastMemoryKib, {
        withinMs: GUEST_WITHIN_MS,
      });
      await heardA.hears('BALLOON', (event) => event.type === 'BALLOON' && event.uuid === shared.uuid);
      await a.setMemory(shared.uuid, shared.maxMemoryKib);
      await eventually('a greater balloon', async () => (await balloon()) === shared.maxMemoryKib, {
        withinMs: GUEST_WITHIN_MS,
      });
      await surelyFails(a.setMemory(shared.uuid, shared.maxMemoryKib + 1024));
    });

    it('take everything back when they reboot', async function () {
      const { a, heardA, shared, leastMemoryKib, bootsWithinMs } = get();
      this.timeout(bootsWithinMs + 2 * GUEST_WITHIN_MS);
      const before = await bootIdOf(a, shared.uuid, bootsWithinMs);
      const balloon = async () => (await a.domain(shared.uuid))?.balloonKib ?? 0;
      await a.setMemory(shared.uuid, leastMemoryKib);
      await eventually('a smaller balloon', async () => (await balloon()) <= leastMemoryKib, {
        withinMs: GUEST_WITHIN_MS,
      });
      heardA.forget();
      await a.reboot(shared.uuid, true);
      await heardA.hears('REBOOT', (event) => event.type === 'REBOOT' && event.uuid === shared.uuid);
      await eventually('another boot id', async () => (await bootIdOf(a, shared.uuid, bootsWithinMs)) !== before, {
        withinMs: bootsWithinMs,
      });
      await onlineCpuBecomes(a, shared.uuid, 3, GUEST_WITHIN_MS);
      // For a while at least: QEMU keeps the balloon's target, and a driver that finds it takes it up again.
      await heardA.hears(
        'BALLOON',
        (event) => event.type === 'BALLOON' && event.uuid === shared.uuid && event.balloonKib > leastMemoryKib,
      );
      await a.setMemory(shared.uuid, shared.currentMemoryKib);
    });
  });
}
