// npm run bench -- NAME: measures virtdc against its peers in one run, on the lab's hosts, and prints one table.
// Exit code 2 where NAME is none of the measurements.

import { downIfOurs, labAvailable } from '../test/lab.js';
import { felt } from './felt.js';
import { libvirtCalls } from './libvirt-calls.js';

const BENCHES: ReadonlyMap<string, () => Promise<void>> = new Map([
  ['libvirt-calls', libvirtCalls],
  ['felt', felt],
]);

async function main(name: string): Promise<number> {
  const bench = BENCHES.get(name);
  if (bench === undefined) {
    console.error(`usage: npm run bench -- NAME, with NAME one of: ${[...BENCHES.keys()].join(', ')}`);
    return 2;
  }
  const available = labAvailable();
  if (!available.ok) {
    console.error(`the lab cannot run here: ${available.reason}`);
    return 1;
  }
  try {
    await bench();
    return 0;
  } finally {
    await downIfOurs();
  }
}

process.exitCode = await main(process.argv[2] ?? '');
