// Peer-to-peer live migration between simulated hosts. The source's libvirtd drives it (begin, prepare, perform, finish,
// confirm), the data flows from guest process to guest process, and each part can fail by itself, as it does in libvirt:
// a target that was frozen serves a buffered finish after the source has gone on, and then the guest runs twice.

import type { HypervisorErrorKind, MigrateOptions, MigrationProgress } from '../../ports/hypervisor.js';
import type { SimulatedDatacenter } from './datacenter.js';
import { type Domain, liveDefinition, newDomain } from './domain.js';
import { isTaken, refuseMissingDevices, releaseWriteLocks, runVcpus, setState, stopDomain } from './domain-calls.js';
import type { SimulatedHost } from './host.js';
import { pause } from './machine.js';
import { Refused } from './refused.js';
import {
  advance,
  closeRounds,
  type Dirtying,
  drain,
  goOn,
  newTransfer,
  progressOf,
  remainingMs,
  type Transfer,
} from './transfer.js';

const TICK_MS = 50;
const MIB = 1024 * 1024;

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
  /** Whether the guest was paused by its user before. */
  readonly wasPaused: boolean;
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
interface Scene {
  readonly datacenter: SimulatedDatacenter;
  readonly job: MigrationJob;
  readonly source: SimulatedHost;
  readonly dest: SimulatedHost;
  readonly leaving: Domain | undefined;
  readonly arriving: Domain | undefined;
}

/** The call as the source's libvirtd serves it: returns when the guest is gone from there. */
export async function migrate(
  source: SimulatedHost,
  uuid: string,
  destName: string,
  options: MigrateOptions,
): Promise<void> {
  const { datacenter } = source;
  const job = begin(source, uuid, destName, options);
  try {
    await prepare(datacenter, job);
  } catch (error) {
    endJob(datacenter, job);
    throw error;
  }
  drive(datacenter, job);
  await datacenter.until(() => job.outcome !== undefined, undefined);
  if (job.outcome !== undefined && job.outcome.kind !== 'DONE')
    throw new Refused(job.outcome.kind, job.outcome.message);
}

function begin(source: SimulatedHost, uuid: string, destName: string, options: MigrateOptions): MigrationJob {
  const { datacenter } = source;
  const { domain } = source.running(uuid);
  if (domain.job !== undefined) throw new Refused('CONFLICT', `domain ${domain.domainName} is busy with a migration`);
  if (options.postcopy && options.arrivePaused) throw new Refused('UNSUPPORTED', 'post-copy excludes paused arrival');
  if (destName === source.name) throw new Refused('REFUSED', 'attempt to migrate guest to the same host');
  for (const { path, target, role } of domain.definition.disks) {
    if (role === 'DISK' && source.volumeAt(path)?.shared !== true && !options.copyDisks.includes(target)) {
      throw new Refused('UNSUPPORTED', `unsafe migration: disk ${target} is not on shared storage`);
    }
  }
  const now = datacenter.now();
  const job: MigrationJob = {
    id: datacenter.random.uuid(),
    uuid,
    source: source.name,
    dest: destName,
    options,
    startedAt: now,
    phase: 'PREPARE',
    transfer: undefined,
    wasPaused: domain.state === 'PAUSED',
    sourceDaemon: source.daemonStarts,
    destDaemon: datacenter.hosts.get(destName)?.daemonStarts ?? 0,
    steppedAt: now,
    destSilentSince: undefined,
    sourceSilentSince: undefined,
    abortAsked: false,
    postcopyAsked: false,
    stoppedAt: undefined,
    downtimeMs: undefined,
    finish: 'UNSENT',
    outcome: undefined,
    over: false,
  };
  domain.job = { id: job.id, direction: 'OUT' };
  datacenter.jobs.set(job.id, job);
  return job;
}

/** The target is asked whether it can take the guest, and makes room for it: a paused domain. */
async function prepare(datacenter: SimulatedDatacenter, job: MigrationJob): Promise<void> {
  const dest = datacenter.hosts.get(job.dest);
  const source = datacenter.host(job.source);
  const heard = () => dest?.answers === true && datacenter.reaches(job.source, job.dest);
  const refused = () =>
    dest === undefined || (dest.powered && dest.daemon === 'DEAD' && datacenter.reaches(job.source, job.dest));
  await datacenter.until(() => heard() || refused() || job.abortAsked, datacenter.durations.keepaliveMs);
  if (job.abortAsked) throw new Refused('JOB_ABORTED', 'the migration was aborted');
  if (dest === undefined || !heard()) throw new Refused('REFUSED', `unable to connect to ${job.dest}`);
  const { domain, machine } = source.running(job.uuid);
  const definition = { ...(job.options.definition ?? liveDefinition(domain, datacenter.now(), datacenter.durations)) };
  if (isTaken(dest, definition)) throw new Refused('REFUSED', `${dest.name} has such a domain already`);
  refuseMissingDevices(dest, definition);
  const arriving = newDomain(definition, false, domain.foreign);
  arriving.job = { id: job.id, direction: 'IN' };
  arriving.machine = structuredClone(machine);
  pause(arriving.machine, datacenter.now());
  setState(arriving, 'PAUSED', 'MIGRATING');
  dest.domains.set(job.uuid, arriving);
  datacenter.homes.set(arriving.machine, { host: dest, domain: arriving });
  dest.emit({ type: 'LIFECYCLE', uuid: job.uuid, event: 'STARTED', detail: 'MIGRATED' });
  const { bandwidthMibPerS, maxDowntimeMs, autoConverge } = job.options;
  const linkMibPerS = Math.min(source.settings.linkMibPerS, dest.settings.linkMibPerS);
  const bytesPerS = (bandwidthMibPerS === 0 ? linkMibPerS : Math.min(bandwidthMibPerS, linkMibPerS)) * MIB;
  const storageBytes = domain.definition.disks
    .filter(({ target }) => job.options.copyDisks.includes(target))
    .reduce((sum, { path }) => sum + (source.volumeAt(path)?.volume.allocationKib ?? 0) * 1024, 0);
  job.transfer = newTransfer(machine.behaviour.usedKib * 1024, storageBytes, bytesPerS, maxDowntimeMs, autoConverge);
  job.phase = 'PERFORM';
  job.steppedAt = datacenter.now();
}

/** Steps until the job is over. Also takes up a job that was written down. */
export function drive(datacenter: SimulatedDatacenter, job: MigrationJob): void {
  const { transfer } = job;
  const roundMs = transfer === undefined ? TICK_MS : Math.max(1, remainingMs(transfer));
  datacenter.after(Math.min(TICK_MS, roundMs), () => {
    step(sceneOf(datacenter, job));
    datacenter.changed();
    if (!job.over) drive(datacenter, job);
  });
}

function sceneOf(datacenter: SimulatedDatacenter, job: MigrationJob): Scene {
  const source = datacenter.host(job.source);
  const dest = datacenter.host(job.dest);
  const ofJob = (host: SimulatedHost) => {
    const domain = host.domains.get(job.uuid);
    return domain?.job?.id === job.id && domain.machine !== undefined ? domain : undefined;
  };
  return { datacenter, job, source, dest, leaving: ofJob(source), arriving: ofJob(dest) };
}

function step(scene: Scene): void {
  const { datacenter, job, source, dest } = scene;
  const elapsedMs = datacenter.now() - job.steppedAt;
  job.steppedAt = datacenter.now();
  if (lookForLosses(scene)) return;
  const flows = source.powered && dest.powered && datacenter.reaches(job.source, job.dest);
  if (flows) moveData(scene, elapsedMs);
  if (job.outcome !== undefined || !source.answers) return;
  if (job.abortAsked && job.phase === 'PERFORM') cancel(scene, 'JOB_ABORTED', 'the migration was aborted');
  else if (job.postcopyAsked && job.phase === 'PERFORM' && flows) switchToPostcopy(scene);
  else if (job.phase === 'FINISH') finish(scene, flows);
}

/** Whether something that the job needs is gone, and with it the job. */
function lookForLosses(scene: Scene): boolean {
  const { job, source, leaving, arriving } = scene;
  if (job.phase === 'POSTCOPY' || (job.phase === 'FINISH' && job.finish !== 'UNSENT')) return lookForLateLosses(scene);
  if (leaving === undefined) fail(scene, 'REFUSED', 'the domain is not running any more');
  else if (arriving === undefined) cancel(scene, 'REFUSED', 'the guest process at the target is gone');
  else if (source.daemonStarts !== job.sourceDaemon || source.daemon === 'DEAD')
    cancel(scene, 'REFUSED', 'the source was restarted');
  else if (targetLost(scene)) cancel(scene, 'REFUSED', 'the connection to the target was lost');
  // The target gives up a silent source, and the source then finds its target gone.
  else if (sourceLost(scene)) endAtTarget(scene, 'DESTROYED');
  else return false;
  return true;
}

/** The same once the guest may run at the target: then nobody may take it away there. */
function lookForLateLosses(scene: Scene): boolean {
  const { datacenter, job, source, leaving, arriving } = scene;
  if (job.phase === 'POSTCOPY') {
    if (leaving === undefined) {
      if (arriving?.machine !== undefined) pause(arriving.machine, datacenter.now());
      if (arriving !== undefined) setState(arriving, 'PAUSED', 'POSTCOPY_FAILED');
      fail(scene, 'REFUSED', 'the source was lost in post-copy', false);
    } else if (arriving === undefined) {
      setState(leaving, 'PAUSED', 'POSTCOPY_FAILED');
      fail(scene, 'REFUSED', 'the target was lost in post-copy');
    } else if (job.outcome === undefined && (targetLost(scene) || sourceLost(scene))) {
      setState(leaving, 'PAUSED', 'POSTCOPY_FAILED');
      source.emit({ type: 'LIFECYCLE', uuid: job.uuid, event: 'SUSPENDED', detail: 'POSTCOPY_FAILED' });
      job.outcome = { kind: 'REFUSED', message: 'the connection to the target was lost in post-copy' };
    } else return false;
    return true;
  }
  if (leaving === undefined) fail(scene, 'REFUSED', 'the domain is not running any more', false);
  // It has handed the guest over and cannot know whether it was taken: it stays paused.
  else if (source.daemonStarts !== job.sourceDaemon || source.daemon === 'DEAD')
    fail(scene, 'REFUSED', 'the source was restarted', false);
  else if (targetLost(scene)) cancel(scene, 'REFUSED', 'the connection to the target was lost');
  else return false;
  return true;
}

function targetLost({ datacenter, job, source, dest }: Scene): boolean {
  const reaches = datacenter.reaches(job.source, job.dest);
  if (reaches && dest.powered && (dest.daemon === 'DEAD' || dest.daemonStarts !== job.destDaemon))
    return source.answers;
  if (dest.answers && reaches) job.destSilentSince = undefined;
  else job.destSilentSince ??= datacenter.now();
  return source.answers && silentTooLong(datacenter, job.destSilentSince);
}

function sourceLost({ datacenter, job, source, dest }: Scene): boolean {
  if (source.answers && datacenter.reaches(job.source, job.dest)) job.sourceSilentSince = undefined;
  else job.sourceSilentSince ??= datacenter.now();
  return dest.answers && silentTooLong(datacenter, job.sourceSilentSince);
}

function silentTooLong(datacenter: SimulatedDatacenter, since: number | undefined): boolean {
  return since !== undefined && datacenter.now() - since >= datacenter.durations.keepaliveMs;
}

function moveData(scene: Scene, elapsedMs: number): void {
  const { datacenter, job, source, leaving } = scene;
  const { transfer } = job;
  if (transfer === undefined || leaving?.machine === undefined) return;
  if (job.phase === 'PERFORM') {
    const state = advance(transfer, elapsedMs, dirtyingOf(leaving));
    if (state === 'CONVERGED' && source.answers && !job.abortAsked) {
      stopForSwitch(scene);
      return;
    }
    if (state === 'CONVERGED') goOn(transfer);
    if (state !== 'GOING') source.emit({ type: 'MIGRATION_ITERATION', uuid: job.uuid, iteration: transfer.iteration });
  } else if (job.phase === 'SWITCH') {
    const stoodMs = datacenter.now() - (job.stoppedAt ?? 0);
    if (drain(transfer, elapsedMs) && stoodMs >= datacenter.durations.switchoverMs) {
      handOver(scene);
      job.phase = 'FINISH';
    }
  } else if (job.phase === 'POSTCOPY' && drain(transfer, elapsedMs)) {
    job.phase = 'FINISH';
    job.finish = 'DONE';
    if (scene.arriving !== undefined) settleAtTarget(scene, scene.arriving);
    if (job.outcome !== undefined) confirm(scene, leaving);
  }
}

function dirtyingOf({ machine }: Domain): Dirtying {
  if (machine === undefined || machine.pausedAt !== undefined) return { bytesPerS: 0, workingSetBytes: 0 };
  const { dirtyBytesPerS, workingSetKib } = machine.behaviour;
  return { bytesPerS: dirtyBytesPerS, workingSetBytes: workingSetKib * 1024 };
}

function stopForSwitch(scene: Scene): void {
  stopAtSource(scene, 'MIGRATING', 'MIGRATED');
  scene.job.phase = 'SWITCH';
}

function switchToPostcopy(scene: Scene): void {
  const { job, dest, arriving } = scene;
  stopAtSource(scene, 'POSTCOPY', 'POSTCOPY');
  handOver(scene);
  job.phase = 'POSTCOPY';
  if (job.transfer !== undefined) closeRounds(job.transfer);
  if (arriving !== undefined) runVcpus(dest, arriving, 'POSTCOPY', 'POSTCOPY');
  job.downtimeMs = scene.datacenter.durations.switchoverMs;
}

function stopAtSource(
  { datacenter, job, source, leaving }: Scene,
  reason: 'MIGRATING' | 'POSTCOPY',
  detail: string,
): void {
  if (leaving?.machine === undefined) return;
  job.stoppedAt = datacenter.now();
  pause(leaving.machine, job.stoppedAt);
  setState(leaving, 'PAUSED', reason);
  releaseWriteLocks(source, leaving);
  source.emit({ type: 'LIFECYCLE', uuid: job.uuid, event: 'SUSPENDED', detail });
}

/** The guest's memory is at the target now. */
function handOver({ leaving, arriving }: Scene): void {
  if (leaving?.machine !== undefined && arriving?.machine !== undefined) {
    Object.assign(arriving.machine, structuredClone(leaving.machine));
  }
}

function finish(scene: Scene, flows: boolean): void {
  const { job, dest, leaving } = scene;
  if (job.finish === 'UNSENT' && flows && dest.daemon !== 'DEAD') {
    job.finish = 'SENT';
    // A frozen target serves it when it thaws, whatever has become of the source by then.
    dest.receive(() => finishAtTarget(scene));
  }
  if (!flows || !dest.answers) return;
  if (job.finish === 'DONE' && leaving !== undefined) confirm(scene, leaving);
  else if (job.finish === 'FAILED') cancel(scene, 'REFUSED', 'the target could not let the guest run');
}

function finishAtTarget(scene: Scene): void {
  const { datacenter, job, dest } = scene;
  const { arriving } = sceneOf(datacenter, job);
  if (arriving?.machine === undefined) {
    job.finish = 'FAILED';
    return;
  }
  try {
    if (!job.options.arrivePaused && !job.wasPaused) runVcpus(dest, arriving, 'MIGRATED', 'MIGRATED');
    else setState(arriving, 'PAUSED', 'USER');
    settleAtTarget(scene, arriving);
    job.downtimeMs = Math.round(datacenter.now() - (job.stoppedAt ?? datacenter.now()));
    job.finish = 'DONE';
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    job.finish = 'FAILED';
    stopDomain(dest, arriving, 'OTHER', 'FAILED');
  }
}

function settleAtTarget({ job, dest }: Scene, arriving: Domain): void {
  if (arriving.state === 'RUNNING') setState(arriving, 'RUNNING', 'MIGRATED');
  arriving.job = undefined;
  if (!job.options.persistent) return;
  arriving.persistent = true;
  dest.emit({ type: 'LIFECYCLE', uuid: job.uuid, event: 'DEFINED', detail: 'ADDED' });
}

function confirm(scene: Scene, leaving: Domain): void {
  const { datacenter, job, source, dest } = scene;
  const completed = progress(datacenter, job, leaving);
  leaving.completed = completed;
  const arrived = dest.domains.get(job.uuid);
  if (arrived !== undefined) arrived.completed = completed;
  source.emit({ type: 'JOB_COMPLETED', uuid: job.uuid, progress: completed });
  leaving.job = undefined;
  if (job.options.persistent && leaving.persistent) {
    leaving.persistent = false;
    source.emit({ type: 'LIFECYCLE', uuid: job.uuid, event: 'UNDEFINED', detail: 'REMOVED' });
  }
  stopDomain(source, leaving, 'MIGRATED', 'MIGRATED');
  job.outcome ??= { kind: 'DONE', message: '' };
  endJob(datacenter, job);
}

/** The source goes on with the guest, as if nothing had been; the target drops its copy as soon as it notices. */
function cancel(scene: Scene, kind: HypervisorErrorKind, message: string): void {
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

function fail(scene: Scene, kind: HypervisorErrorKind, message: string, dropCopy = true): void {
  const { datacenter, job } = scene;
  job.outcome ??= { kind, message };
  if (dropCopy) endAtTarget(scene, 'FAILED');
  endJob(datacenter, job);
}

function endAtTarget(scene: Scene, detail: string): void {
  const { datacenter, job, dest } = scene;
  const end = () => {
    const { arriving } = sceneOf(datacenter, job);
    if (arriving !== undefined) stopDomain(dest, arriving, 'OTHER', detail);
  };
  // Without its daemon the guest process ends by itself, when its stream does.
  if (dest.daemon === 'DEAD') end();
  else dest.receive(end);
}

function endJob(datacenter: SimulatedDatacenter, job: MigrationJob): void {
  job.over = true;
  datacenter.jobs.delete(job.id);
  const leaving = datacenter.host(job.source).domains.get(job.uuid);
  if (leaving?.job?.id === job.id) leaving.job = undefined;
  datacenter.changed();
}

function progress(datacenter: SimulatedDatacenter, job: MigrationJob, leaving: Domain): MigrationProgress {
  return progressOf(job.transfer, dirtyingOf(leaving), datacenter.now() - job.startedAt, job.downtimeMs);
}

function jobOf(host: SimulatedHost, uuid: string): { job: MigrationJob | undefined; domain: Domain } {
  const domain = host.domain(uuid);
  const job = domain.job?.direction === 'OUT' ? host.datacenter.jobs.get(domain.job.id) : undefined;
  return { job, domain };
}

export function migrationProgress(host: SimulatedHost, uuid: string): MigrationProgress | undefined {
  const { job, domain } = jobOf(host, uuid);
  return job === undefined ? undefined : progress(host.datacenter, job, domain);
}

export function abortJob(host: SimulatedHost, uuid: string): void {
  const { job } = jobOf(host, uuid);
  if (job === undefined) throw new Refused('REFUSED', 'no job is active on the domain');
  if (job.phase !== 'PREPARE' && job.phase !== 'PERFORM')
    throw new Refused('REFUSED', 'the job cannot be aborted any more');
  job.abortAsked = true;
  host.datacenter.changed();
}

export function startPostcopy(host: SimulatedHost, uuid: string): void {
  const { job } = jobOf(host, uuid);
  if (job === undefined) throw new Refused('REFUSED', 'no job is active on the domain');
  if (!job.options.postcopy) throw new Refused('REFUSED', 'the migration was not started with post-copy');
  job.postcopyAsked = true;
  host.datacenter.changed();
}
