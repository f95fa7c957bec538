// The way of a migration from the first page to the source's end: perform, switch over, finish at the target, confirm.

import type { SimulatedDatacenter } from './datacenter.js';
import type { Domain } from './domain.js';
import { releaseWriteLocks, runVcpus, setState, stopDomain } from './domain-calls.js';
import { pause } from './machine.js';
import { cancel, dirtyingOf, endJob, type MigrationJob, progress, type Scene, sceneOf } from './migration-job.js';
import { lookForLosses } from './migration-losses.js';
import { Refused } from './refused.js';
import { advance, closeRounds, drain, goOn, remainingMs } from './transfer.js';

const TICK_MS = 50;

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

function step(scene: Scene): void {
  const { datacenter, job, source, dest } = scene;
  const elapsedMs = datacenter.now() - job.steppedAt;
  job.steppedAt = datacenter.now();
  if (lookForLosses(scene)) return;
  const flows = source.powered && dest.powered && datacenter.network.reaches(job.source, job.dest);
  if (flows) moveData(scene, elapsedMs);
  if (job.over || job.outcome !== undefined || !source.answers) return;
  if (job.abortAsked && job.phase === 'PERFORM') cancel(scene, 'JOB_ABORTED', 'the migration was aborted');
  else if (job.postcopyAsked && job.phase === 'PERFORM' && flows) switchToPostcopy(scene);
  else if (job.phase === 'FINISH') finish(scene, flows);
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
  job.downtimeMs = scene.datacenter.durations.switchoverMs;
  if (arriving === undefined) return;
  try {
    runVcpus(dest, arriving, 'POSTCOPY', 'POSTCOPY');
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    cancel(scene, 'REFUSED', error.message);
  }
}

function stopAtSource(
  { datacenter, job, source, leaving }: Scene,
  reason: 'MIGRATING' | 'POSTCOPY',
  detail: string,
): void {
  if (leaving?.machine === undefined) return;
  job.stoppedAt = datacenter.now();
  job.wasPaused = leaving.state === 'PAUSED';
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
