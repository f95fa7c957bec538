// Storage pools and their volumes. A shared pool is one object on all of its hosts, a local one belongs to its host.
// Volumes have a size, a backing image and a digest, and the write lock that QEMU takes on an image; no bytes are kept.

import { createHash } from 'node:crypto';
import type { GuestSeed } from '../../fleet/guest.js';
import type { PoolFacts, VolumeFacts } from '../../ports/hypervisor.js';
import { Refused } from './refused.js';
import type { PoolSettings } from './settings.js';

export interface Volume {
  readonly name: string;
  readonly format: 'qcow2' | 'raw';
  readonly capacityKib: number;
  readonly allocationKib: number;
  readonly backingPath: string;
  /** SHA-256 of what was uploaded; empty for a volume that was made empty. */
  readonly sha256: string;
  /** Who may write it: the host and UUID of a running domain; undefined: nobody has it open. */
  writer: string | undefined;
}

const OVERLAY_ALLOCATION_KIB = 196;
const SEED_KIB = 368;

export class Pool {
  readonly volumes = new Map<string, Volume>();
  active = true;

  constructor(readonly settings: PoolSettings) {}

  facts(): PoolFacts {
    const { name, path, kind, capacityKib } = this.settings;
    let allocatedKib = 0;
    for (const volume of this.volumes.values()) allocatedKib += volume.allocationKib;
    const availableKib = Math.max(0, capacityKib - allocatedKib);
    return { name, active: this.active, path, capacityKib, availableKib, type: kind === 'SHARED' ? 'netfs' : 'dir' };
  }

  pathOf(name: string): string {
    return `${this.settings.path}/${name}`;
  }

  volumeFacts(name: string): VolumeFacts | undefined {
    const volume = this.volumes.get(name);
    return volume === undefined ? undefined : this.factsOf(volume);
  }

  private factsOf({ name, format, capacityKib, allocationKib, backingPath }: Volume): VolumeFacts {
    return { pool: this.settings.name, name, path: this.pathOf(name), format, capacityKib, allocationKib, backingPath };
  }

  digest(name: string): string {
    const volume = this.volumes.get(name);
    if (volume === undefined) throw new Refused('NO_VOLUME', `pool ${this.settings.name} has no volume ${name}`);
    return volume.sha256;
  }

  createOverlay(name: string, capacityKib: number, base: string): VolumeFacts {
    if (base !== '' && !this.volumes.has(base)) {
      throw new Refused('NO_VOLUME', `pool ${this.settings.name} has no base image ${base}`);
    }
    const backingPath = base === '' ? '' : this.pathOf(base);
    return this.add({
      name,
      format: 'qcow2',
      capacityKib,
      allocationKib: OVERLAY_ALLOCATION_KIB,
      backingPath,
      sha256: '',
    });
  }

  createSeed(name: string, seed: GuestSeed, instanceId: string): VolumeFacts {
    const sha256 = createHash('sha256')
      .update(JSON.stringify({ instanceId, ...seed }))
      .digest('hex');
    return this.add({ name, format: 'raw', capacityKib: SEED_KIB, allocationKib: SEED_KIB, backingPath: '', sha256 });
  }

  add(volume: Omit<Volume, 'writer'>): VolumeFacts {
    if (!this.active) throw new Refused('REFUSED', `pool ${this.settings.name} is not active`);
    this.refuseTaken(volume.name);
    if (volume.allocationKib > this.facts().availableKib) {
      throw new Refused('REFUSED', `no space left in pool ${this.settings.name}`);
    }
    const added: Volume = { ...volume, writer: undefined };
    this.volumes.set(added.name, added);
    return this.factsOf(added);
  }

  refuseTaken(name: string): void {
    if (this.volumes.has(name)) {
      throw new Refused('CONFLICT', `pool ${this.settings.name} has a volume ${name} already`);
    }
  }

  delete(name: string): void {
    if (!this.volumes.delete(name)) throw new Refused('NO_VOLUME', `pool ${this.settings.name} has no volume ${name}`);
  }
}

/** An image as it comes in: counted, hashed, and its header read for the size a guest will see. */
export class Upload {
  private readonly hash = createHash('sha256');
  private header = Buffer.alloc(0);
  private receivedBytes = 0;

  constructor(
    private readonly name: string,
    private readonly format: 'qcow2' | 'raw',
    private readonly sizeBytes: number,
  ) {}

  add(chunk: Uint8Array): void {
    this.receivedBytes += chunk.byteLength;
    if (this.receivedBytes > this.sizeBytes) {
      throw new Refused('REFUSED', `more than the ${this.sizeBytes} bytes announced were sent`);
    }
    this.hash.update(chunk);
    if (this.header.byteLength < QCOW2.headerBytes)
      this.header = Buffer.concat([this.header, chunk]).subarray(0, QCOW2.headerBytes);
  }

  finish(): Omit<Volume, 'writer'> {
    if (this.receivedBytes < this.sizeBytes) {
      throw new Refused('REFUSED', `only ${this.receivedBytes} of ${this.sizeBytes} bytes were sent`);
    }
    const allocationKib = Math.ceil(this.sizeBytes / 1024);
    const virtualKib = this.format === 'qcow2' ? (virtualKibOf(this.header) ?? allocationKib) : allocationKib;
    const sha256 = this.hash.digest('hex');
    return { name: this.name, format: this.format, capacityKib: virtualKib, allocationKib, backingPath: '', sha256 };
  }
}

/** Where a qcow2 file says what it is and how large the disk in it is. */
const QCOW2 = { magic: 0x51_46_49_fb, sizeOffset: 24, headerBytes: 32 } as const;

function virtualKibOf(header: Buffer): number | undefined {
  if (header.byteLength < QCOW2.headerBytes || header.readUInt32BE(0) !== QCOW2.magic) return undefined;
  return Math.ceil(Number(header.readBigUInt64BE(QCOW2.sizeOffset)) / 1024);
}
