// What only real hosts can show of the libvirt adapter: that XML, volumes and paths mean to libvirt and QEMU what they
// mean to virtdc.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { GuestDisk } from '../../src/fleet/guest.js';
import { libvirtHypervisor } from '../../src/hypervisor/libvirt/hypervisor.js';
import { LIMITS } from '../../src/limits.js';
import {
  type GuestDefinition,
  type HostAddress,
  type HostDriver,
  type Hypervisor,
  HypervisorError,
} from '../../src/ports/hypervisor.js';
import { parseBaseGuest } from '../../src/xml/base-guest.js';
import { domainFacts } from '../../src/xml/domain-facts.js';
import { eventually } from '../eventually.js';
import { ctl, lab, needsLab, nextBeat, virsh } from '../lab.js';
import { makeDisk } from './disk.js';
import { failsAs } from './expect.js';
import { labGuests, labHost } from './libvirt-lab.js';

const SEED = { guestHostname: 'seeded', sshAuthorizedKeys: [], userData: '#cloud-config\n' };
const OPTIONS = {
  bandwidthMibPerS: 0,
  maxDowntimeMs: 0,
  autoConverge: true,
  postcopy: false,
  arrivePaused: true,
  copyDisks: ['vda'],
  persistent: false,
};

describe('guests of the libvirt adapter', function () {
  this.timeout(120_000);
  const run = randomUUID().slice(0, 8);
  const name = `x-${run}`;
  const volumes = [`base-${run}`, `disk-${run}`, `moved-${run}`, `seed-${run}`, `late-${run}`];
  let hypervisor: Hypervisor;
  let a: HostDriver;
  let b: HostDriver;
  let addressB: HostAddress;
  let guest: Awaited<ReturnType<typeof labGuests>>;
  let definition: GuestDefinition;

  before(async function () {
    await needsLab(2).call(this);
    hypervisor = libvirtHypervisor({ insecureTransports: true });
    addressB = await labHost('node2');
    a = hypervisor.host(await labHost('node1'));
    b = hypervisor.host(addressB);
    guest = await labGuests();
    const image = await lab('base-image');
    const { size } = await stat(image);
    for (const host of [a, b]) await host.uploadVolume('local', `base-${run}`, 'qcow2', size, createReadStream(image));
    const disk = await makeDisk(a, 'local', `disk-${run}`, `base-${run}`);
    const seed = await seedDisk(a);
    definition = guest(name, randomUUID(), [disk, seed]);
    await a.create(definition, false);
    await nextBeat('node1', name);
  });
  after(async () => {
    for (const host of [a, b]) {
      for (const domain of await host.domains()) if (domain.domainName.endsWith(run)) await host.destroy(domain.uuid);
      for (const volume of volumes) {
        if ((await host.volume('local', volume)) !== undefined) await host.deleteVolume('local', volume);
      }
    }
    await hypervisor.close();
  });

  async function seedDisk(host: HostDriver): Promise<GuestDisk> {
    const { path } = await host.createSeed('local', `seed-${run}`, SEED, definition?.uuid ?? randomUUID());
    const facts = { pool: 'local', volume: `seed-${run}`, path, format: 'raw', role: 'SEED' } as const;
    return { ...facts, target: 'vdb', baseImage: '', capacityKib: 0, madeByVirtdc: true };
  }

  it('see their seed, under its label', async () => {
    // The volume's name in its primary descriptor (sector 16, byte 40).
    const label = await ctl('node1', name, 'sh', 'dd if=/dev/vdb bs=1 skip=32808 count=6 2>/dev/null');
    assert.equal(label.trim(), 'cidata');
  });

  it('keep what virtdc knows nothing of, and its mark', async () => {
    const xml = await a.domainXml(definition.uuid);
    const facts = domainFacts(xml);
    assert.deepEqual(facts.mark, definition.mark);
    assert.deepEqual(
      facts.disks.map(({ target, format, readonly }) => [target, format, readonly]),
      [
        ['vda', 'qcow2', false],
        ['vdb', 'raw', true],
      ],
    );
    assert.equal(facts.nics[0]?.mac, definition.nics[0]?.mac);
    assert.ok(xml.includes("<stats period='2'/>"));
  });

  it('can be the base of others, while they run', async () => {
    const base = parseBaseGuest(await a.domainXml(definition.uuid), LIMITS);
    assert.ok(base.ok, JSON.stringify(base));
    assert.deepEqual(base.value.diskTargets, ['vda']);
    const clone: GuestDefinition = {
      ...guest(`y-${run}`, randomUUID(), [await makeDisk(a, 'local', `late-${run}`, `base-${run}`)]),
      templateXml: base.value.templateXml,
    };
    await a.create(clone, false);
    assert.equal((await a.domain(clone.uuid))?.state, 'RUNNING');
    await a.destroy(clone.uuid);
    await a.deleteVolume('local', `late-${run}`);
  });

  it('leave no definition behind where they do not start', async () => {
    const [disk] = definition.disks;
    assert.ok(disk);
    const broken = guest(`z-${run}`, randomUUID(), [{ ...disk, path: '/var/lib/libvirt/images/no-such-file' }]);
    for (const persistent of [true, false]) await assert.rejects(a.create(broken, persistent));
    assert.equal(await a.domain(broken.uuid), undefined);
    assert.ok(!(await virsh('node1', 'list', '--all', '--name')).includes(`z-${run}`));
  });

  it('leave no volume behind where an upload is given up', async () => {
    const stop = new AbortController();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let sent = 0; ; sent++) {
        if (sent === 64) stop.abort();
        yield Buffer.alloc(LIMITS.imageChunkBytes);
      }
    }
    const upload = a.uploadVolume('local', `late-${run}`, 'raw', 2 ** 40, endless(), { signal: stop.signal });
    await assert.rejects(upload);
    assert.equal(await a.volume('local', `late-${run}`), undefined);
  });

  it('have one console at a time', async () => {
    const session = await a.console(definition.uuid);
    await failsAs('CONFLICT', a.console(definition.uuid));
    await session.close();
    await eventually('the console is free', async () => (await a.console(definition.uuid)).close().then(() => true), {
      tolerate: (error) => error instanceof HypervisorError && error.kind === 'CONFLICT',
    });
  });

  it('get their volumes also while others are made in the same pool', async () => {
    const made = Array.from({ length: 8 }, (_, index) => `many${index}-${run}`);
    const calls = made.flatMap((volume) => [
      a.createVolume('local', volume, 1024, ''),
      a.volume('local', `no-such-volume-${volume}`),
    ]);
    await Promise.all(calls);
    await Promise.all(made.map((volume) => a.deleteVolume('local', volume)));
  });

  it('are known on every host of a shared pool, made and removed', async () => {
    await a.createVolume('shared', `late-${run}`, 1024, '');
    assert.ok(await b.volume('shared', `late-${run}`));
    await a.deleteVolume('shared', `late-${run}`);
    assert.equal(await b.volume('shared', `late-${run}`), undefined);
    await a.createVolume('shared', `late-${run}`, 1024, '');
    await b.deleteVolume('shared', `late-${run}`);
    await a.createVolume('shared', `late-${run}`, 2048, '');
    await a.deleteVolume('shared', `late-${run}`);
  });

  it('move to a disk at another path, with what they wrote', async () => {
    await ctl('node1', name, 'sh', 'echo kept | dd of=/dev/vda bs=512 seek=100 conv=fsync 2>/dev/null');
    const before = await nextBeat('node1', name);
    const moved = await makeDisk(b, 'local', `moved-${run}`, `base-${run}`);
    const target = {
      ...definition,
      disks: [moved, await seedDisk(b)],
      mark: { ...definition.mark, operation: 'op-2' },
    };
    await a.migrate(definition.uuid, addressB, { ...OPTIONS, definition: target }, new AbortController().signal);
    await eventually('the source is gone', async () => (await a.domain(definition.uuid)) === undefined);
    await b.resume(definition.uuid);
    const facts = domainFacts(await b.domainXml(definition.uuid));
    assert.equal(facts.disks[0]?.path, moved.path);
    assert.equal(facts.mark?.operation, 'op-2');
    assert.equal((await nextBeat('node2', name)).bootId, before.bootId);
    const read = 'dd if=/dev/vda bs=512 skip=100 count=1 iflag=direct 2>/dev/null | head -n 1';
    assert.equal((await ctl('node2', name, 'sh', read)).trim(), 'kept');
    // Still an overlay of its base: nothing was flattened on the way.
    const volume = await b.volume('local', `moved-${run}`);
    assert.equal(volume?.backingPath, (await b.volume('local', `base-${run}`))?.path);
  });

  it('switch to post-copy in flight', async () => {
    // Back to the first host, its memory pulled after it; its disk is copied before, which post-copy waits for.
    const options = { ...OPTIONS, arrivePaused: false, postcopy: true, bandwidthMibPerS: 4 };
    const back = { ...definition, mark: { ...definition.mark, operation: 'op-3' } };
    await ctl('node2', name, 'set', 'before');
    const migrated = b.migrate(
      definition.uuid,
      await labHost('node1'),
      { ...options, definition: back },
      new AbortController().signal,
    );
    await eventually('memory moves', async () => ((await b.migrationProgress(definition.uuid))?.iteration ?? 0) > 0);
    await b.startPostcopy(definition.uuid);
    await migrated;
    assert.equal(await b.domain(definition.uuid), undefined);
    assert.equal((await a.domain(definition.uuid))?.state, 'RUNNING');
    assert.equal((await ctl('node1', name, 'get')).trim(), 'before');
  });

  it('are asked about what is not there without harm', async () => {
    await failsAs('NO_DOMAIN', b.domainXml(randomUUID()));
    assert.equal(await b.domain(randomUUID()), undefined);
  });
});
