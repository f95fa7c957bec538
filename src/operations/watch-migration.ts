// Watches a migration job: reports its figures, and aborts it when it is cancelled, takes too long, or makes no progress.
// Nothing in libvirt does the last of these.

import type { MigrationPolicy } from '../fleet/operation.js';
import { LIMITS } from '../limits.js';
import { type HostDriver, HypervisorError, type MigrationProgress } from '../ports/hypervisor.js';
import { type Act, StepFailure } from './step.js';

/** Why the job was told to end, if it was; it may have ended otherwise by then. */
export type Stopped = StepFailure | undefined;

/**
 * Until `over` says so. A job that this process started is over when Perform settles; one that was found running,
 * when the host shows no job any more.
 */
export async function watchMigration(
  act: Act,
  source: HostDriver,
  policy: MigrationPolicy,
  over: (progress: MigrationProgress | undefined) => boolean,
): Promise<Stopped> {
  const uuid = act.guest().uuid;
  const startedMs = act.clock.monotonicMs();
  const stall = new Stall(policy.stallTimeoutS * 1_000, startedMs);
  const late = () =>
    new StepFailure('MIGRATION_TIMEOUT', `not done within ${policy.completionTimeoutS} s`, {
      completion_timeout_s: String(policy.completionTimeoutS),
    });
  let stopped: Stopped;
  let told = false;
  let postcopy = false;
  let running = false;
  for (;;) {
    const progress = await figures(source, uuid);
    if (progress !== undefined && progress !== 'UNKNOWN') {
      act.progress(progress);
      if (!running) await act.reach('perform running');
      running = true;
    }
    if (over(progress === 'UNKNOWN' ? { elapsedMs: 0, ...NO_FIGURES } : progress)) return stopped;
    const now = act.clock.monotonicMs();
    if (stopped === undefined) {
      const isLate = now - startedMs >= policy.completionTimeoutS * 1_000;
      if (act.cancelled.aborted) stopped = new StepFailure('CANCELLED', 'cancelled on request');
      else if (isLate && policy.onTimeout === 'POSTCOPY' && !postcopy) {
        postcopy = await startPostcopy(act, source, uuid);
        if (!postcopy) stopped = late();
      } else if (isLate && !postcopy) stopped = late();
      else if (progress !== 'UNKNOWN' && stall.at(now, progress)) {
        stopped = new StepFailure('MIGRATION_STALLED', `no progress for ${policy.stallTimeoutS} s`, {
          stall_timeout_s: String(policy.stallTimeoutS),
        });
      }
    }
    if (stopped !== undefined && !told) told = await abort(act, source, uuid);
    await act.clock.sleep(LIMITS.migrationPollMs, act.signal);
  }
}

const NO_FIGURES = {
  bytesTotal: undefined,
  bytesProcessed: undefined,
  bytesRemaining: undefined,
  bandwidthBytesPerS: undefined,
  dirtyBytesPerS: undefined,
  iteration: undefined,
  throttlePercent: undefined,
  downtimeMs: undefined,
};

/** A host that does not answer now is unknown, not at its end. */
async function figures(source: HostDriver, uuid: string): Promise<MigrationProgress | undefined | 'UNKNOWN'> {
  try {
    return await source.migrationProgress(uuid);
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    return error.kind === 'NO_DOMAIN' ? undefined : 'UNKNOWN';
  }
}

/** Whether the source was told; one that does not answer is told again. */
async function abort(act: Act, source: HostDriver, uuid: string): Promise<boolean> {
  try {
    await source.abortJob(uuid);
    return true;
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    act.log.warn({ err: error }, 'the migration was not aborted');
    return error.kind !== 'UNREACHABLE' && error.kind !== 'UNKNOWN_OUTCOME';
  }
}

/** False where the source refuses; one that does not answer is taken to have begun, as nobody knows. */
async function startPostcopy(act: Act, source: HostDriver, uuid: string): Promise<boolean> {
  try {
    await source.startPostcopy(uuid);
    return true;
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    act.log.warn({ err: error }, 'the migration was not switched to post-copy');
    return error.kind === 'UNKNOWN_OUTCOME';
  }
}

/** Progress is a new iteration, or more bytes done, or fewer left. */
class Stall {
  private last = '';

  constructor(
    private readonly limitMs: number,
    private movedAtMs: number,
  ) {}

  at(nowMs: number, progress: MigrationProgress | undefined): boolean {
    const state = `${progress?.iteration} ${progress?.bytesProcessed} ${progress?.bytesRemaining}`;
    if (state !== this.last) {
      this.last = state;
      this.movedAtMs = nowMs;
    }
    return nowMs - this.movedAtMs >= this.limitMs;
  }
}
