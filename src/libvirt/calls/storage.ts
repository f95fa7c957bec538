// Storage pools and volumes, with their contents as streams.
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Caller, CallOptions, StreamOptions } from '../caller.js';
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

export function poolCalls(caller: Caller): PoolCalls {
  return {
    list: async (options) =>
      (await caller.call(p.CONNECT_LIST_ALL_STORAGE_POOLS, { needResults: LIST, flags: 0 }, options)).pools,
    lookup: async (name, options) => (await caller.call(p.STORAGE_POOL_LOOKUP_BY_NAME, { name }, options)).pool,
    create: async (xml, flags = 0, options) =>
      (await caller.call(p.STORAGE_POOL_CREATE_XML, { xml, flags }, options)).pool,
    define: async (xml, options) => (await caller.call(p.STORAGE_POOL_DEFINE_XML, { xml, flags: 0 }, options)).pool,
    build: async (pool, options) => void (await caller.call(p.STORAGE_POOL_BUILD, { pool, flags: 0 }, options)),
    start: async (pool, flags = 0, options) =>
      void (await caller.call(p.STORAGE_POOL_CREATE, { pool, flags }, options)),
    destroy: async (pool, options) => void (await caller.call(p.STORAGE_POOL_DESTROY, { pool }, options)),
    undefine: async (pool, options) => void (await caller.call(p.STORAGE_POOL_UNDEFINE, { pool }, options)),
    refresh: async (pool, options) => void (await caller.call(p.STORAGE_POOL_REFRESH, { pool, flags: 0 }, options)),
    setAutostart: async (pool, autostart, options) =>
      void (await caller.call(p.STORAGE_POOL_SET_AUTOSTART, { pool, autostart }, options)),
    info: (pool, options) => caller.call(p.STORAGE_POOL_GET_INFO, { pool }, options),
    xml: async (pool, options) => (await caller.call(p.STORAGE_POOL_GET_XML_DESC, { pool, flags: 0 }, options)).xml,
    volumes: async (pool, options) =>
      (await caller.call(p.STORAGE_POOL_LIST_ALL_VOLUMES, { pool, needResults: LIST, flags: 0 }, options)).vols,
  };
}

export function volumeCalls(caller: Caller): VolumeCalls {
  return {
    lookup: async (pool, name, options) =>
      (await caller.call(p.STORAGE_VOL_LOOKUP_BY_NAME, { pool, name }, options)).vol,
    lookupByPath: async (path, options) => (await caller.call(p.STORAGE_VOL_LOOKUP_BY_PATH, { path }, options)).vol,
    lookupByKey: async (key, options) => (await caller.call(p.STORAGE_VOL_LOOKUP_BY_KEY, { key }, options)).vol,
    create: async (pool, xml, flags = 0, options) =>
      (await caller.call(p.STORAGE_VOL_CREATE_XML, { pool, xml, flags }, options)).vol,
    createFrom: async (pool, xml, source, flags = 0, options) =>
      (await caller.call(p.STORAGE_VOL_CREATE_XML_FROM, { pool, xml, source, flags }, { ...options, long: true })).vol,
    delete: async (vol, flags = 0, options) => void (await caller.call(p.STORAGE_VOL_DELETE, { vol, flags }, options)),
    info: (vol, options) => caller.call(p.STORAGE_VOL_GET_INFO, { vol }, options),
    path: async (vol, options) => (await caller.call(p.STORAGE_VOL_GET_PATH, { vol }, options)).path,
    xml: async (vol, options) => (await caller.call(p.STORAGE_VOL_GET_XML_DESC, { vol, flags: 0 }, options)).xml,
    resize: async (vol, capacityBytes, options) =>
      void (await caller.call(p.STORAGE_VOL_RESIZE, { vol, capacityBytes, flags: 0 }, options)),
    async upload(vol, source, range, options) {
      const stream = await caller.openStream(p.STORAGE_VOL_UPLOAD, { vol, ...bounds(range), flags: 0 }, options);
      try {
        await pipeline(source, stream, options?.signal ? { signal: options.signal } : {});
      } finally {
        stream.destroy();
      }
    },
    download: (vol, range, options) =>
      caller.openStream(p.STORAGE_VOL_DOWNLOAD, { vol, ...bounds(range), flags: 0 }, options),
  };
}

const bounds = ({ offset = 0n, length = 0n }: ByteRange = {}) => ({ offset, length });
