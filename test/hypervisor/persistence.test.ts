// A simulated datacenter in a file: what runs, moves and is stored there outlives the process that simulates it.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../src/clock/virtual.js';
import { type KeptDatacenter, keepDatacenter } from '../../src/hypervisor/simulated/persistence.js';
import { renderDomain } from '../../src/xml/domain.js';
import { makeDisk } from './disk.js';
import { failsAs } from './expect.js';
import { address, definition, never, OPTIONS, SLOW_MIB_PER_S } from './simulated-world.js';

describe('a simulated datacenter in a file', () => {
  const clock = new VirtualClock();
  let folder = '';
  let file = '';
  let kept: KeptDatacenter;
  const open = async () => {
    kept = await keepDatacenter(file, { clock, seed: 5, render: renderDomain }, (error) => {
      throw error;
    });
  };
  const hostA = () => kept.datacenter.hypervisor().host(address('a'));

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'virtdc-sim-'));
    file = join(folder, 'simulated.json');
    await open();
  });
  after(async () => {
    await kept.close();
    await rm(folder, { recursive: true });
  });

  it('brings back hosts, volumes and running guests, for which time has passed', async () => {
    const disk = await makeDisk(hostA(), 'shared', 'g1.qcow2', '');
    const guest = definition('g1', [disk]);
    await clock.until(hostA().create(guest, false));
    await clock.advance(3_000);
    const bootId = await hostA().bootId(guest.uuid);
    const [before] = kept.datacenter.faults.insideGuest(guest.uuid);
    await kept.close();
    await clock.advance(60_000);
    await open();
    assert.equal(await hostA().bootId(guest.uuid), bootId);
    const [after] = kept.datacenter.faults.insideGuest(guest.uuid);
    assert.equal((after?.uptimeMs ?? 0) - (before?.uptimeMs ?? 0), 60_000);
    assert.equal((await hostA().volume('shared', 'g1.qcow2'))?.path, disk.path);
    await failsAs('REFUSED', hostA().create({ ...definition('g2'), disks: guest.disks }, false));
  });

  it('lets a migration go on', async () => {
    const { uuid } = definition('g1');
    kept.datacenter.faults.behave(uuid, { usedKib: 100 * 1024 });
    const options = { ...OPTIONS, bandwidthMibPerS: SLOW_MIB_PER_S };
    const migrated = failsAs('UNKNOWN_OUTCOME', hostA().migrate(uuid, address('b'), options, never()));
    kept.datacenter.host('b');
    await clock.advance(3_000);
    await kept.close();
    await migrated;
    await open();
    assert.equal((await hostA().domain(uuid))?.migratingOut, true);
    await clock.advance(60_000);
    assert.deepEqual(
      kept.datacenter.faults.insideGuest(uuid).map(({ hostname, running }) => [hostname, running]),
      [['b', true]],
    );
  });

  it('is written a while after a change, whole, without leaving other files', async () => {
    await kept.datacenter.hypervisor().host(address('a')).createVolume('local', 'new.qcow2', 1024, '');
    await clock.advance(1_000);
    await kept.close();
    assert.ok((await readFile(file, 'utf8')).includes('new.qcow2'));
    assert.deepEqual(await readdir(folder), ['simulated.json']);
    await open();
  });

  it('does not begin with a file that it cannot read', async () => {
    const broken = join(folder, 'broken.json');
    await writeFile(broken, '{"version":');
    await assert.rejects(
      keepDatacenter(broken, { clock, seed: 1, render: renderDomain }, () => {}),
      /broken.json/,
    );
    await rm(broken);
  });
});
