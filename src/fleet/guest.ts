// A guest (VM): what was asked for it, what was observed of it, and where it belongs.

export type GuestState =
  | 'PENDING'
  | 'STARTING'
  | 'RUNNING'
  | 'PAUSED'
  | 'MIGRATING'
  | 'STOPPED'
  | 'TERMINATING'
  | 'LOST'
  | 'UNKNOWN';

/**
 * What happens to a guest that is lost. NEVER: it stays so. WITH_HOST: defined persistent with autostart, it returns with
 * its host, and nowhere else. ON_HOST_FAILURE: it is started again, elsewhere where its host was proven to be off.
 */
export const RESTART_POLICIES = ['NEVER', 'WITH_HOST', 'ON_HOST_FAILURE'] as const;
export type RestartPolicy = (typeof RESTART_POLICIES)[number];

/** Restarts that nobody asked for, as long as they follow each other closely. */
export interface Restarts {
  readonly count: number;
  readonly lastAt: Date;
  /** The host that the last one failed on; empty: it did not fail. */
  readonly failedOn: string;
}

export interface GuestDisk {
  /** Target device in the domain, such as vda. */
  readonly target: string;
  readonly pool: string;
  readonly volume: string;
  /** Path of the volume on its host; empty until it was made. */
  readonly path: string;
  readonly format: 'qcow2' | 'raw';
  /** Base image (a volume of the same pool) that the overlay is backed by; empty for none. */
  readonly baseImage: string;
  readonly capacityKib: number;
  readonly role: 'DISK' | 'SEED';
  /** Only disks that virtdc made are ever removed by it. */
  readonly madeByVirtdc: boolean;
}

export interface GuestNic {
  readonly kind: 'NETWORK' | 'BRIDGE';
  readonly source: string;
  readonly mac: string;
}

/** What was seen of a running guest. Absent numbers were not seen: unknown, never 0. */
export interface GuestObservation {
  readonly at: Date;
  /** vCPUs plugged in, as libvirt counts them; the guest may have some of them offline. */
  readonly pluggedCpu: number | undefined;
  /** vCPUs online inside the guest, by its agent. */
  readonly onlineCpu: number | undefined;
  /** The balloon: memory the guest has now. */
  readonly balloonKib: number | undefined;
  readonly bootId: string | undefined;
  readonly addresses: readonly string[];
}

/** NoCloud seed: what cloud-init inside the guest is told at its first boot. */
export interface GuestSeed {
  readonly guestHostname: string;
  readonly sshAuthorizedKeys: readonly string[];
  readonly userData: string;
}

export interface Guest {
  readonly vmid: string;
  readonly uuid: string;
  /** libvirt's name of the domain; differs from vmid for adopted guests. */
  readonly domainName: string;
  /** The host the guest is bound to: the only one that may run it. */
  readonly hostname: string;
  readonly state: GuestState;
  readonly stateReason: string;
  /** Asked for. */
  readonly currentCpu: number;
  readonly maxCpu: number;
  readonly currentMemoryKib: number;
  readonly maxMemoryKib: number;
  readonly ioKib: number;
  readonly observed: GuestObservation | undefined;
  readonly disks: readonly GuestDisk[];
  readonly nics: readonly GuestNic[];
  readonly seed: GuestSeed | undefined;
  readonly baseGuest: string;
  /** Key of the domain XML template (see base-guest.ts) that the guest is made from, as long as it lives. */
  readonly template: string;
  /** Whether libvirt keeps its definition (adopted ones, WITH_HOST); the others exist there only while they run. */
  readonly persistent: boolean;
  readonly adopted: boolean;
  readonly restartPolicy: RestartPolicy;
  /** Where several lost guests want the same room, the greater is started first. */
  readonly priority: number;
  /** undefined: it never was restarted by itself. */
  readonly restarts: Restarts | undefined;
  /** The open operation on this guest, empty for none. One at a time. */
  readonly operation: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Who submitted it, and with which request id (empty if none was given). */
  readonly createdBy: string;
  readonly createdByRequest: string;
  readonly createdAt: Date;
  /** What brought its last change about; set at commit, as the revision is. See change.ts. */
  readonly cause: string;
  readonly revision: number;
}
/** Space (KiB) that the guest takes of the pool: all of its claim where virtdc put its disks, else those disks' sizes. */
export function spaceOn(guest: Guest, pool: string): number {
  const there = guest.disks.filter((disk) => disk.pool === pool);
  if (there.some((disk) => disk.madeByVirtdc)) return guest.ioKib;
  return there.reduce((sum, disk) => sum + disk.capacityKib, 0);
}

/** Disks that the guest writes to; its seed is not one of them. */
export function writableDisks(guest: Guest): readonly GuestDisk[] {
  return guest.disks.filter((disk) => disk.role === 'DISK');
}
