// What a run will do, all of it drawn from the seed before it begins: requests of clients, and faults. Targets are drawn as
// numbers and looked up when their time comes, so that a plan with some faults taken out is still a plan.

import { SeededRandom } from '../../src/hypervisor/simulated/random.js';

export const STORM_MS = 150_000;

/** A strike whose second draw is this or more waits for post-copy. */
export const STRIKES_POSTCOPY = 0.8;

/** How often each is drawn, in proportion. */
const FAULT_WEIGHTS = {
  crash: 3,
  restart: 1,
  'stop-process': 2,
  'stop-process-in-call': 2,
  freeze: 2,
  'kill-daemon': 1,
  'power-off': 1,
  'partition-client': 1,
  'partition-one-way': 1,
  'partition-peers': 1,
  'strike-migration': 5,
  'lose-reply': 2,
  'slow-call': 1,
  'refuse-call': 1,
  'guest-crash': 1,
  'guest-reboot': 1,
  'guest-power-off': 1,
  'guest-refuses-balloon': 1,
  'guest-without-agent': 1,
  'guest-dirties-memory': 1,
  'destroy-by-hand': 1,
  'create-by-hand': 1,
  'set-memory-by-hand': 1,
  'database-unavailable': 1,
  'database-cut-from-leader': 2,
  'database-loses-commit': 2,
  'database-slow': 1,
} as const;

export type FaultKind = keyof typeof FAULT_WEIGHTS;

const ACT_WEIGHTS = {
  submit: 6,
  'last-slot': 1,
  'scale-cpu': 4,
  'scale-memory': 6,
  migrate: 6,
  'migrate-postcopy': 2,
  cancel: 2,
  pause: 2,
  resume: 4,
  stop: 2,
  start: 4,
  reboot: 2,
  terminate: 3,
  'terminate-lost': 1,
  'update-guest': 1,
  adopt: 2,
  cordon: 1,
  uncordon: 2,
  'update-host': 2,
  'remove-host': 2,
  'import-hosts': 2,
  'confirm-dead': 1,
  'set-policy': 1,
  poison: 1,
} as const;

export type ActKind = keyof typeof ACT_WEIGHTS;

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
  const draws = (): [number, number, number] => [random.next(), random.next(), random.next()];
  const acts = Array.from(
    { length: 50 + Math.floor(random.next() * 30) },
    (_, index): Act => ({
      // The first ones fill the hosts.
      atMs: index < 5 ? 7_000 + index * 200 : random.between(10_000, STORM_MS),
      kind: index < 5 ? 'submit' : pick(ACT_WEIGHTS, random.next()),
      draws: draws(),
      requestId: random.next() < 0.7,
      twice: random.next() < 0.2,
    }),
  );
  const faults = Array.from(
    { length: 8 + Math.floor(random.next() * 24) },
    (): Fault => ({
      atMs: random.between(8_000, STORM_MS),
      kind: pick(FAULT_WEIGHTS, random.next()),
      draws: draws(),
      forMs: random.next() < 0.7 ? random.between(200, 15_000) : random.between(15_000, 50_000),
    }),
  );
  return { seed, faults: faults.sort(byTime), acts: [...acts, ...answersTo(faults, random)].sort(byTime) };
}

/** What clients do so that some faults meet what they wait for, and because of others. */
function answersTo(faults: readonly Fault[], random: SeededRandom): Act[] {
  const act = (kind: ActKind, atMs: number): Act => {
    const draws: Act['draws'] = [random.next(), random.next(), random.next()];
    return { atMs, kind, draws, requestId: true, twice: draws[0] < 0.2 };
  };
  return faults.flatMap(({ kind, atMs, draws }) => {
    if (kind === 'strike-migration') {
      const move = draws[1] >= STRIKES_POSTCOPY ? 'migrate-postcopy' : 'migrate';
      return [act(move, atMs), act(move, random.between(atMs, STORM_MS))];
    }
    if (kind === 'power-off') {
      // The operator finds the host off sooner or later, or it is back before.
      const confirmedMs = atMs + random.between(1_000, 40_000);
      return [act('confirm-dead', confirmedMs), act('terminate-lost', confirmedMs + random.between(500, 4_000))];
    }
    return [];
  });
}

function pick<K extends string>(weights: Readonly<Record<K, number>>, draw: number): K {
  const entries = Object.entries(weights) as [[K, number], ...[K, number][]];
  let left = draw * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of entries) {
    left -= weight;
    if (left < 0) return kind;
  }
  throw new Error(`${draw} is no draw`);
}

function byTime(a: { readonly atMs: number }, b: { readonly atMs: number }): number {
  return a.atMs - b.atMs;
}

export function sentenceOf({ atMs, kind, draws, forMs }: Fault): string {
  return `${(atMs / 1000).toFixed(1)} s: ${kind} for ${(forMs / 1000).toFixed(1)} s (${draws.map((draw) => draw.toFixed(3)).join(' ')})`;
}
