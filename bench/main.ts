// npm run bench -- NAME: measures virtdc, where there is one against its peer in the same run, and prints one table.
// Exit code 1 where a goal is missed, 2 where NAME is none of the measurements.

import { downIfOurs, labAvailable } from '../test/lab.js';
import { decide } from './decide.js';
import { durableSubmits } from './durable-submits.js';
import { felt } from './felt.js';
import { fleetSize } from './fleet-size.js';
import { libvirtCalls } from './libvirt-calls.js';
import { watch } from './watch.js';

/** Given the words behind NAME; answers whether all goals are kept. */
type Bench = (words: readonly string[]) => Promise<boolean>;

const BENCHES: ReadonlyMap<string, Bench> = new Map([
  ['libvirt-calls', inLab(libvirtCalls)],
  ['felt', inLab(felt)],
  ['fleet-size', fleetSize],
  ['watch', watch],
  ['durable-submits', durableSubmits],
  ['decide', decide],
]);

/** On the lab's hosts, of which none is asked to keep a goal. */
function inLab(bench: () => Promise<void>): Bench {
  return async () => {
    const available = labAvailable();
    if (!available.ok) throw new Error(`the lab cannot run here: ${available.reason}`);
    try {
      await bench();
      return true;
    } finally {
      await downIfOurs();
    }
  };
}

async function main([name = '', ...words]: readonly string[]): Promise<number> {
  const bench = BENCHES.get(name);
  if (bench === undefined) {
    console.error(`usage: npm run bench -- NAME, with NAME one of: ${[...BENCHES.keys()].join(', ')}`);
    return 2;
  }
  return (await bench(words)) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
