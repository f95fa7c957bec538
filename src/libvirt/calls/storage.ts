// Storage pools and volumes, with their contents as streams.
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { bound } from '../bound.js';
import type { CallOptions, StreamOptions } from '../caller.js';
import { procedures as p } from '../procedures.js';
import type { PoolRef, VolumeRef } from '../wire.js';

/** `state` is a PoolState. */
export interface PoolInfo {
  readonly state: number;
  readonly capacityBytes: bigint;
  readonly allocationBytes: bigint;
  readonly availableBytes: bigint;
}

/** `type`: 0 file, 1 block, 2 directory, 3 network. */
export interface VolumeInfo {
  readonly type: number;
  readonly capacityBytes: bigint;
  readonly allocationBytes: bigint;
}

export interface PoolCalls {
  list(options?: CallOptions): Promise<readonly PoolRef[]>;
  /** LibvirtError isNoPool if there is none. */
  lookup(name: string, options?: CallOptions): Promise<PoolRef>;
  /** Starts a transient pool (PoolCreateFlag). */
  create(xml: string, flags?: number, options?: CallOptions): Promise<PoolRef>;
  define(xml: string, options?: CallOptions): Promise<PoolRef>;
  /** Makes what lies under a defined pool (the directory). */
  build(pool: PoolRef, options?: CallOptions): Promise<void>;
  /** Starts a defined pool (PoolCreateFlag). */
  start(pool: PoolRef, flags?: number, options?: CallOptions): Promise<void>;
  /** Stops a pool; its volumes stay as they are. */
  destroy(pool: PoolRef, options?: CallOptions): Promise<void>;
  undefine(pool: PoolRef, options?: CallOptions): Promise<void>;
  /** Looks for volumes that came or went without libvirt, and measures the space again. */
  refresh(pool: PoolRef, options?: CallOptions): Promise<void>;
  setAutostart(pool: PoolRef, autostart: boolean, options?: CallOptions): Promise<void>;
  info(pool: PoolRef, options?: CallOptions): Promise<PoolInfo>;
  xml(pool: PoolRef, options?: CallOptions): Promise<string>;
  volumes(pool: PoolRef, options?: CallOptions): Promise<readonly VolumeRef[]>;
}

export interface VolumeCalls {
  /** LibvirtError isNoVolume if there is none. */
  lookup(pool: PoolRef, name: string, options?: CallOptions): Promise<VolumeRef>;
  lookupByPath(path: string, options?: CallOptions): Promise<VolumeRef>;
  lookupByKey(key: string, options?: CallOptions): Promise<VolumeRef>;
  /** VolumeCreateFlag. LibvirtError isVolumeExists if the name is taken. */
  create(pool: PoolRef, xml: string, flags?: number, options?: CallOptions): Promise<VolumeRef>;
  /** A volume with the contents of `source`, which may lie in another pool. Copies: give it a deadline of its own. */
  createFrom(pool: PoolRef, xml: string, source: VolumeRef, flags?: number, options?: CallOptions): Promise<VolumeRef>;
  /** VolumeDeleteFlag. */
  delete(volume: VolumeRef, flags?: number, options?: CallOptions): Promise<void>;
  info(volume: VolumeRef, options?: CallOptions): Promise<VolumeInfo>;
  path(volume: VolumeRef, options?: CallOptions): Promise<string>;
  xml(volume: VolumeRef, options?: CallOptions): Promise<string>;
  resize(volume: VolumeRef, capacityBytes: bigint, options?: CallOptions): Promise<void>;
  /**
   * Writes `source` into the volume from `offset` (default 0) on, `length` bytes of it (default 0: all), and answers once
   * the daemon has confirmed. The deadline is for the opening; streamIdleMs bounds a standstill.
   */
  upload(
    volume: VolumeRef,
    source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    range?: ByteRange,
    options?: StreamOptions,
  ): Promise<void>;
  /** The volume's bytes. Destroying the stream stops the transfer. */
  download(volume: VolumeRef, range?: ByteRange, options?: StreamOptions): Promise<Readable>;
}

/** `length` 0: to the end. */
export interface ByteRange {
  readonly offset?: bigint;
  readonly length?: bigint;
}

const LIST = 1;

export const poolCalls = bound<PoolCalls>({
  list: async (caller, options) =>
    (await caller.call(p.CONNECT_LIST_ALL_STORAGE_POOLS, { needResults: LIST, flags: 0 }, options)).pools,
  lookup: async (caller, name, options) => (await caller.call(p.STORAGE_POOL_LOOKUP_BY_NAME, { name }, options)).pool,
  create: async (caller, xml, flags = 0, options) =>
    (await caller.call(p.STORAGE_POOL_CREATE_XML, { xml, flags }, options)).pool,
  define: async (caller, xml, options) =>
    (await caller.call(p.STORAGE_POOL_DEFINE_XML, { xml, flags: 0 }, options)).pool,
  build: async (caller, pool, options) => void (await caller.call(p.STORAGE_POOL_BUILD, { pool, flags: 0 }, options)),
  start: async (caller, pool, flags = 0, options) =>
    void (await caller.call(p.STORAGE_POOL_CREATE, { pool, flags }, options)),
  destroy: async (caller, pool, options) => void (await caller.call(p.STORAGE_POOL_DESTROY, { pool }, options)),
  undefine: async (caller, pool, options) => void (await caller.call(p.STORAGE_POOL_UNDEFINE, { pool }, options)),
  refresh: async (caller, pool, options) =>
    void (await caller.call(p.STORAGE_POOL_REFRESH, { pool, flags: 0 }, options)),
  setAutostart: async (caller, pool, autostart, options) =>
    void (await caller.call(p.STORAGE_POOL_SET_AUTOSTART, { pool, autostart }, options)),
  info: (caller, pool, options) => caller.call(p.STORAGE_POOL_GET_INFO, { pool }, options),
  xml: async (caller, pool, options) =>
    (await caller.call(p.STORAGE_POOL_GET_XML_DESC, { pool, flags: 0 }, options)).xml,
  volumes: async (caller, pool, options) =>
    (await caller.call(p.STORAGE_POOL_LIST_ALL_VOLUMES, { pool, needResults: LIST, flags: 0 }, options)).vols,
});

export const volumeCalls = bound<VolumeCalls>({
  lookup: async (caller, pool, name, options) =>
    (await caller.call(p.STORAGE_VOL_LOOKUP_BY_NAME, { pool, name }, options)).vol,
  lookupByPath: async (caller, path, options) =>
    (await caller.call(p.STORAGE_VOL_LOOKUP_BY_PATH, { path }, options)).vol,
  lookupByKey: async (caller, key, options) => (await caller.call(p.STORAGE_VOL_LOOKUP_BY_KEY, { key }, options)).vol,
  create: async (caller, pool, xml, flags = 0, options) =>
    (await caller.call(p.STORAGE_VOL_CREATE_XML, { pool, xml, flags }, options)).vol,
  createFrom: async (caller, pool, xml, source, flags = 0, options) =>
    (await caller.call(p.STORAGE_VOL_CREATE_XML_FROM, { pool, xml, source, flags }, { ...options, long: true })).vol,
  delete: async (caller, vol, flags = 0, options) =>
    void (await caller.call(p.STORAGE_VOL_DELETE, { vol, flags }, options)),
  info: (caller, vol, options) => caller.call(p.STORAGE_VOL_GET_INFO, { vol }, options),
  path: async (caller, vol, options) => (await caller.call(p.STORAGE_VOL_GET_PATH, { vol }, options)).path,
  xml: async (caller, vol, options) => (await caller.call(p.STORAGE_VOL_GET_XML_DESC, { vol, flags: 0 }, options)).xml,
  resize: async (caller, vol, capacityBytes, options) =>
    void (await caller.call(p.STORAGE_VOL_RESIZE, { vol, capacityBytes, flags: 0 }, options)),
  async upload(caller, vol, source, range, options) {
    const stream = await caller.openStream(p.STORAGE_VOL_UPLOAD, { vol, ...bounds(range), flags: 0 }, options);
    try {
      await pipeline(source, stream, options?.signal ? { signal: options.signal } : {});
    } finally {
      stream.destroy();
    }
  },
  download: (caller, vol, range, options) =>
    caller.openStream(p.STORAGE_VOL_DOWNLOAD, { vol, ...bounds(range), flags: 0 }, options),
});

const bounds = ({ offset = 0n, length = 0n }: ByteRange = {}) => ({ offset, length });
