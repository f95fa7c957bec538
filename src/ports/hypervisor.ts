// What virtdc asks of the hosts, whatever drives them: libvirt itself, or the simulation.
// Every call takes a deadline of its own; an unanswered one is UNKNOWN_OUTCOME, never "did not happen".

import type { GuestSeed } from '../fleet/guest.js';
import type { DomainMark, GuestDefinition } from '../fleet/guest-definition.js';
import type { HostFacts } from '../fleet/host.js';

export type { DomainMark, GuestDefinition } from '../fleet/guest-definition.js';

/**
 * UNREACHABLE: surely nothing was sent. UNKNOWN_OUTCOME: sent, but no answer came (it may take effect later).
 * NO_DOMAIN: the host answered that it does not have it. CONFLICT: exists already, or busy with another job.
 * AGENT_UNAVAILABLE: the guest's agent does not answer. JOB_ABORTED: a migration ended because it was aborted.
 * UNSUPPORTED: this host or guest cannot do it. REFUSED: any other definite failure.
 */
export type HypervisorErrorKind =
  | 'UNREACHABLE'
  | 'UNKNOWN_OUTCOME'
  | 'NO_DOMAIN'
  | 'NO_VOLUME'
  | 'NO_POOL'
  | 'CONFLICT'
  | 'AGENT_UNAVAILABLE'
  | 'JOB_ABORTED'
  | 'UNSUPPORTED'
  | 'REFUSED';

export class HypervisorError extends Error {
  override readonly name = 'HypervisorError';
  constructor(
    readonly kind: HypervisorErrorKind,
    readonly hostname: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export interface HostAddress {
  readonly hostname: string;
  readonly uri: string;
  readonly migrationUri: string;
}

export interface CallOptions {
  /** Default LIMITS.libvirtCallDeadlineMs. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export type DomainState = 'RUNNING' | 'PAUSED' | 'SHUTDOWN' | 'SHUTOFF' | 'CRASHED' | 'SUSPENDED' | 'NOSTATE';

/** Reasons that decisions depend on; OTHER carries nothing. MIGRATING: paused by a job of its own. */
export type DomainStateReason =
  | 'USER'
  | 'MIGRATING'
  | 'MIGRATED'
  | 'MIGRATION_CANCELED'
  | 'POSTCOPY'
  | 'POSTCOPY_FAILED'
  | 'STARTING_UP'
  | 'IO_ERROR'
  | 'SHUTDOWN'
  | 'DESTROYED'
  | 'CRASHED'
  | 'OTHER';

const ENDED_STATES: ReadonlySet<DomainState> = new Set(['SHUTOFF', 'CRASHED']);

/** Present and not shut off: it holds memory and may run. */
export function isActive(domain: Pick<ObservedDomain, 'state'> | undefined): boolean {
  return domain !== undefined && !ENDED_STATES.has(domain.state);
}

/** A domain as its host reports it. Absent numbers were not reported. */
export interface ObservedDomain {
  readonly uuid: string;
  readonly domainName: string;
  readonly state: DomainState;
  readonly stateReason: DomainStateReason;
  readonly persistent: boolean;
  readonly currentCpu: number | undefined;
  readonly maxCpu: number | undefined;
  readonly balloonKib: number | undefined;
  readonly maxMemoryKib: number | undefined;
  /** Whether a migration job runs out of this host. */
  readonly migratingOut: boolean | undefined;
}

export interface PoolFacts {
  readonly name: string;
  readonly active: boolean;
  readonly path: string;
  readonly capacityKib: number;
  readonly availableKib: number;
  /** libvirt's pool type (dir, netfs, logical ...). */
  readonly type: string;
}

export interface VolumeFacts {
  readonly pool: string;
  readonly name: string;
  readonly path: string;
  readonly format: string;
  readonly capacityKib: number;
  readonly allocationKib: number;
  readonly backingPath: string;
}

export interface MigrateOptions {
  readonly bandwidthMibPerS: number;
  readonly maxDowntimeMs: number;
  readonly autoConverge: boolean;
  readonly postcopy: boolean;
  /** VIR_MIGRATE_PAUSED: stays paused on the target until resumed by us. */
  readonly arrivePaused: boolean;
  /** Target devices whose storage is copied incrementally into volumes that exist on the target. */
  readonly copyDisks: readonly string[];
  /** PERSIST_DEST and UNDEFINE_SOURCE. */
  readonly persistent: boolean;
  /** The domain's XML on the target where it differs (paths, autostart is no part of it); undefined: libvirt's own. */
  readonly definition: GuestDefinition | undefined;
}

export interface MigrationProgress {
  readonly elapsedMs: number;
  readonly bytesTotal: number | undefined;
  readonly bytesProcessed: number | undefined;
  readonly bytesRemaining: number | undefined;
  readonly bandwidthBytesPerS: number | undefined;
  readonly dirtyBytesPerS: number | undefined;
  readonly iteration: number | undefined;
  readonly throttlePercent: number | undefined;
  readonly downtimeMs: number | undefined;
}

export type DomainEvent =
  | { readonly type: 'LIFECYCLE'; readonly uuid: string; readonly event: LifecycleEvent; readonly detail: string }
  | { readonly type: 'BALLOON'; readonly uuid: string; readonly balloonKib: number }
  | { readonly type: 'MIGRATION_ITERATION'; readonly uuid: string; readonly iteration: number }
  | { readonly type: 'JOB_COMPLETED'; readonly uuid: string; readonly progress: MigrationProgress }
  | { readonly type: 'DEVICE_ADDED' | 'DEVICE_REMOVED'; readonly uuid: string; readonly alias: string }
  | { readonly type: 'AGENT'; readonly uuid: string; readonly connected: boolean }
  | { readonly type: 'REBOOT'; readonly uuid: string }
  | { readonly type: 'IO_ERROR'; readonly uuid: string; readonly path: string };

export type LifecycleEvent =
  | 'DEFINED'
  | 'UNDEFINED'
  | 'STARTED'
  | 'SUSPENDED'
  | 'RESUMED'
  | 'STOPPED'
  | 'SHUTDOWN'
  | 'PMSUSPENDED'
  | 'CRASHED';

export interface HostListener {
  /** Hints only: events may be lost whenever the connection is. `at` is the time of arrival. */
  event(event: DomainEvent): void;
  /** A connection stands (again): what happened before it was not heard. */
  connected(): void;
  disconnected(reason: string): void;
}

export interface ConsoleSession {
  /** What the guest prints, until the session ends. */
  readonly output: AsyncIterable<Uint8Array>;
  write(data: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** One host. Connects when first used and again whenever the connection was lost; close() ends it for good. */
export interface HostDriver {
  readonly address: HostAddress;
  /** Supervises a connection (with keepalive) and reports on it until the signal aborts. */
  listen(listener: HostListener, signal: AbortSignal): void;
  close(): Promise<void>;
  /**
   * Closes the present connection and proves that the host answers on a new one. After a call with UNKNOWN_OUTCOME
   * nothing that was sent before can begin any more; what a domain looks like then is how that call ended.
   */
  barrier(options?: CallOptions): Promise<void>;

  facts(options?: CallOptions): Promise<HostFacts>;
  /** Every domain, running or not, managed by virtdc or not. */
  domains(options?: CallOptions): Promise<readonly ObservedDomain[]>;
  /** undefined: the host answered that it has none with this UUID. */
  domain(uuid: string, options?: CallOptions): Promise<ObservedDomain | undefined>;
  domainXml(uuid: string, options?: CallOptions): Promise<string>;
  domainMark(uuid: string, options?: CallOptions): Promise<DomainMark | undefined>;

  /** Defines it (persistent) with autostart or creates it transient, running. CONFLICT if it exists. */
  create(definition: GuestDefinition, persistent: boolean, options?: CallOptions): Promise<void>;
  /** Renders what create() would give to libvirt, for export. */
  render(definition: GuestDefinition): string;
  /** Starts a persistent domain that is shut off. */
  start(uuid: string, options?: CallOptions): Promise<void>;
  setAutostart(uuid: string, autostart: boolean, options?: CallOptions): Promise<void>;
  undefine(uuid: string, options?: CallOptions): Promise<void>;
  destroy(uuid: string, options?: CallOptions): Promise<void>;
  /** Asks the guest to power off (agent, then ACPI); returns when asked, not when done. */
  shutdown(uuid: string, options?: CallOptions): Promise<void>;
  /** Asks the guest to reboot, or resets it (force). */
  reboot(uuid: string, force: boolean, options?: CallOptions): Promise<void>;
  suspend(uuid: string, options?: CallOptions): Promise<void>;
  resume(uuid: string, options?: CallOptions): Promise<void>;

  /** Plugs or, where HostFacts.cpuUnplug, unplugs vCPUs of the live guest. */
  setPluggedCpu(uuid: string, cpu: number, options?: CallOptions): Promise<void>;
  /** Takes vCPUs on- or offline inside the guest, through its agent. */
  setOnlineCpu(uuid: string, cpu: number, options?: CallOptions): Promise<void>;
  onlineCpu(uuid: string, options?: CallOptions): Promise<number>;
  /** Asks the balloon; cooperative: the guest gives memory as it can. */
  setMemory(uuid: string, memoryKib: number, options?: CallOptions): Promise<void>;
  bootId(uuid: string, options?: CallOptions): Promise<string>;
  addresses(uuid: string, options?: CallOptions): Promise<readonly string[]>;
  console(uuid: string, options?: CallOptions): Promise<ConsoleSession>;

  /**
   * Peer-to-peer live migration; settles when libvirt's Perform does. No deadline of its own: the caller watches it,
   * and an aborted signal stops waiting, not the migration (abortJob does).
   */
  migrate(uuid: string, dest: HostAddress, options: MigrateOptions, signal: AbortSignal): Promise<void>;
  /** undefined: no job runs. */
  migrationProgress(uuid: string, options?: CallOptions): Promise<MigrationProgress | undefined>;
  /** Figures of the last completed job, where the host still knows them. */
  completedMigration(uuid: string, options?: CallOptions): Promise<MigrationProgress | undefined>;
  /** How fast the guest writes its memory, measured for a second now; undefined where that cannot be measured. */
  dirtyBytesPerS(uuid: string, options?: CallOptions): Promise<number | undefined>;
  abortJob(uuid: string, options?: CallOptions): Promise<void>;
  startPostcopy(uuid: string, options?: CallOptions): Promise<void>;

  pools(options?: CallOptions): Promise<readonly PoolFacts[]>;
  /** undefined: the pool has no such volume. */
  volume(pool: string, name: string, options?: CallOptions): Promise<VolumeFacts | undefined>;
  /** A qcow2 (compat 1.1) overlay of base (a volume of the pool), or an empty qcow2 where base is empty. */
  createVolume(
    pool: string,
    name: string,
    capacityKib: number,
    base: string,
    options?: CallOptions,
  ): Promise<VolumeFacts>;
  deleteVolume(pool: string, name: string, options?: CallOptions): Promise<void>;
  /** SHA-256 of the volume's bytes, in lower-case hexadecimal: all of them are read. */
  volumeDigest(pool: string, name: string, options?: CallOptions): Promise<string>;
  /** Makes a volume of the format and fills it; an unfinished one is removed. */
  uploadVolume(
    pool: string,
    name: string,
    format: 'qcow2' | 'raw',
    sizeBytes: number,
    content: AsyncIterable<Uint8Array>,
    options?: CallOptions,
  ): Promise<VolumeFacts>;
  /** Makes the NoCloud seed (an image labelled cidata) as a raw volume. */
  createSeed(
    pool: string,
    name: string,
    seed: GuestSeed,
    instanceId: string,
    options?: CallOptions,
  ): Promise<VolumeFacts>;

  /** The host's own clock, as it dates a volume made and removed in the pool; undefined where volumes are not dated. */
  clockOf(pool: string, options?: CallOptions): Promise<Date | undefined>;

  /** The CPU (libvirt XML) that this host and all the given ones can run; empty where libvirt cannot say. */
  baselineCpu(cpuXmls: readonly string[], options?: CallOptions): Promise<string>;
  /** Whether this host can run the given CPU (libvirt XML); undefined where libvirt cannot say. */
  runsCpu(cpuXml: string, options?: CallOptions): Promise<boolean | undefined>;
  /** Dials the peer from this host as a peer-to-peer migration would; rejects with what went wrong. */
  dialPeer(peer: HostAddress, options?: CallOptions): Promise<void>;
}

/** Gives the driver of a host by its URI's scheme. The same address gives the same driver until it is closed. */
export interface Hypervisor {
  host(address: HostAddress): HostDriver;
  close(): Promise<void>;
}
