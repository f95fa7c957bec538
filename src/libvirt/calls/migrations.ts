// Live migration from daemon to daemon (peer to peer), and the jobs that go with it.
import { bound } from '../bound.js';
import type { CallOptions } from '../caller.js';
import { MigrateFlag } from '../constants.js';
import { procedures as p } from '../procedures.js';
import type { TypedParam, TypedParams } from '../typed-params.js';
import { byUuid } from './domains.js';

/** A job's figures so far: `type` a JobType (NONE: no job runs). */
export interface JobInfo {
  readonly type: number;
  readonly timeElapsedMs: bigint;
  readonly timeRemainingMs: bigint;
  readonly dataTotal: bigint;
  readonly dataProcessed: bigint;
  readonly dataRemaining: bigint;
  readonly memTotal: bigint;
  readonly memProcessed: bigint;
  readonly memRemaining: bigint;
  readonly fileTotal: bigint;
  readonly fileProcessed: bigint;
  readonly fileRemaining: bigint;
}

export interface JobStats {
  /** A JobType. */
  readonly type: number;
  /** "operation", "time_elapsed", "downtime", "memory_total", "memory_remaining", "memory_dirty_rate", "memory_iteration" ... */
  readonly params: TypedParams;
}

export interface MigrationCalls {
  /**
   * Has the source's daemon move a guest to `destinationUri`, which it dials itself (in libvirt's own syntax), and answers
   * when that is done. `flags`: MigrateFlag, to which PEER2PEER is added; `params`: "migrate_uri", "bandwidth",
   * "migrate_disks", "destination_xml" ... The call has no deadline unless one is given. Aborting it, or losing the
   * connection, does not stop the migration: `abortJob` does, and it ends with LibvirtError isOperationAborted.
   */
  perform(
    uuid: string,
    destinationUri: string,
    params: readonly TypedParam[],
    flags: number,
    options?: CallOptions,
  ): Promise<void>;
  /** MiB/s; before or during a migration. Stays set in the domain. */
  setMaxSpeed(uuid: string, mibPerS: bigint, options?: CallOptions): Promise<void>;
  maxSpeed(uuid: string, options?: CallOptions): Promise<bigint>;
  setMaxDowntime(uuid: string, downtimeMs: bigint, options?: CallOptions): Promise<void>;
  maxDowntime(uuid: string, options?: CallOptions): Promise<bigint>;
  /** Switches a running migration that was started with POSTCOPY over to it. */
  startPostCopy(uuid: string, options?: CallOptions): Promise<void>;
  /** Measures for `seconds` (1 to 60) how fast the guest writes its memory; read it with StatsType.DIRTYRATE. */
  startDirtyRate(uuid: string, seconds: number, options?: CallOptions): Promise<void>;
  jobInfo(uuid: string, options?: CallOptions): Promise<JobInfo>;
  /** The running job's figures, or with `completed` those of the last one that ended, which that reading forgets. */
  jobStats(uuid: string, completed?: boolean, options?: CallOptions): Promise<JobStats>;
  /** Cancels the running job. LibvirtError isOperationInvalid if none runs. */
  abortJob(uuid: string, options?: CallOptions): Promise<void>;
}

const JOB_STATS_COMPLETED = 1;
const NO_COOKIE = new Uint8Array();

export const migrationCalls = bound<MigrationCalls>({
  perform: async (caller, uuid, destinationUri, params, flags, options) =>
    void (await caller.call(
      p.DOMAIN_MIGRATE_PERFORM3_PARAMS,
      { ...byUuid(uuid), destinationUri, params, cookieIn: NO_COOKIE, flags: flags | MigrateFlag.PEER2PEER },
      { deadlineMs: null, ...options, long: true },
    )),
  setMaxSpeed: async (caller, uuid, mibPerS, options) =>
    void (await caller.call(p.DOMAIN_MIGRATE_SET_MAX_SPEED, { ...byUuid(uuid), mibPerS, flags: 0 }, options)),
  maxSpeed: async (caller, uuid, options) =>
    (await caller.call(p.DOMAIN_MIGRATE_GET_MAX_SPEED, { ...byUuid(uuid), flags: 0 }, options)).mibPerS,
  setMaxDowntime: async (caller, uuid, downtimeMs, options) =>
    void (await caller.call(p.DOMAIN_MIGRATE_SET_MAX_DOWNTIME, { ...byUuid(uuid), downtimeMs, flags: 0 }, options)),
  maxDowntime: async (caller, uuid, options) =>
    (await caller.call(p.DOMAIN_MIGRATE_GET_MAX_DOWNTIME, { ...byUuid(uuid), flags: 0 }, options)).downtimeMs,
  startPostCopy: async (caller, uuid, options) =>
    void (await caller.call(p.DOMAIN_MIGRATE_START_POST_COPY, { ...byUuid(uuid), flags: 0 }, options)),
  startDirtyRate: async (caller, uuid, seconds, options) =>
    void (await caller.call(p.DOMAIN_START_DIRTY_RATE_CALC, { ...byUuid(uuid), seconds, flags: 0 }, options)),
  jobInfo: (caller, uuid, options) => caller.call(p.DOMAIN_GET_JOB_INFO, byUuid(uuid), options),
  jobStats: (caller, uuid, completed = false, options) =>
    caller.call(p.DOMAIN_GET_JOB_STATS, { ...byUuid(uuid), flags: completed ? JOB_STATS_COMPLETED : 0 }, options),
  abortJob: async (caller, uuid, options) => void (await caller.call(p.DOMAIN_ABORT_JOB, byUuid(uuid), options)),
});
