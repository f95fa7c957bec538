// CPU time that this process and all its ended children have used, user and system.

import { readFileSync } from 'node:fs';

/** Of Linux's user space interface: 100 on every architecture that Node runs on. */
const TICKS_PER_S = 100;
const CUTIME_FIELD = 15;

/** Seconds. Children count once they were waited for, to 10 ms. */
export function cpuS(): number {
  const { user, system } = process.cpuUsage();
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // The name of the program stands in parentheses and may hold spaces: fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[CUTIME_FIELD - 2]) + Number(fields[CUTIME_FIELD - 1]);
  return (user + system) / 1e6 + ticks / TICKS_PER_S;
}
