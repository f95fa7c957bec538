// Storage pools, and the base images that virtdc put into them.

export type PoolKind = 'LOCAL' | 'SHARED';

export interface Pool {
  /** Name of the libvirt pool on each of its hosts. */
  readonly name: string;
  readonly kind: PoolKind;
  /** The operator's word that the storage is locked against two writers (libvirt shows it nowhere). SHARED only. */
  readonly locking: boolean;
  /** Hosts that have it. */
  readonly hosts: readonly string[];
  /** Space of a SHARED pool, counted once over all its hosts; 0 is not limited. LOCAL pools count on their host. */
  readonly capacityKib: number;
  /** The host that exports it, empty for none; that host cannot be removed. */
  readonly exportedBy: string;
  readonly revision: number;
}

/** A base image in a pool: on one host of a LOCAL pool, or once in a SHARED one (hostname empty). */
export interface Image {
  readonly pool: string;
  readonly hostname: string;
  readonly name: string;
  readonly format: 'qcow2' | 'raw';
  readonly sizeBytes: number;
  /** Size a guest sees. */
  readonly virtualKib: number;
  readonly sha256: string;
  readonly revision: number;
}

export function imageKey(pool: string, hostname: string, name: string): string {
  return `${pool}/${hostname}/${name}`;
}
