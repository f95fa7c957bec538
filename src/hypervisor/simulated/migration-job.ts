// A migration as data, the ends of it that are there, and the ways in which it can end without having succeeded.

import type { HypervisorErrorKind, MigrateOptions, MigrationProgress } from '../../ports/hypervisor.js';
import type { SimulatedDatacenter } from './datacenter.js';
import type { Domain } from './domain.js';
import { runVcpus, setState, stopDomain } from './domain-calls.js';
import type { SimulatedHost } from './host.js';
import { Refused } from './refused.js';
import { type Dirtying, progressOf, type Transfer } from './transfer.js';

/** Plain data: it goes on after a restart of the process that simulates it. */
export interface MigrationJob {
  readonly id: string;
  readonly uuid: string;
  readonly source: string;
  readonly dest: string;
  readonly options: MigrateOptions;
  readonly startedAt: number;
  /** SWITCH: the guest stands still and the rest is carried. FINISH: the target was asked to let it run. */
  phase: 'PREPARE' | 'PERFORM' | 'SWITCH' | 'POSTCOPY' | 'FINISH';
  transfer: Transfer | undefined;
  /** Whether the guest had been paused by its user when it was stopped. */
  wasPaused: boolean;
  /** The two daemons that speak with each other: another start of one of them is another daemon. */
  readonly sourceDaemon: number;
  readonly destDaemon: number;
  steppedAt: number;
  /** Since when one end has not heard the other. */
  destSilentSince: number | undefined;
  sourceSilentSince: number | undefined;
  abortAsked: boolean;
  postcopyAsked: boolean;
  stoppedAt: number | undefined;
  downtimeMs: number | undefined;
  finish: 'UNSENT' | 'SENT' | 'DONE' | 'FAILED';
  /** What the caller is told; set before the job is over where post-copy goes on by itself. */
  outcome: { readonly kind: HypervisorErrorKind | 'DONE'; readonly message: string } | undefined;
  over: boolean;
}

/** Everything that a step works on. Either domain may be gone. */
export interface Scene {
  readonly datacenter: SimulatedDatacenter;
  readonly job: MigrationJob;
  readonly source: SimulatedHost;
  readonly dest: SimulatedHost;
  readonly leaving: Domain | undefined;
  readonly arriving: Domain | undefined;
}

export function sceneOf(datacenter: SimulatedDatacenter, job: MigrationJob): Scene {
  const source = datacenter.host(job.source);
  const dest = datacenter.host(job.dest);
  const ofJob = (host: SimulatedHost) => {
    const domain = host.domains.get(job.uuid);
    return domain?.job?.id === job.id && domain.machine !== undefined ? domain : undefined;
  };
  return { datacenter, job, source, dest, leaving: ofJob(source), arriving: ofJob(dest) };
}

/** The source goes on with the guest, as if nothing had been; the target drops its copy as soon as it notices. */
export function cancel(scene: Scene, kind: HypervisorErrorKind, message: string): void {
  const { job, source, leaving } = scene;
  if (leaving !== undefined && job.stoppedAt !== undefined) {
    if (job.wasPaused) setState(leaving, 'PAUSED', 'USER');
    else resumeAtSource(source, leaving);
  }
  fail(scene, kind, message);
}

function resumeAtSource(source: SimulatedHost, leaving: Domain): void {
  try {
    runVcpus(source, leaving, 'MIGRATION_CANCELED', 'MIGRATED');
  } catch (error) {
    // Somebody else has the locks of its disks: it cannot go on, and stays as it is.
    if (!(error instanceof Refused)) throw error;
    setState(leaving, 'PAUSED', 'MIGRATION_CANCELED');
  }
}

export function fail(scene: Scene, kind: HypervisorErrorKind, message: string, dropCopy = true): void {
  const { datacenter, job } = scene;
  job.outcome ??= { kind, message };
  if (dropCopy) endAtTarget(scene, 'FAILED');
  endJob(datacenter, job);
}

export function endAtTarget(scene: Scene, detail: string): void {
  const { datacenter, job, dest } = scene;
  const end = () => {
    const { arriving } = sceneOf(datacenter, job);
    if (arriving !== undefined) stopDomain(dest, arriving, 'OTHER', detail);
  };
  // Without its daemon the guest process ends by itself, when its stream does.
  if (dest.daemon === 'DEAD') end();
  else dest.receive(end);
}

export function endJob(datacenter: SimulatedDatacenter, job: MigrationJob): void {
  job.over = true;
  datacenter.jobs.delete(job.id);
  const leaving = datacenter.host(job.source).domains.get(job.uuid);
  if (leaving?.job?.id === job.id) leaving.job = undefined;
  datacenter.changed();
}

export function progress(datacenter: SimulatedDatacenter, job: MigrationJob, leaving: Domain): MigrationProgress {
  return progressOf(job.transfer, dirtyingOf(leaving), datacenter.now() - job.startedAt, job.downtimeMs);
}

export function dirtyingOf({ machine }: Domain): Dirtying {
  if (machine === undefined || machine.pausedAt !== undefined) return { bytesPerS: 0, workingSetBytes: 0 };
  const { dirtyBytesPerS, workingSetKib } = machine.behaviour;
  return { bytesPerS: dirtyBytesPerS, workingSetBytes: workingSetKib * 1024 };
}
