// Pools and volumes of a real daemon, and the bytes of volumes as streams.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  isNoPool,
  isNoVolume,
  isVolumeExists,
  type LibvirtConnection,
  PoolCreateFlag,
  type PoolRef,
  PoolState,
} from '../../src/libvirt/client.js';
import { needsLab } from '../lab.js';
import { connectTo } from './lab-guest.js';

const volumeXml = (name: string, bytes: number): string =>
  `<volume><name>${name}</name><capacity unit='bytes'>${bytes}</capacity><target><format type='raw'/></target></volume>`;

describe('libvirt storage', function () {
  this.timeout(60_000);

  let host: LibvirtConnection;
  let pool: PoolRef;
  let folder: string;

  before(async function () {
    await needsLab(2).call(this);
    host = await connectTo('node1');
    folder = await mkdtemp(join(tmpdir(), 'virtdc-pool-'));
    pool = await host.pools.create(
      `<pool type='dir'><name>rpc-pool</name><target><path>${folder}</path></target></pool>`,
      PoolCreateFlag.WITH_BUILD,
    );
  });
  after(async () => {
    if (host === undefined) return;
    for (const volume of await host.pools.volumes(pool)) await host.volumes.delete(volume);
    await host.pools.destroy(pool);
    await rm(folder, { recursive: true });
    host.close();
  });

  it('finds pools and their space', async () => {
    assert.deepEqual(await host.pools.lookup('rpc-pool'), pool);
    assert.ok((await host.pools.list()).some(({ uuid }) => uuid === pool.uuid));
    const info = await host.pools.info(pool);
    assert.equal(info.state, PoolState.RUNNING);
    assert.ok(info.capacityBytes >= info.availableBytes && info.availableBytes > 0n);
    assert.ok((await host.pools.xml(pool)).includes(folder));
    await assert.rejects(host.pools.lookup('none'), isNoPool);
  });

  it('makes, copies, measures and deletes volumes', async () => {
    const volume = await host.volumes.create(pool, volumeXml('a', 65_536));
    assert.deepEqual(volume, { pool: 'rpc-pool', name: 'a', key: join(folder, 'a') });
    assert.deepEqual(await host.volumes.lookup(pool, 'a'), volume);
    assert.deepEqual(await host.volumes.lookupByPath(volume.key), volume);
    assert.deepEqual(await host.volumes.lookupByKey(volume.key), volume);
    assert.equal(await host.volumes.path(volume), volume.key);
    assert.equal((await host.volumes.info(volume)).capacityBytes, 65_536n);
    await host.volumes.resize(volume, 131_072n);
    assert.equal((await host.volumes.info(volume)).capacityBytes, 131_072n);
    assert.match(await host.volumes.xml(volume), /<name>a<\/name>/);
    await assert.rejects(host.volumes.create(pool, volumeXml('a', 1)), isVolumeExists);
    const copy = await host.volumes.createFrom(pool, volumeXml('b', 131_072), volume);
    assert.deepEqual((await host.pools.volumes(pool)).map(({ name }) => name).sort(), ['a', 'b']);
    await host.volumes.delete(copy);
    await host.volumes.delete(volume);
    await assert.rejects(host.volumes.lookup(pool, 'a'), isNoVolume);
  });

  it('gives back the bytes that were uploaded, all or a part', async () => {
    const content = randomBytes(3_000_001);
    const volume = await host.volumes.create(pool, volumeXml('bytes', content.length));
    await host.volumes.upload(
      volume,
      (async function* () {
        for (let at = 0; at < content.length; at += 1_000_003) yield content.subarray(at, at + 1_000_003);
      })(),
    );
    assert.ok(content.equals(await buffer(await host.volumes.download(volume))));
    const range = { offset: 1_000n, length: 500_000n };
    assert.ok(content.subarray(1_000, 501_000).equals(await buffer(await host.volumes.download(volume, range))));
    await host.volumes.upload(volume, [Buffer.from('middle')], { offset: 1_000n, length: 6n });
    assert.equal(
      (await buffer(await host.volumes.download(volume, { offset: 1_000n, length: 6n }))).toString(),
      'middle',
    );
    await host.volumes.delete(volume);
  });

  it('breaks transfers off without harm to the connection', async () => {
    const volume = await host.volumes.create(pool, volumeXml('broken', 8_000_000));
    const download = await host.volumes.download(volume);
    for await (const chunk of download) {
      assert.ok(chunk.length > 0);
      break;
    }
    assert.ok(download.destroyed);
    assert.equal(await host.host.hostname(), 'node1');
    const failing = host.volumes.upload(
      volume,
      (async function* () {
        yield randomBytes(500_000);
        throw new Error('the source failed');
      })(),
    );
    await assert.rejects(failing, /the source failed/);
    const abort = new AbortController();
    const aborted = host.volumes.upload(
      volume,
      (async function* () {
        yield randomBytes(500_000);
        abort.abort();
        yield randomBytes(500_000);
      })(),
      {},
      { signal: abort.signal },
    );
    await assert.rejects(aborted, { name: 'AbortError' });
    assert.equal(await host.host.hostname(), 'node1');
    await host.volumes.delete(volume);
  });

  it('stops reading for a slow reader, and loses nothing', async () => {
    const small = await connectTo('node1', { limits: { streamBufferBytes: 65_536 } });
    const content = randomBytes(4_000_000);
    const volume = await small.volumes.create(pool, volumeXml('slow', content.length));
    await small.volumes.upload(volume, [content]);
    const parts: Buffer[] = [];
    for await (const chunk of await small.volumes.download(volume)) {
      parts.push(chunk as Buffer);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(content.equals(Buffer.concat(parts)));
    await small.volumes.delete(volume);
    small.close();
  });

  it('fails an upload that the daemon refuses', async () => {
    const volume = await host.volumes.create(pool, volumeXml('tiny', 4096));
    await host.volumes.delete(volume);
    await assert.rejects(host.volumes.upload(volume, [Buffer.from('x')]), isNoVolume);
    await assert.rejects(host.volumes.download(volume), isNoVolume);
  });
});
