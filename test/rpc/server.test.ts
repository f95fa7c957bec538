// What is served beside the services: health, reflection under both its names; and the end of all of it.

import assert from 'node:assert/strict';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { type Channel, createChannel, createClient } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { PlacementDefinition } from '#gen/virtdc/v1/placement_service.js';
import { eventually } from '../eventually.js';
import { codeOf, rawAnswers, rawCall, SERVICES } from './raw-call.js';
import { GIB, refused, World } from './service.js';

describe('the server', function () {
  this.timeout(60_000);
  let world: World;
  let channel: Channel;
  beforeEach(async () => {
    world = await World.start();
    channel = createChannel(world.address);
  });
  afterEach(async () => {
    channel.close();
    await world.end();
  });

  it('says that it serves, each of its services and no other', async () => {
    const health = createClient(HealthDefinition, channel);
    for (const service of ['', ...SERVICES.map(({ typeName }) => typeName)]) {
      assert.equal((await health.check({ service })).status, 1, service);
    }
    await assert.rejects(health.check({ service: 'virtdc.v1.Nothing' }), /NOT_FOUND/);
  });

  it('says that it does not while the database is away; calls are UNAVAILABLE, and all goes on when it is back', async () => {
    await world.ready(['node1']);
    const health = createClient(HealthDefinition, channel);
    const status = async () => (await health.check({ service: '' })).status;
    world.databaseFails = 'UNAVAILABLE';
    await eventually('NOT_SERVING', async () => (await status()) === 2);
    const request = { ...world.submission('one'), requestId: 'r-1' };
    const raw = createClient(PlacementDefinition, channel);
    await assert.rejects(raw.submitGuest(request), /UNAVAILABLE/);
    world.databaseFails = undefined;
    await eventually('SERVING', async () => (await status()) === 1);
    await world.succeeds((await world.client.placement.submitGuest(request)).operation);
  });

  it('describes itself by reflection, v1 and v1alpha', async () => {
    // Of ServerReflectionRequest: 7 asks for the services, 4 for the file that describes a symbol.
    const services = new BinaryWriter().tag(7, 2).string('').finish();
    const file = new BinaryWriter().tag(4, 2).string('virtdc.v1.Placement.SubmitGuest').finish();
    for (const version of ['v1', 'v1alpha']) {
      const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
      const [names, described] = (await rawAnswers(channel, path, [services, file])).map((answer) =>
        Buffer.from(answer).toString('latin1'),
      );
      for (const { typeName } of [...SERVICES, { typeName: 'grpc.health.v1.Health' }])
        assert.ok(names?.includes(typeName), typeName);
      assert.match(described ?? '', /virtdc\/v1\/placement_service\.proto/);
    }
  });

  it('ends long polls, watches and streams of progress when it stops, and is gone soon', async () => {
    await world.ready(['node1', 'node2']);
    const guest = await world.submit('one');
    await world.submit('two');
    world.faults.behave(guest.uuid, { usedKib: GIB, dirtyBytesPerS: 0 });
    const { operation } = await world.client.migration.migrateGuest({ vmid: 'one', policy: { bandwidthMibPerS: 64n } });
    const name = operation?.name ?? '';
    await world.whenOperation(name, ({ step }) => step === 'perform');
    const drained = async (stream: AsyncIterable<unknown>) => {
      for await (const _ of stream);
    };
    const { guests, hosts, migration } = world.client;
    async function* silent() {
      yield { part: { $case: 'target' as const, value: { vmid: 'two' } } };
      await gone;
    }
    let leave = () => {};
    const gone = new Promise<void>((resolve) => (leave = resolve));
    const streams = [
      drained(guests.watchGuests({})),
      drained(hosts.watchHosts({})),
      drained(migration.watchMigration({ operation: name })),
      drained(guests.openConsole(silent())),
    ];
    const health = createClient(HealthDefinition, channel);
    const watching = drained(health.watch({ service: '' })).catch(() => {});
    await world.clock.sleep(500);
    const began = world.clock.monotonicMs();
    const refusals = streams.map((stream) => refused(stream, 'UNAVAILABLE', 'SHUTTING_DOWN'));
    await world.stop();
    leave();
    await Promise.all(refusals);
    await watching;
    assert.ok(world.clock.monotonicMs() - began < 20_000, 'nobody was waited for to the last');
    await world.start();
    await world.succeeds(operation);
  });

  it('answers a call to what it has not', async () => {
    const message = new BinaryWriter().finish();
    assert.equal(codeOf(await rawCall(channel, '/virtdc.v2.Placement/SubmitGuest', message)), 'UNIMPLEMENTED');
  });
});
