// What the demo needs of a datacenter, simulated or real: its hosts, what its guests are made from, and a witness that
// does not ask virtdc.

import type { DiskFormat } from '#gen/virtdc/v1/image.js';
import type { Invocation } from '../cli/invocation.js';

export interface GuestPlan {
  readonly vmid: string;
  readonly cpu: number;
  readonly maxCpu: number;
  readonly memoryKib: bigint;
  readonly maxMemoryKib: bigint;
  readonly ioKib: bigint;
}

/** What is seen of a guest by looking, on its host and inside of it. */
export interface Testimony {
  readonly vmid: string;
  /** Every host that runs it: there should be one. */
  readonly hostnames: readonly string[];
  /** Every host that was looked at and does not run it. */
  readonly absent: readonly string[];
  readonly bootId: string;
  /** vCPUs that the guest itself has online. */
  readonly onlineCpu: number;
  /** Its balloon, as its host or the guest itself says. */
  readonly memoryKib: bigint;
}

export interface Datacenter {
  /** For the first line. */
  readonly description: string;
  /** What a person should know of its hosts; may be empty. */
  readonly remark: string;
  /** How the testimonies are got, for a person. */
  readonly witnessed: string;
  /** What the service is started with, beyond its directory and ports. */
  readonly environment: Readonly<Record<string, string>>;
  readonly nodeinfo: string;
  readonly hostnames: readonly string[];
  readonly pool: string;
  readonly image: { readonly file: string; readonly name: string; readonly format: DiskFormat };
  readonly baseGuestXml: string;
  readonly guests: readonly GuestPlan[];
  readonly tooLarge: GuestPlan;
  /** A guest that gets more and then less where it is. */
  readonly scaled: { readonly vmid: string; readonly cpu: readonly number[]; readonly memoryKib: readonly bigint[] };
  /** A guest that gets more than its host has left. */
  readonly outgrown: { readonly vmid: string; readonly cpu: number };
  /** Slow enough that the service can be stopped and started while a guest moves, MiB/s. */
  readonly slowMibPerS: number;
  testify(it: Invocation, vmid: string): Promise<Testimony>;
  /** Takes down what was brought up. May be called twice. */
  close(): Promise<void>;
}

/** The parts of a heartbeat that guests of the demo write to their consoles each second. */
export function readHeartbeat(text: string): { bootId: string; onlineCpu: number; memTotalKib: bigint } | undefined {
  const line = text.match(/^beat=\d+ .*\bboot=\S+.*$/m)?.[0];
  if (line === undefined) return undefined;
  const fields = new Map(
    line
      .trim()
      .split(' ')
      .map((field) => field.split('=') as [string, string]),
  );
  return {
    bootId: fields.get('boot') ?? '',
    onlineCpu: countCpus(fields.get('cpus') ?? ''),
    memTotalKib: BigInt(fields.get('memtotal') ?? 0),
  };
}

/** The kernel's list of CPUs, such as `0-1,3`. */
function countCpus(list: string): number {
  return list.split(',').reduce((sum, range) => {
    const [first, last = first] = range.split('-').map(Number);
    return sum + Number(last) - Number(first) + 1;
  }, 0);
}
