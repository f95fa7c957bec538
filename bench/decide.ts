// What a decision costs, without its commit: the host for one more guest among 1,000 and 10,000, with all hosts weighed before
// and only the changed ones weighed again, and with every host looked at anew. Each guest takes its place.

import { submitGuest } from '../src/commands/submit-guest.js';
import type { DecisionContext } from '../src/fleet/decision.js';
import type { Fleet } from '../src/fleet/fleet.js';
import { needing } from '../src/policy/needs.js';
import { survey } from '../src/policy/place.js';
import { commit, testContext } from '../test/commands/decide.js';
import { submission } from '../test/commands/requests.js';
import { parseFleet } from '../test/fleets/parse.js';
import { printTable, quantile, type Row } from './table.js';

const HOSTS = [1_000, 10_000] as const;
const ROUNDS = 5;
const DECISIONS = 500;
const SIZES = 16;

export function decide(): Promise<boolean> {
  const rows = HOSTS.flatMap((hosts) => rowsOf(hosts));
  const columns = [`CPU per decision, median of ${ROUNDS} rounds`, 'least', 'most'];
  printTable(`decide: the host for one more guest, ${SIZES} sizes of guests`, columns, rows, []);
  return Promise.resolve(true);
}

function rowsOf(hosts: number): readonly Row[] {
  const fleet = fleetOf(hosts);
  const context = testContext();
  let number = 0;
  // A need of one guest's own is remembered for nobody.
  const anew = (): void => {
    const required = { cpu: 1 + (number++ % SIZES), memoryKib: 2 ** 20, ioKib: 2 ** 20 };
    survey(fleet, { ...needing(required, 'BEST_FIT'), notMachine: 'none' });
  };
  const submitted = (): void => place(fleet, number++, context);
  const contenders: readonly (readonly [string, () => void])[] = [
    ['SubmitGuest decided, all hosts weighed before', submitted],
    ['every host looked at anew', anew],
  ];
  const figures = contenders.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [at, [, run]] of contenders.entries()) {
      const us = cpuUsOf(run);
      // The first round only warms up.
      if (round > 0) figures[at]?.push(us);
    }
  }
  return contenders.map(([what], at) => ({
    what: `${hosts.toLocaleString('en')} hosts: ${what}`,
    cells: [0.5, 0, 1].map((share) => `${quantile(figures[at] ?? [], share).toFixed(1)} us`),
  }));
}

function place(fleet: Fleet, number: number, context: DecisionContext): void {
  const request = submission(`vm-${number}`, { cpu: 1 + (number % SIZES), strategy: 'BEST_FIT' });
  const decision = submitGuest(request).decide(fleet, context);
  if (!decision.accepted) throw new Error(decision.refusal.message);
  commit(fleet, decision.changes);
}

function cpuUsOf(run: () => void): number {
  const before = process.cpuUsage();
  for (let i = 0; i < DECISIONS; i++) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / DECISIONS;
}

function fleetOf(hosts: number): Fleet {
  const names = Array.from({ length: hosts }, (_, number) => `node${number}`);
  return parseFleet(
    [
      ...names.map((name) => `host | ${name} | 128 | 512GiB | 4096GiB |`),
      `pool | shared | SHARED locking | ${names.join(' ')} | `,
      'base | web | vda= | NETWORK:default | pc',
    ].join('\n'),
  );
}
