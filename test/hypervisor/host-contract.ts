// The contract for what concerns the host alone: facts, CPU models, peers, storage, and what is not there.

import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import type { Contract } from './contract.js';
import { DISK_KIB } from './disk.js';
import { failsAs, surelyFails } from './expect.js';

export function hostContract(get: () => Contract): void {
  describe('hosts', () => {
    it('gives the same driver for the same address', () => {
      const { hypervisor, hosts, a } = get();
      assert.equal(hypervisor.host({ ...hosts[0] }), a);
    });

    it('tells what the machine is', async () => {
      const { a, b, pools } = get();
      const [factsA, factsB] = [await a.facts(), await b.facts()];
      assert.ok(factsA.cpu >= 1 && factsA.memoryKib > 0);
      assert.notEqual(factsA.libvirtUuid, factsB.libvirtUuid);
      assert.ok([pools.local, pools.shared].every((pool) => factsA.pools.includes(pool)));
      assert.ok(factsA.machineTypes.length > 0);
    });

    it('finds a CPU that both hosts run', async () => {
      const { a, b } = get();
      const cpus = [(await a.facts()).cpuXml, (await b.facts()).cpuXml];
      const baseline = await a.baselineCpu(cpus);
      if (baseline !== '') assert.notEqual(await b.runsCpu(baseline), false);
    });

    it('dials the peer as a migration would', async () => {
      const { a, hosts, dead } = get();
      await a.dialPeer(hosts[1]);
      await surelyFails(a.dialPeer(dead));
    });

    it('knows that nothing was sent to a dead address', async () => {
      const { hypervisor, dead } = get();
      const driver = hypervisor.host(dead);
      await failsAs('UNREACHABLE', driver.domains({ deadlineMs: 1_500 }));
      await driver.close();
    });

    it('answers again after a barrier', async () => {
      const { a, heardA } = get();
      heardA.forget();
      await a.barrier();
      await a.domains();
      assert.deepEqual(heardA.connections.slice(0, 2), ['DISCONNECTED', 'CONNECTED']);
    });

    it('says of a domain that it does not have that it does not have it', async () => {
      const { a, hosts } = get();
      const uuid = randomUUID();
      assert.equal(await a.domain(uuid), undefined);
      const options = {
        bandwidthMibPerS: 0,
        maxDowntimeMs: 0,
        autoConverge: true,
        postcopy: false,
        arrivePaused: false,
        copyDisks: [],
        persistent: false,
        definition: undefined,
      };
      const calls: (() => Promise<unknown>)[] = [
        () => a.domainXml(uuid),
        () => a.domainMark(uuid),
        () => a.start(uuid),
        () => a.setAutostart(uuid, true),
        () => a.undefine(uuid),
        () => a.destroy(uuid),
        () => a.shutdown(uuid),
        () => a.reboot(uuid, true),
        () => a.suspend(uuid),
        () => a.resume(uuid),
        () => a.setPluggedCpu(uuid, 2),
        () => a.setOnlineCpu(uuid, 1),
        () => a.onlineCpu(uuid),
        () => a.setMemory(uuid, 128 * 1024),
        () => a.bootId(uuid),
        () => a.addresses(uuid),
        () => a.console(uuid),
        () => a.migrate(uuid, hosts[1], options, new AbortController().signal),
        () => a.migrationProgress(uuid),
        () => a.completedMigration(uuid),
        () => a.abortJob(uuid),
        () => a.startPostcopy(uuid),
      ];
      for (const call of calls) await failsAs('NO_DOMAIN', call());
    });
  });

  describe('storage', () => {
    it('tells its pools', async () => {
      const { a, pools } = get();
      const known = await a.pools();
      for (const name of [pools.local, pools.shared]) {
        const pool = known.find((each) => each.name === name);
        assert.ok(pool?.active, `${name} is active`);
        assert.ok(pool.capacityKib >= pool.availableKib && pool.availableKib > 0);
      }
    });

    it('shows an uploaded image on every host of a shared pool', async () => {
      const { a, b, pools, base, image } = get();
      const facts = await a.volume(pools.shared, base);
      assert.equal(facts?.format, image.format);
      assert.equal((await b.volume(pools.shared, base))?.path, facts?.path);
      await failsAs('CONFLICT', a.uploadVolume(pools.shared, base, image.format, image.sizeBytes, image.content()));
    });

    it('tells the digest of what was uploaded', async () => {
      const { a, b, pools, base, image, run } = get();
      const hash = createHash('sha256');
      for await (const chunk of image.content()) hash.update(chunk);
      const digest = hash.digest('hex');
      assert.equal(await a.volumeDigest(pools.shared, base), digest);
      assert.equal(await b.volumeDigest(pools.shared, base), digest);
      await failsAs('NO_VOLUME', a.volumeDigest(pools.local, `none-${run}`));
    });

    it('makes overlays of it', async () => {
      const { a, pools, shared, base } = get();
      const disk = await a.volume(pools.shared, shared.disks[0]?.volume ?? '');
      assert.equal(disk?.format, 'qcow2');
      assert.equal(disk?.capacityKib, DISK_KIB);
      assert.equal(disk?.backingPath, (await a.volume(pools.shared, base))?.path);
      await failsAs('CONFLICT', a.createVolume(pools.shared, shared.disks[0]?.volume ?? '', DISK_KIB, base));
    });

    it('keeps a local volume on its host, and deletes it', async () => {
      const { a, b, pools, run } = get();
      const name = `empty-${run}`;
      const made = await a.createVolume(pools.local, name, DISK_KIB, '');
      assert.equal(made.backingPath, '');
      assert.ok(made.path.endsWith(name));
      assert.equal(await b.volume(pools.local, name), undefined);
      await a.deleteVolume(pools.local, name);
      assert.equal(await a.volume(pools.local, name), undefined);
      await failsAs('NO_VOLUME', a.deleteVolume(pools.local, name));
    });

    it('removes what was uploaded in part', async () => {
      const { a, pools, run } = get();
      const name = `partial-${run}`;
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(4_096);
        throw new Error('the sender is gone');
      }
      await assert.rejects(a.uploadVolume(pools.local, name, 'raw', 1024 * 1024, broken()));
      assert.equal(await a.volume(pools.local, name), undefined);
    });

    it('makes a seed', async () => {
      const { a, pools, run } = get();
      const name = `seed-${run}`;
      const seed = { guestHostname: 'g', sshAuthorizedKeys: ['ssh-ed25519 AAAA test'], userData: '#cloud-config\n' };
      const made = await a.createSeed(pools.local, name, seed, randomUUID());
      assert.equal(made.format, 'raw');
      assert.ok(made.capacityKib > 0);
      await a.deleteVolume(pools.local, name);
    });

    it('refuses pools and base images that are not there', async () => {
      const { a, pools, run } = get();
      await failsAs('NO_POOL', a.volume('no-such-pool', 'x'));
      await failsAs('NO_POOL', a.createVolume('no-such-pool', 'x', DISK_KIB, ''));
      await failsAs('NO_VOLUME', a.createVolume(pools.local, `empty-${run}`, DISK_KIB, 'no-such-base'));
    });
  });
}
