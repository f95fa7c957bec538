// What a migration loses on its way (an end, a daemon, the connection between two daemons), and what comes of that.

import type { SimulatedDatacenter } from './datacenter.js';
import { setState } from './domain-calls.js';
import { pause } from './machine.js';
import { cancel, endAtTarget, fail, type Scene } from './migration-job.js';

/** Whether something that the job needs is gone, and with it the job. */
export function lookForLosses(scene: Scene): boolean {
  const { job, leaving, arriving } = scene;
  if (job.phase === 'POSTCOPY') return lookForPostcopyLosses(scene);
  if (job.phase === 'FINISH' && job.finish !== 'UNSENT') return lookForLateLosses(scene);
  if (leaving === undefined) fail(scene, 'REFUSED', 'the domain is not running any more');
  else if (arriving === undefined) cancel(scene, 'REFUSED', 'the guest process at the target is gone');
  else if (sourceRestarted(scene)) cancel(scene, 'REFUSED', 'the source was restarted');
  else if (targetLost(scene)) cancel(scene, 'REFUSED', 'the connection to the target was lost');
  // The target gives up a silent source, and the source then finds its target gone.
  else if (sourceLost(scene)) endAtTarget(scene, 'DESTROYED');
  else return false;
  return true;
}

/** The same while the guest runs at the target and has half of its memory at the source: neither can do without the other. */
function lookForPostcopyLosses(scene: Scene): boolean {
  const { datacenter, job, source, leaving, arriving } = scene;
  if (leaving === undefined) {
    if (arriving?.machine !== undefined) pause(arriving.machine, datacenter.now());
    if (arriving !== undefined) setState(arriving, 'PAUSED', 'POSTCOPY_FAILED');
    fail(scene, 'REFUSED', 'the source was lost in post-copy', false);
    return true;
  }
  if (arriving === undefined) {
    setState(leaving, 'PAUSED', 'POSTCOPY_FAILED');
    fail(scene, 'REFUSED', 'the target was lost in post-copy');
    return true;
  }
  if (job.outcome === undefined && (sourceRestarted(scene) || targetLost(scene) || sourceLost(scene))) {
    setState(leaving, 'PAUSED', 'POSTCOPY_FAILED');
    source.emit({ type: 'LIFECYCLE', uuid: job.uuid, event: 'SUSPENDED', detail: 'POSTCOPY_FAILED' });
    // The guest processes go on by themselves as soon as they hear each other again.
    job.outcome = { kind: 'REFUSED', message: 'the connection to the target was lost in post-copy' };
  }
  return false;
}

/** The same once the target was told to let the guest run: then nobody may take it away there. */
function lookForLateLosses(scene: Scene): boolean {
  if (scene.leaving === undefined) fail(scene, 'REFUSED', 'the domain is not running any more', false);
  // It has handed the guest over and cannot know whether it was taken: it stays paused.
  else if (sourceRestarted(scene)) fail(scene, 'REFUSED', 'the source was restarted', false);
  else if (targetLost(scene)) cancel(scene, 'REFUSED', 'the connection to the target was lost');
  else return false;
  return true;
}

function sourceRestarted({ job, source }: Scene): boolean {
  return source.daemon === 'DEAD' || source.daemonStarts !== job.sourceDaemon;
}

function targetLost({ datacenter, job, source, dest }: Scene): boolean {
  const reaches = datacenter.network.reaches(job.source, job.dest);
  const restarted = dest.daemon === 'DEAD' || dest.daemonStarts !== job.destDaemon;
  if (reaches && dest.powered && restarted) return source.answers;
  if (dest.answers && reaches) job.destSilentSince = undefined;
  else job.destSilentSince ??= datacenter.now();
  return source.answers && silentTooLong(datacenter, job.destSilentSince);
}

function sourceLost({ datacenter, job, source, dest }: Scene): boolean {
  if (source.answers && datacenter.network.reaches(job.source, job.dest)) job.sourceSilentSince = undefined;
  else job.sourceSilentSince ??= datacenter.now();
  return dest.answers && silentTooLong(datacenter, job.sourceSilentSince);
}

function silentTooLong(datacenter: SimulatedDatacenter, since: number | undefined): boolean {
  return since !== undefined && datacenter.now() - since >= datacenter.durations.keepaliveMs;
}
