// Every crash point is where its name says: what is committed by then, and what is done on the hosts. And a defect that
// shows there, and there alone, ends in a whole operation all the same.

import assert from 'node:assert/strict';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import { CRASH_POINTS, type CrashPoint } from '../../src/operations/crash-points.js';
import { eventually } from '../eventually.js';
import { GIB, World } from '../rpc/service.js';

const HOSTS = ['node1', 'node2'];

/** The operation's state and step | the guest's state and host | vCPUs claimed on which host | domains. */
const EXPECTED: Readonly<Partial<Record<CrashPoint, string>>> = {
  sg0: 'nothing',
  sg1: 'PENDING | PENDING node1 | 2 node1 |',
  sg2: 'RUNNING create-domain | STARTING node1 | 2 node1 |',
  sg3: 'RUNNING create-domain | STARTING node1 | 2 node1 | RUNNING node1',
  dl1: 'PENDING | TERMINATING node1 | 2 node1 | RUNNING node1',
  dl2: 'RUNNING end-domain | TERMINATING node1 | 2 node1 | RUNNING node1',
  dl3: 'RUNNING end-domain | TERMINATING node1 | 2 node1 |',
  dl4: 'RUNNING remove-disks | TERMINATING node1 | 2 node1 |',
  dl5: 'SUCCEEDED remove-disks | gone |  |',
  mg1: 'PENDING | MIGRATING node1 | 2 node1, 2 node2 | RUNNING node1',
  mg2: 'RUNNING perform | MIGRATING node1 | 2 node1, 2 node2 | RUNNING node1',
  mg3: 'RUNNING perform | MIGRATING node1 | 2 node1, 2 node2 | RUNNING leaves node1, PAUSED node2',
  mg4: 'RUNNING perform | MIGRATING node1 | 2 node1, 2 node2 | PAUSED leaves node1, PAUSED node2',
  mg5: 'RUNNING perform | MIGRATING node1 | 2 node1, 2 node2 | RUNNING node2',
  mg6: 'RUNNING hand-over | MIGRATING node2 | 2 node2 | RUNNING node2',
  mg7: 'SUCCEEDED hand-over | RUNNING node2 | 2 node2 | RUNNING node2',
  sc1: 'PENDING | RUNNING node1 | 4 node1 | RUNNING node1',
  sc2: 'RUNNING set-cpu | RUNNING node1 | 4 node1 | RUNNING node1 with 2',
  sc3: 'RUNNING set-cpu | RUNNING node1 | 4 node1 | RUNNING node1 with 4',
  sc4: 'RUNNING see-cpu | RUNNING node1 | 4 node1 | RUNNING node1 with 4',
};

type Begin = (world: World, vmid: string, requestId: string) => Promise<{ operation?: Operation | undefined }>;

/** What is begun for the points of each family to be reached. */
const BEGIN: { readonly [family: string]: Begin } = {
  sg: (world, vmid, requestId) =>
    world.client.placement.submitGuest({ ...world.submission(vmid), maxCpu: 4, requestId }),
  dl: ({ client }, vmid, requestId) => client.placement.terminateGuest({ vmid, requestId }),
  mg: ({ client }, vmid, requestId) =>
    client.migration.migrateGuest({ vmid, policy: { bandwidthMibPerS: 512n }, requestId }),
  sc: ({ client }, vmid, requestId) => client.scaling.scaleCpu({ vmid, cpu: 4, requestId }),
};

describe('a crash point', function () {
  this.timeout(60_000);
  let world: World;
  let atPlace: (place: string) => Promise<void> = async () => {};

  before(async () => {
    world = await World.start({ times: 20, failpoints: { reach: (place) => atPlace(place) } });
    await world.ready(HOSTS, {}, false);
  });
  after(() => world.end());
  afterEach(async () => {
    atPlace = async () => {};
    const { guests } = await world.client.guests.listGuests({});
    for (const { vmid } of guests) await world.terminate(vmid);
    await world.allFree();
  });

  const isAt = (name: CrashPoint, place: string): boolean => (CRASH_POINTS[name] as readonly string[]).includes(place);

  /** All but a guest that is to be submitted: on node1, with room on node2 to go to. */
  async function furnish(name: CrashPoint): Promise<Begin> {
    const family = name.slice(0, 2);
    await world.client.hosts.cordonHost({ hostname: 'node2' });
    if (family !== 'sg') {
      const { uuid } = await world.submit(name, { maxCpu: 4 });
      await world.settled(name);
      world.faults.behave(uuid, { usedKib: GIB, dirtyBytesPerS: 0 });
    }
    await world.client.hosts.uncordonHost({ hostname: 'node2' });
    return BEGIN[family] as Begin;
  }

  /** As committed, and as the hosts have it. */
  async function sight(vmid: string, cpus: boolean): Promise<string> {
    const { entities } = await world.database.connect().load();
    const guest = entities.guest.find((one) => one.vmid === vmid);
    const [operation] = entities.operation
      .filter(({ target }) => target === vmid)
      .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
    const claims = entities.claim.map(({ hostname, resources }) => `${resources.cpu} ${hostname}`).sort();
    const domains = HOSTS.flatMap((hostname) =>
      [...world.datacenter.host(hostname).domains.values()].map(({ state, job, machine }) => {
        const leaves = job?.direction === 'OUT' ? ' leaves' : '';
        return `${state}${leaves} ${hostname}${cpus ? ` with ${machine?.plugged}` : ''}`;
      }),
    );
    if (operation === undefined) return 'nothing';
    const step = `${operation.state} ${operation.step}`.trimEnd();
    const state = guest === undefined ? 'gone' : `${guest.state} ${guest.hostname}`;
    return `${step} | ${state} | ${claims.join(', ')} | ${domains.join(', ')}`.trimEnd();
  }

  describe('is where its name says, and passed once:', () => {
    for (const [name, expected] of Object.entries(EXPECTED) as [CrashPoint, string][]) {
      it(name, async () => {
        const begin = await furnish(name);
        const seen: string[] = [];
        atPlace = async (place) => {
          if (isAt(name, place)) seen.push(await sight(name, ['sc2', 'sc3', 'sc4'].includes(name)));
        };
        const { operation } = await begin(world, name, '');
        await world.succeeds(operation);
        await eventually('it was passed', () => seen.length > 0);
        assert.deepEqual(seen, [expected]);
      });
    }

    it('sg4, and the same answer to who asks again', async () => {
      await furnish('sg4');
      const places: string[] = [];
      atPlace = async (place) => void places.push(place);
      const first = await BEGIN.sg?.(world, 'sg4', 'again');
      const again = await BEGIN.sg?.(world, 'sg4', 'again');
      assert.equal(again?.operation?.name, first?.operation?.name);
      assert.deepEqual(
        places.filter((place) => place.startsWith('SubmitGuest')),
        [CRASH_POINTS.sg0, CRASH_POINTS.sg4, CRASH_POINTS.sg0, CRASH_POINTS.sg4].flat(),
      );
      await world.succeeds(first?.operation);
    });

    it('rh1 to rh3', async () => {
      const family: string[] = [CRASH_POINTS.rh1, CRASH_POINTS.rh2, CRASH_POINTS.rh3].flat();
      const places: [string, boolean, boolean][] = [];
      atPlace = async (place) => {
        const { entities } = await world.database.connect().load();
        const known = entities.host.some(({ hostname }) => hostname === 'node3');
        if (family.includes(place)) places.push([place, world.datacenter.hosts.has('node3'), known]);
      };
      const host = { hostname: 'node3', ipAddress: '10.0.0.3', maxIoKib: 1_000_000n };
      await world.client.hosts.registerHost(host);
      await world.client.hosts.removeHost({ hostname: 'node3' });
      assert.deepEqual(places, [
        [CRASH_POINTS.rh1[0], false, false],
        [CRASH_POINTS.rh2[0], true, false],
        [CRASH_POINTS.rh3[0], true, true],
      ]);
    });
  });

  describe('at which a defect shows once leaves a whole operation:', () => {
    for (const name of Object.keys(CRASH_POINTS) as CrashPoint[]) {
      if (name.startsWith('rh')) continue;
      it(name, async () => {
        const begin = await furnish(name);
        let failed = false;
        atPlace = async (place) => {
          if (failed || !isAt(name, place)) return;
          failed = true;
          throw new Error(`a defect at ${place}`);
        };
        const operation = await begin(world, name, name).then(
          (answer) => answer.operation,
          async (error: unknown) => {
            assert.equal((error as { reason?: string }).reason, 'INTERNAL');
            return (await begin(world, name, name)).operation;
          },
        );
        // Whether the call was made nobody knows then: the guest is where it was, and that ends the migration.
        if (name === 'mg2') await world.fails(operation, 'MIGRATION_STAYED');
        else await world.succeeds(operation);
        await eventually('the defect showed', () => failed);
        const { guests } = await world.client.guests.listGuests({});
        assert.deepEqual(
          guests.map(({ state }) => state),
          name.startsWith('dl') ? [] : ['GUEST_STATE_RUNNING'],
        );
        for (const { uuid, hostname } of guests) assert.deepEqual(world.runsOn(uuid), [hostname]);
        await world.auditClean();
        world.errors.length = 0;
      });
    }
  });

  describe('at which a defect shows each time leaves nothing half done:', () => {
    /** Where the deed was done in spite of it, and is seen to be done, that is no failure. */
    const endings = {
      sg2: 'INTERNAL',
      sg3: 'SUCCEEDED',
      mg2: 'MIGRATION_STAYED',
      mg3: 'INTERNAL',
      mg4: 'SUCCEEDED',
      mg5: 'SUCCEEDED',
      mg6: 'INTERNAL',
      sc2: 'INTERNAL',
      sc3: 'INTERNAL',
      sc4: 'INTERNAL',
    } as const;
    for (const [name, ending] of Object.entries(endings) as [keyof typeof endings, string][]) {
      it(name, async () => {
        await furnish(name);
        atPlace = async (place) => {
          if (isAt(name, place)) throw new Error(`a defect at ${place}`);
        };
        // Longer under way than the defect is borne.
        const slow = { vmid: name, policy: { bandwidthMibPerS: 16n } };
        const { operation } =
          name === 'mg3'
            ? await world.client.migration.migrateGuest(slow)
            : ((await BEGIN[name.slice(0, 2)]?.(world, name, '')) ?? {});
        const { state, error } = await world.ended(operation);
        assert.equal(error?.reason ?? state.slice('OPERATION_STATE_'.length), ending);
        const { guests } = await world.client.guests.listGuests({});
        for (const guest of guests) {
          assert.equal(guest.state, 'GUEST_STATE_RUNNING');
          assert.deepEqual(world.runsOn(guest.uuid), [guest.hostname]);
        }
        await world.auditClean();
        world.errors.length = 0;
      });
    }
  });
});
