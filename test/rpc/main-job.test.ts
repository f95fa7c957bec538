// The whole main job over the wire, on simulated hosts: from nodeinfo.xml to a migrated, scaled and terminated guest.

import assert from 'node:assert/strict';
import type { GuestMigration } from '#gen/virtdc/v1/migration.js';
import { eventually } from '../eventually.js';
import { BASE_XML, GIB, MIB, node, nodeInfo, refused, World } from './service.js';

const HOSTS = ['node1', 'node2', 'node3'];
const SIZE = [16, 32 * GIB, 500 * GIB] as const;

describe('the main job over the wire', function () {
  this.timeout(60_000);
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world.end());

  const other = (hostname: string): string => HOSTS.find((name) => name !== hostname) ?? '';

  it('imports a nodeinfo, and again without any change', async () => {
    const xml = nodeInfo(...HOSTS.map((name, index) => node(name, ...SIZE, index + 1)));
    const dry = await world.client.hosts.importNodeInfo({ xml, validateOnly: true });
    assert.equal(await world.revision(), 0n);
    const { changes } = await world.client.hosts.importNodeInfo({ xml });
    assert.deepEqual(changes, dry.changes);
    assert.deepEqual(
      changes.map(({ hostname, kind }) => [hostname, kind]),
      HOSTS.map((name) => [name, 'NODE_INFO_CHANGE_KIND_ADDED']),
    );
    const { hosts } = await world.client.hosts.listHosts({});
    assert.deepEqual(
      hosts.map((host) => [host.hostname, host.condition, host.availCpu, host.availMemoryKib, host.availIoKib]),
      HOSTS.map((name) => [name, 'HOST_CONDITION_READY', 16, BigInt(32 * GIB), BigInt(500 * GIB)]),
    );
    const before = await world.revision();
    const again = await world.client.hosts.importNodeInfo({ xml });
    assert.ok(again.changes.every(({ kind }) => kind === 'NODE_INFO_CHANGE_KIND_UNCHANGED'));
    assert.equal(await world.revision(), before);
  });

  it('takes a pool and a base guest', async () => {
    await world.addPool('shared', HOSTS, true);
    const { baseGuest } = await world.client.guests.importBaseGuest({
      name: 'base',
      source: { $case: 'xml', value: BASE_XML },
    });
    assert.deepEqual(
      baseGuest?.disks.map((disk) => disk.target),
      ['vda'],
    );
  });

  it('submits a guest that runs, with its claim', async () => {
    const space = await world.client.placement.checkSpace({
      shape: { cpu: 2, memoryKib: BigInt(2 * GIB), baseGuest: 'base' },
    });
    assert.equal(space.fits, true);
    const guest = await world.submit('web1', { maxCpu: 8, maxMemoryKib: BigInt(4 * GIB), labels: { app: 'web' } });
    assert.equal(guest.hostname, space.hostname);
    assert.equal(guest.state, 'GUEST_STATE_RUNNING');
    assert.deepEqual(world.runsOn(guest.uuid), [guest.hostname]);
    const { availCpu, availMemoryKib, availIoKib } = await world.host(guest.hostname);
    // Memory is claimed at its maximum, with the hypervisor's overhead: 128 MiB and 2 %.
    const memoryKib = 32 * GIB - 4 * GIB - 128 * MIB - Math.ceil((4 * GIB * 2) / 100);
    assert.deepEqual([availCpu, availIoKib], [14, BigInt(496 * GIB)]);
    // Booted with less than its maximum, it may be seen with less at once; what it can retake stays claimed.
    assert.equal(availMemoryKib, BigInt(memoryKib));
    await world.auditClean();
  });

  it('explains where it would go and why', async () => {
    const { explanation } = await world.client.placement.explainPlacement({
      subject: { $case: 'vmid', value: 'web1' },
    });
    assert.equal(explanation?.hosts.length, 3);
    const tooBig = await world.client.placement.explainPlacement({
      subject: { $case: 'shape', value: { cpu: 17, memoryKib: BigInt(GIB) } },
    });
    const codes = tooBig.explanation?.hosts.map((host) => [host.codes, host.shortfall?.cpu]);
    const { hostname } = await world.guest('web1');
    assert.deepEqual(
      codes,
      HOSTS.map((name) => [['REJECT_CODE_INSUFFICIENT_CPU'], name === hostname ? 3 : 1]),
    );
  });

  it('scales vCPUs up and down, and the claim with what is plugged', async () => {
    // A guest that is still booting has no agent to tell what is online, and lets no vCPU go.
    await world.settled('web1');
    await world.succeeds((await world.client.scaling.scaleCpu({ vmid: 'web1', cpu: 6 })).operation);
    let guest = await world.guest('web1');
    assert.deepEqual([guest.currentCpu, guest.claims[0]?.resources?.cpu], [6, 6]);
    assert.equal(world.faults.insideGuest(guest.uuid)[0]?.onlineCpu, 6);
    await world.succeeds((await world.client.scaling.scaleCpu({ vmid: 'web1', cpu: 3 })).operation);
    guest = await world.guest('web1');
    assert.deepEqual([guest.currentCpu, guest.claims[0]?.resources?.cpu], [3, 3]);
    await world.auditClean();
  });

  it('scales memory down, and gives back what was seen of it', async () => {
    const before = await world.guest('web1');
    await world.succeeds((await world.client.scaling.scaleMemory({ vmid: 'web1', memoryKib: BigInt(GIB) })).operation);
    const guest = await world.whenGuest('web1', ({ observed }) => observed?.balloonKib === BigInt(GIB));
    assert.equal(guest.currentMemoryKib, BigInt(GIB));
    const claim = guest.claims[0];
    const wholeKib = 4 * GIB + 128 * MIB + Math.ceil((4 * GIB * 2) / 100);
    assert.equal(claim?.resources?.memoryKib, BigInt(GIB + 128 * MIB + Math.ceil((GIB * 2) / 100)));
    assert.equal(Number(claim?.resources?.memoryKib) + Number(claim?.retakeKib), wholeKib);
    assert.ok(before.maxMemoryKib === guest.maxMemoryKib);
    await world.auditClean();
    await world.succeeds(
      (await world.client.scaling.scaleMemory({ vmid: 'web1', memoryKib: BigInt(3 * GIB) })).operation,
    );
    await world.auditClean();
  });

  it('asks again for what was asked after a reboot', async () => {
    await world.succeeds((await world.client.scaling.scaleMemory({ vmid: 'web1', memoryKib: BigInt(GIB) })).operation);
    const before = await world.whenGuest('web1', ({ observed }) => observed?.bootId !== '');
    await world.succeeds((await world.client.guests.rebootGuest({ vmid: 'web1' })).operation);
    const after = await world.whenGuest(
      'web1',
      ({ observed }) => observed?.bootId !== before.observed?.bootId && observed?.balloonKib === BigInt(GIB),
    );
    assert.equal(after.currentMemoryKib, BigInt(GIB));
    await world.auditClean();
  });

  it('migrates, with progress', async () => {
    const guest = await world.guest('web1');
    const dest = other(guest.hostname);
    const check = await world.client.migration.checkMigration({ vmid: 'web1', destHost: dest });
    assert.deepEqual(
      check.checks.filter(({ verdict }) => verdict === 'CHECK_VERDICT_FAIL'),
      [],
    );
    assert.equal(check.arrivesPaused, false);
    world.faults.behave(guest.uuid, { usedKib: GIB, dirtyBytesPerS: 0 });
    const policy = { bandwidthMibPerS: 256n };
    const { operation } = await world.client.migration.migrateGuest({
      vmid: 'web1',
      sourceHost: guest.hostname,
      destHost: dest,
      policy,
    });
    const told: GuestMigration[] = [];
    for await (const { migration } of world.client.migration.watchMigration({ operation: operation?.name ?? '' })) {
      assert.ok(migration);
      told.push(migration);
    }
    const last = told.at(-1);
    assert.equal(last?.state, 'OPERATION_STATE_SUCCEEDED', last?.failure);
    const percents = told.flatMap(({ progress }) => (progress?.percent === undefined ? [] : [progress.percent]));
    assert.ok(percents.length > 1, 'its progress was told');
    assert.deepEqual(
      percents,
      percents.toSorted((a, b) => a - b),
    );
    assert.ok((last?.result?.totalMs ?? 0n) > 0n);
    assert.deepEqual(world.runsOn(guest.uuid), [dest]);
    assert.ok(!world.domainsOn(guest.hostname).includes('web1'));
    const inside = await world.guest('web1');
    assert.equal(inside.hostname, dest);
    assert.deepEqual(
      inside.claims.map((claim) => [claim.hostname, claim.kind]),
      [[dest, 'CLAIM_KIND_GUEST']],
    );
    const source = await world.host(guest.hostname);
    assert.deepEqual(
      [source.availCpu, source.availMemoryKib, source.availIoKib],
      [source.maxCpu, source.maxMemoryKib, source.maxIoKib],
    );
    await world.auditClean();
  });

  it('cancels a migration in flight', async () => {
    const guest = await world.guest('web1');
    const dest = other(guest.hostname);
    const policy = { bandwidthMibPerS: 1n };
    const { operation } = await world.client.migration.migrateGuest({ vmid: 'web1', destHost: dest, policy });
    const name = operation?.name ?? '';
    await world.whenOperation(name, ({ progressPercent }) => progressPercent !== undefined);
    assert.equal((await world.guest('web1')).claims.length, 2);
    const { operation: cancelling } = await world.client.migration.cancelMigration({ operation: name });
    assert.equal(cancelling?.state, 'OPERATION_STATE_CANCELLING');
    const last = await world.ended(operation);
    assert.deepEqual([last.state, last.error?.reason], ['OPERATION_STATE_CANCELLED', 'CANCELLED']);
    assert.deepEqual(world.runsOn(guest.uuid), [guest.hostname]);
    assert.deepEqual((await world.guest('web1')).claims.length, 1);
    assert.equal((await world.guest('web1')).state, 'GUEST_STATE_RUNNING');
    await refused(world.client.operations.cancelOperation({ name }), 'FAILED_PRECONDITION', 'OPERATION_ENDED');
    await world.auditClean();
  });

  it('moves a guest whose host has no room, and then scales it', async () => {
    const { hostname } = await world.guest('web1');
    const filler = await world.submit('filler', { cpu: 11, maxCpu: 11 });
    // Whichever host took it, the guest is brought beside it.
    if (filler.hostname !== hostname) {
      await world.succeeds(
        (await world.client.migration.migrateGuest({ vmid: 'filler', destHost: hostname })).operation,
      );
    }
    const error = await refused(
      world.client.scaling.scaleCpu({ vmid: 'web1', cpu: 8 }),
      'RESOURCE_EXHAUSTED',
      'HOST_DOES_NOT_FIT',
    );
    assert.equal(error.explanation?.hosts[0]?.shortfall?.cpu, 3);
    const answer = await world.client.scaling.scaleCpu({ vmid: 'web1', cpu: 8, onNoRoom: 'ON_NO_ROOM_MIGRATE_SELF' });
    assert.notEqual(answer.destHost, hostname);
    await world.succeeds(answer.operation);
    const guest = await world.guest('web1');
    assert.deepEqual([guest.hostname, guest.currentCpu, guest.state], [answer.destHost, 8, 'GUEST_STATE_RUNNING']);
    assert.deepEqual(world.runsOn(guest.uuid), [answer.destHost]);
    await world.auditClean();
  });

  it('pauses, resumes, stops and starts it', async () => {
    const { guests } = world.client;
    const { uuid, hostname } = await world.guest('web1');
    await world.succeeds((await guests.pauseGuest({ vmid: 'web1' })).operation);
    assert.equal((await world.guest('web1')).state, 'GUEST_STATE_PAUSED');
    assert.deepEqual(world.runsOn(uuid), []);
    await refused(guests.pauseGuest({ vmid: 'web1' }), 'FAILED_PRECONDITION', 'GUEST_STATE');
    await world.succeeds((await guests.resumeGuest({ vmid: 'web1' })).operation);
    assert.deepEqual(world.runsOn(uuid), [hostname]);
    await world.succeeds((await guests.stopGuest({ vmid: 'web1' })).operation);
    const stopped = await world.guest('web1');
    assert.deepEqual([stopped.state, stopped.claims.length], ['GUEST_STATE_STOPPED', 1]);
    await refused(world.client.migration.migrateGuest({ vmid: 'web1' }), 'FAILED_PRECONDITION', 'GUEST_STATE');
    assert.equal(stopped.observed, undefined);
    assert.ok(!world.domainsOn(hostname).includes('web1'));
    await world.auditClean();
    await world.succeeds((await guests.startGuest({ vmid: 'web1' })).operation);
    assert.deepEqual(world.runsOn(uuid), [hostname]);
    await world.auditClean();
  });

  it('adopts a domain that somebody else made, without a stop', async () => {
    const definition = {
      templateXml: BASE_XML,
      uuid: '00000000-0000-4000-8000-0000000000aa',
      domainName: '42',
      currentCpu: 2,
      maxCpu: 4,
      currentMemoryKib: GIB,
      maxMemoryKib: GIB,
      disks: [],
      nics: [],
      cpuBaselineXml: '',
      mark: { vmid: '', operation: '', epoch: 0 },
    };
    const before = await world.host('node3');
    await world.faults.createByHand('node3', definition);
    const foreign = await world.whenHost('node3', (host) => host.availCpu === before.availCpu - 2);
    assert.equal(foreign.guests, before.guests);
    const findings = await world.findings();
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ['AUDIT_FINDING_KIND_FOREIGN_DOMAIN'],
    );
    const [bootId] = world.faults.insideGuest(definition.uuid).map((inside) => inside.bootId);
    const dry = await world.client.guests.adoptGuests({ hostname: 'node3', validateOnly: true });
    await refused(
      world.client.guests.getGuest({ vmid: dry.adoptions[0]?.guest?.vmid ?? '' }),
      'NOT_FOUND',
      'GUEST_NOT_FOUND',
    );
    const { adoptions } = await world.client.guests.adoptGuests({ hostname: 'node3', labels: { adopted: 'yes' } });
    assert.deepEqual(
      adoptions.map(({ verdict, domainName }) => [verdict, domainName]),
      [['ADOPT_VERDICT_ADOPTED', '42']],
    );
    const vmid = adoptions[0]?.guest?.vmid ?? '';
    assert.match(vmid, /^[a-z]/);
    await world.auditClean();
    await world.succeeds((await world.client.migration.migrateGuest({ vmid })).operation);
    assert.deepEqual(
      world.faults.insideGuest(definition.uuid).map((inside) => inside.bootId),
      [bootId],
    );
    await world.auditClean();
    const again = await world.client.guests.adoptGuests({
      hostname: 'node3',
      domains: [{ domain: { $case: 'uuid', value: definition.uuid } }],
    });
    assert.equal(again.adoptions[0]?.verdict, 'ADOPT_VERDICT_REFUSED');
    await world.terminate(vmid);
  });

  it('opens a console', async () => {
    async function* typing() {
      yield { part: { $case: 'target' as const, value: { vmid: 'web1' } } };
      yield { part: { $case: 'input' as const, value: Buffer.from('hostname\r') } };
      await eventually('something was printed', () => printed.length > 0);
    }
    let printed = '';
    for await (const { output } of world.client.guests.openConsole(typing())) printed += Buffer.from(output).toString();
    assert.match(printed, /web1|hostname/);
  });

  it('lists, relabels and exports guests', async () => {
    const { guests } = world.client;
    await guests.updateGuest({ vmid: 'web1', setLabels: { tier: 'front' }, removeLabels: ['app'] });
    assert.deepEqual((await world.guest('web1')).labels, { tier: 'front' });
    const listed = await guests.listGuests({ filter: { labels: { tier: 'front' } } });
    assert.deepEqual(
      listed.guests.map(({ vmid }) => vmid),
      ['web1'],
    );
    const first = await guests.listGuests({ pageSize: 1 });
    const second = await guests.listGuests({ pageSize: 1, pageToken: first.nextPageToken });
    assert.deepEqual(
      [...first.guests, ...second.guests].map(({ vmid }) => vmid),
      ['filler', 'web1'],
    );
    const exported: string[] = [];
    for await (const { vmid, xml } of guests.exportGuests({})) {
      exported.push(vmid);
      assert.match(xml, new RegExp(`<name>${vmid}</name>`));
    }
    assert.deepEqual(exported, ['filler', 'web1']);
  });

  it('checks the hosts from here and from each other', async () => {
    const checks: string[] = [];
    for await (const { check } of world.client.hosts.checkHosts({})) {
      assert.ok(check);
      assert.notEqual(check.verdict, 'CHECK_VERDICT_FAIL', `${check.kind} ${check.detail}`);
      if (check.kind === 'HOST_CHECK_KIND_CONNECTION') checks.push(`${check.hostname}>${check.peer}`);
    }
    assert.ok(
      checks.includes('node1>') && checks.includes('node1>node2') && checks.includes('node3>node1'),
      checks.join(),
    );
  });

  it('keeps guests off a cordoned host, and a host with guests in the fleet', async () => {
    const { hosts } = world.client;
    const { hostname } = await world.guest('web1');
    await refused(hosts.removeHost({ hostname }), 'FAILED_PRECONDITION', 'HOST_HAS_GUESTS');
    for (const name of HOSTS) await hosts.cordonHost({ hostname: name });
    await refused(
      world.client.placement.submitGuest(world.submission('nowhere')),
      'RESOURCE_EXHAUSTED',
      'NO_HOST_FITS',
    );
    for (const name of HOSTS) await hosts.uncordonHost({ hostname: name });
  });

  it('terminates them, and everything is free again', async () => {
    await world.terminate('web1');
    await world.terminate('filler');
    await refused(world.client.guests.getGuest({ vmid: 'web1' }), 'NOT_FOUND', 'GUEST_NOT_FOUND');
    await world.allFree();
    await world.auditClean();
    for (const host of HOSTS) assert.deepEqual(world.domainsOn(host), []);
    assert.equal(world.datacenter.sharedPools.get('shared')?.volumes.size, 0);
    assert.deepEqual(
      (
        await world.client.operations.listOperations({
          filter: { states: ['OPERATION_STATE_RUNNING', 'OPERATION_STATE_PENDING'] },
        })
      ).operations,
      [],
    );
  });
});
