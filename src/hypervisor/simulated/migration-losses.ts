// What a migration loses on its way (an end, a daemon, the connection between two daemons), and what comes of that.

import type { SimulatedDatacenter } from './datacenter.js';
import { setState } from './domain-calls.js';
import { pause } from './machine.js';
import { cancel, endAtTarget, fail, type Scene } from './migration-job.js';

/** Whether something that the job needs is gone, and with it the job. */
export function lookForLosses(scene: Scene): boolean {
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
  const reaches = datacenter.network.reaches(job.source, job.dest);
  if (reaches && dest.powered && (dest.daemon === 'DEAD' || dest.daemonStarts !== job.destDaemon))
    return source.answers;
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
