// Run by a test as a process to be killed: commits one host after another, and prints how many are committed.

import { randomUUID } from 'node:crypto';
import { put } from '../../src/fleet/change.js';
import { openPglite } from '../../src/inventory/pglite.js';
import type { LogEntry } from '../../src/ports/inventory.js';
import { AT, host } from './entities.js';

async function main(): Promise<void> {
  const inventory = await openPglite(process.argv[2] ?? '');
  const { epoch } = await inventory.acquireLease('writer', 'writer:1', 60_000);
  for (let revision = 1; ; revision += 1) {
    const plain = {
      revision,
      load: undefined,
      claims: undefined,
      was: undefined,
      at: AT,
      cause: '',
      principal: 'local',
    };
    const entries = [{ ...put('host', host(`h${revision}`)), ...plain } as LogEntry];
    await inventory.commit({ id: randomUUID(), epoch, afterRevision: revision - 1, entries, requests: [], audit: [] });
    console.log(revision);
  }
}

void main();
