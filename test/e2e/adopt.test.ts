// Guests that virsh made: adopted while they run, then moved, scaled and terminated like virtdc's own; their disks are
// never removed.

import assert from 'node:assert/strict';
import { createGuest, removeGuest } from '../lab/guest-of.js';
import { lab, needsLab, nextBeat, virsh } from '../lab.js';
import { Datacenter } from './datacenter.js';
import { beatsOnlyOn, domainsOn, hostsOf, hostsThatKnow, volumesIn } from './witness.js';

const MIB = 1024;

describe('adopted guests on real hosts', function () {
  this.timeout(90_000);
  let dc: Datacenter;
  before(async function () {
    await needsLab().call(this);
    dc = await Datacenter.start('tls');
  });
  after(async () => await dc?.end());

  it('counts a domain of others as load, and takes it over as it runs', async () => {
    await createGuest('node1', 'shared', 'alien-1');
    const { bootId } = await nextBeat('node1', 'alien-1');
    await dc.whenHost('node1', ({ claimed, maxCpu, availCpu }) => claimed?.cpu === 1 && availCpu === maxCpu - 1);
    const { adoptions: planned } = await dc.client.guests.adoptGuests({ hostname: 'node1', validateOnly: true });
    assert.deepEqual(
      planned.map(({ domainName, verdict }) => [domainName, verdict]),
      [['alien-1', 'ADOPT_VERDICT_ADOPTED']],
    );
    assert.deepEqual(await dc.guests(), []);
    const { adoptions } = await dc.client.guests.adoptGuests({
      hostname: 'node1',
      domains: [{ domain: { $case: 'domainName', value: 'alien-1' }, vmid: 'taken' }],
    });
    assert.deepEqual(
      adoptions.map(({ verdict, guest }) => [verdict, guest?.vmid]),
      [['ADOPT_VERDICT_ADOPTED', 'taken']],
    );
    const guest = await dc.guest('taken');
    assert.deepEqual(
      [guest.adopted, guest.persistent, guest.hostname, guest.state],
      [true, false, 'node1', 'GUEST_STATE_RUNNING'],
    );
    assert.equal((await beatsOnlyOn('node1', 'alien-1')).bootId, bootId);
    await dc.holds();
  });

  it('moves and scales it like its own', async () => {
    const { bootId } = await nextBeat('node1', 'alien-1');
    await dc.migrate('taken', 'node2');
    assert.equal((await beatsOnlyOn('node2', 'alien-1')).bootId, bootId);
    await dc.succeeds((await dc.client.scaling.scaleCpu({ vmid: 'taken', cpu: 2 })).operation);
    await nextBeat('node2', 'alien-1', ({ onlineCpus }) => onlineCpus === 2);
    await dc.succeeds((await dc.client.scaling.scaleMemory({ vmid: 'taken', memoryKib: BigInt(160 * MIB) })).operation);
    assert.equal((await domainsOn('node2'))[0]?.balloonKib, 160 * MIB);
    await dc.holds();
  });

  it('ends it and leaves its disk', async () => {
    await dc.terminate('taken');
    assert.deepEqual(await hostsThatKnow('alien-1'), []);
    assert.ok((await volumesIn('shared', 'node1')).includes('alien-1.qcow2'));
    await dc.holds();
  });

  it('moves a persistent one with its definition', async () => {
    await createGuest('node1', 'shared', 'alien-2');
    const xml = await virsh('node1', 'dumpxml', 'alien-2');
    const file = `${await lab('exec', 'node1', 'mktemp')}`;
    await lab('exec', 'node1', 'sh', '-c', `cat > ${file} <<'END'\n${xml}\nEND`);
    await lab('exec', 'node1', 'virsh', 'define', file);
    await lab('exec', 'node1', 'rm', file);
    await dc.client.guests.adoptGuests({ hostname: 'node1' });
    const guest = (await dc.guests()).find(({ domainName }) => domainName === 'alien-2');
    assert.ok(guest);
    assert.equal(guest.persistent, true);
    await dc.migrate(guest.vmid, 'node3');
    assert.deepEqual([await hostsOf('alien-2'), await hostsThatKnow('alien-2')], [['node3'], ['node3']]);
    assert.match(await virsh('node3', 'dominfo', 'alien-2'), /Persistent: +yes/);
    await beatsOnlyOn('node3', 'alien-2');
    await dc.holds();
    await dc.terminate(guest.vmid);
    assert.deepEqual(await hostsThatKnow('alien-2'), []);
    await dc.holds();
  });

  it('leaves a domain alone that was not adopted', async () => {
    await createGuest('node2', 'shared', 'alien-3');
    await dc.whenHost('node2', ({ claimed }) => claimed?.cpu === 1);
    await removeGuest('node2', 'shared', 'alien-3');
    await dc.whenHost('node2', ({ claimed }) => claimed?.cpu === 0);
  });
});
