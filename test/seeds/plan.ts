// What a run will do, all of it drawn from the seed before it begins: requests of clients, and faults. Targets are drawn as
// numbers and looked up when their time comes, so that a plan with some faults taken out is still a plan.

import { SeededRandom } from '../../src/hypervisor/simulated/random.js';

export const STORM_MS = 150_000;

export const FAULT_KINDS = [
  'crash',
  'crash',
  'crash',
  'restart',
  'stop-process',
  'freeze',
  'freeze',
  'kill-daemon',
  'power-off',
  'partition-client',
  'partition-peers',
  'strike-migration',
  'strike-migration',
  'strike-migration',
  'strike-migration',
  'lose-reply',
  'lose-reply',
  'slow-call',
  'refuse-call',
  'guest-crash',
  'guest-reboot',
  'guest-power-off',
  'guest-refuses-balloon',
  'guest-without-agent',
  'destroy-by-hand',
  'create-by-hand',
  'set-memory-by-hand',
  'database-unavailable',
  'database-loses-commit',
  'database-loses-commit',
  'database-slow',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export const ACT_KINDS = [
  'submit',
  'submit',
  'submit',
  'scale-cpu',
  'scale-cpu',
  'scale-memory',
  'scale-memory',
  'scale-memory',
  'migrate',
  'migrate',
  'migrate',
  'cancel',
  'pause',
  'resume',
  'resume',
  'stop',
  'start',
  'start',
  'reboot',
  'terminate',
  'adopt',
  'cordon',
  'uncordon',
] as const;

export type ActKind = (typeof ACT_KINDS)[number];

/** `draws` in [0, 1) choose targets and amounts. */
export interface Planned<K> {
  readonly atMs: number;
  readonly kind: K;
  readonly draws: readonly [number, number, number];
}

export interface Fault extends Planned<FaultKind> {
  readonly forMs: number;
}

export interface Act extends Planned<ActKind> {
  readonly requestId: boolean;
  /** The same request sent twice at once. */
  readonly twice: boolean;
}

export interface Plan {
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly acts: readonly Act[];
}

export function planOf(seed: number): Plan {
  const random = new SeededRandom(Math.imul(seed, 0x9e3779b1) | 0);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T;
  const draws = (): [number, number, number] => [random.next(), random.next(), random.next()];
  const acts = Array.from(
    { length: 50 + Math.floor(random.next() * 30) },
    (_, index): Act => ({
      // The first ones fill the hosts.
      atMs: index < 5 ? 7_000 + index * 200 : random.between(10_000, STORM_MS),
      kind: index < 5 ? 'submit' : pick(ACT_KINDS),
      draws: draws(),
      requestId: random.next() < 0.7,
      twice: random.next() < 0.2,
    }),
  );
  const faults = Array.from(
    { length: 8 + Math.floor(random.next() * 24) },
    (): Fault => ({
      atMs: random.between(8_000, STORM_MS),
      kind: pick(FAULT_KINDS),
      draws: draws(),
      forMs: random.next() < 0.7 ? random.between(200, 15_000) : random.between(15_000, 50_000),
    }),
  );
  return { seed, faults: faults.sort(byTime), acts: acts.sort(byTime) };
}

function byTime(a: { readonly atMs: number }, b: { readonly atMs: number }): number {
  return a.atMs - b.atMs;
}

export function sentenceOf({ atMs, kind, draws, forMs }: Fault): string {
  return `${(atMs / 1000).toFixed(1)} s: ${kind} for ${(forMs / 1000).toFixed(1)} s (${draws.map((draw) => draw.toFixed(3)).join(' ')})`;
}
