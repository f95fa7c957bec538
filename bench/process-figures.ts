// What another process has used, as Linux counts it, and what the service says of its own event loop.

import { readdir, readFile } from 'node:fs/promises';

/** Of Linux's user space interface: 100 on every architecture that Node runs on. */
const TICKS_PER_S = 100;
const UTIME_FIELD = 13;
/** The shortest delay that Node's monitor of the event loop can tell: it is in every figure. */
const MONITOR_MS = 10;

/** CPU seconds of all its threads, user and system, to 10 ms. */
export async function cpuOfS(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the program stands in parentheses and may hold spaces: fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME_FIELD - 2]) + Number(fields[UTIME_FIELD - 1])) / TICKS_PER_S;
}

export interface Memory {
  readonly rssMib: number;
  readonly peakMib: number;
}

export async function memoryOf(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { rssMib: mib('VmRSS'), peakMib: mib('VmHWM') };
}

/** The longest that its event loop was held up since this was asked last; asking is a reader of metrics like any other. */
export async function blockedMs(httpAddress: string): Promise<number> {
  const text = await (await fetch(`http://${httpAddress}/metrics`)).text();
  const max = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1];
  return Math.max(0, Number(max) * 1_000 - MONITOR_MS);
}

/** CPU seconds of a process and of all below it, those that ended and were waited for included, to 10 ms. */
export async function cpuOfTreeS(root: number): Promise<number> {
  const parents = new Map<number, number>();
  const ticks = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => undefined);
    // It has ended meanwhile.
    if (stat === undefined) continue;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    parents.set(Number(name), Number(fields[1]));
    const used = fields.slice(UTIME_FIELD - 2, UTIME_FIELD + 2).map(Number);
    ticks.set(
      Number(name),
      used.reduce((sum, one) => sum + one, 0),
    );
  }
  const isBelow = (pid: number): boolean => pid === root || (pid > 1 && isBelow(parents.get(pid) ?? 0));
  return [...ticks].filter(([pid]) => isBelow(pid)).reduce((sum, [, used]) => sum + used, 0) / TICKS_PER_S;
}
