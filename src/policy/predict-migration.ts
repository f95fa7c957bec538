// How long a pre-copy migration will take, and whether it ends by itself: round after round sends what was written during the
// round before, until what is left fits into the stop that is allowed.

export interface MigrationLoad {
  /** Memory to be sent at first, KiB; disks that are copied belong to it. */
  readonly memoryKib: number;
  readonly diskKib: number;
  readonly bandwidthMibPerS: number;
  /** Memory that the guest writes to, MiB/s; undefined: nobody has measured it. */
  readonly dirtyMibPerS: number | undefined;
  readonly maxDowntimeMs: number;
  readonly autoConverge: boolean;
}

export interface MigrationForecast {
  /** undefined: not known, as the dirty rate is not. */
  readonly converges: 'YES' | 'THROTTLED' | 'NO' | undefined;
  readonly totalMs: number | undefined;
  readonly blackoutMs: number | undefined;
  readonly bytesTotal: number;
  /** That it rests on. */
  readonly bandwidthMibPerS: number;
}

/** QEMU's own bound on the stop, where none is given. */
const DEFAULT_DOWNTIME_MS = 300;
/** Taking the guest up on the target: 20 to 100 ms as others have measured it. */
const RESUME_MS = 100;
/** QEMU slows a guest that writes too fast by 20 %, then by 10 % more each time, at most to a hundredth. */
const FIRST_THROTTLE = 0.2;
const THROTTLE_STEP = 0.1;
const MOST_THROTTLE = 0.99;
/** Rounds after which a migration that gets nowhere is given up as not converging. */
const MOST_ROUNDS = 64;

const KIB_PER_MIB = 1024;

export function predictMigration(load: MigrationLoad): MigrationForecast {
  const { bandwidthMibPerS, dirtyMibPerS, autoConverge } = load;
  const firstMib = (load.memoryKib + load.diskKib) / KIB_PER_MIB;
  const bytesTotal = (load.memoryKib + load.diskKib) * 1024;
  if (dirtyMibPerS === undefined)
    return { converges: undefined, totalMs: undefined, blackoutMs: undefined, bytesTotal, bandwidthMibPerS };

  const stopMs = load.maxDowntimeMs === 0 ? DEFAULT_DOWNTIME_MS : load.maxDowntimeMs;
  const stopMib = (bandwidthMibPerS * stopMs) / 1_000;
  const memoryMib = load.memoryKib / KIB_PER_MIB;
  let toSendMib = firstMib;
  let sentMib = 0;
  let throttle = 0;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (toSendMib <= stopMib && round > 0) {
      const blackoutMs = Math.round((toSendMib / bandwidthMibPerS) * 1_000 + RESUME_MS);
      const totalMs = Math.round(((sentMib + toSendMib) / bandwidthMibPerS) * 1_000 + RESUME_MS);
      return { converges: throttle > 0 ? 'THROTTLED' : 'YES', totalMs, blackoutMs, bytesTotal, bandwidthMibPerS };
    }
    sentMib += toSendMib;
    const dirtiedMib = Math.min(memoryMib, (dirtyMibPerS * (1 - throttle) * toSendMib) / bandwidthMibPerS);
    const stuck = dirtiedMib > toSendMib / 2 && round > 0;
    if (stuck && autoConverge) {
      throttle = throttle === 0 ? FIRST_THROTTLE : Math.min(MOST_THROTTLE, throttle + THROTTLE_STEP);
    } else if (stuck && dirtiedMib >= toSendMib) {
      return { converges: 'NO', totalMs: undefined, blackoutMs: undefined, bytesTotal, bandwidthMibPerS };
    }
    toSendMib = dirtiedMib;
  }
  return { converges: 'NO', totalMs: undefined, blackoutMs: undefined, bytesTotal, bandwidthMibPerS };
}
