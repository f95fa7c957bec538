// Base images over the wire: into every host of a pool, again without effect, and found again by a service that forgot them.

import assert from 'node:assert/strict';
import { refused, World } from './service.js';

const HOSTS = ['node1', 'node2'];
const CONTENT = Buffer.alloc(70_000, 'virtdc');
const HEADER = { pool: 'local', hostname: '', name: 'base', format: 'DISK_FORMAT_RAW', sha256: '' } as const;

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

describe('base images over the wire', function () {
  this.timeout(60_000);
  let world: World;
  before(async () => {
    world = await World.start();
    await world.ready(HOSTS);
    await world.client.hosts.registerPool({ name: 'local', kind: 'POOL_KIND_LOCAL', hostnames: HOSTS });
  });
  after(() => world.end());

  async function push(name: string, content = CONTENT) {
    async function* parts() {
      yield { part: { $case: 'header' as const, value: { ...HEADER, name, sizeBytes: BigInt(content.length) } } };
      yield { part: { $case: 'chunk' as const, value: content } };
    }
    return (await world.client.hosts.pushImage(parts())).images;
  }

  it('go to every host of a LOCAL pool, and again without effect', async () => {
    const images = await push('base');
    assert.deepEqual(images.map((image) => image.hostname).sort(), HOSTS);
    assert.deepEqual(await push('base'), images);
    await refused(push('base', Buffer.alloc(70_000)), 'ALREADY_EXISTS', 'IMAGE_EXISTS');
  });

  it('that lie in the pool already are recorded, if they are the same', async () => {
    const byHand = world.datacenter.hypervisor('somebody else');
    for (const hostname of HOSTS) {
      const host = byHand.host({ hostname, uri: `sim://${hostname}`, migrationUri: `sim://${hostname}` });
      await host.uploadVolume('local', 'kept', 'raw', CONTENT.length, once(CONTENT));
    }
    await byHand.close();
    await refused(push('kept', Buffer.alloc(70_000)), 'ALREADY_EXISTS', 'IMAGE_EXISTS');
    assert.equal((await push('kept')).length, HOSTS.length);
  });
});
