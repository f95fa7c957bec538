import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PGlite } from '@electric-sql/pglite';
import { put } from '../../src/fleet/change.js';
import { inventoryOver, openPglite } from '../../src/inventory/pglite.js';
import { readyDataDirectory } from '../../src/inventory/pglite-template.js';
import type { Inventory } from '../../src/ports/inventory.js';
import { inventoryContract } from './contract.js';
import { EMPTY } from './emptied.js';
import { AT, host } from './entities.js';

// The first one on a machine makes the template that all others are copied from.
const BOOT_MS = 120_000;
/** A process that commits one host after another and prints how many. */
const WRITER = join(import.meta.dirname, 'pglite-writer.ts');

let directory: string;
async function makeDirectory(): Promise<void> {
  directory = await mkdtemp(join(tmpdir(), 'virtdc-pglite-'));
}
async function removeDirectory(): Promise<void> {
  await rm(directory, { recursive: true });
}

describe('inventory in PGlite, in memory', function () {
  this.timeout(BOOT_MS);
  contractOn(async () => PGlite.create({ loadDataDir: await readyDataDirectory() }));
});

describe('inventory in PGlite, in a directory', function () {
  this.timeout(BOOT_MS);
  before(makeDirectory);
  after(removeDirectory);
  contractOn(async () => PGlite.create({ dataDir: directory, loadDataDir: await readyDataDirectory() }));
});

function contractOn(boot: () => Promise<PGlite>): void {
  let pglite: PGlite;
  before(async () => {
    pglite = await boot();
  });
  after(() => pglite.close());
  inventoryContract(async () => {
    const inventory = await inventoryOver(pglite, async () => undefined);
    return {
      connect: async () => inventory,
      end: async () => {
        await pglite.exec(EMPTY);
      },
    };
  });
}

describe('data directory', function () {
  this.timeout(BOOT_MS);
  beforeEach(makeDirectory);
  afterEach(removeDirectory);

  it('is kept from one process to the next', async () => {
    const first = await openPglite(directory);
    await commitHosts(first, 0, ['a']);
    await first.close();
    const second = await openPglite(directory);
    assert.equal((await second.load()).entities.host[0]?.hostname, 'a');
    await second.close();
  });

  it('is used by one at a time, whom a second one is told', async () => {
    const first = await openPglite(directory);
    await assert.rejects(openPglite(directory), { name: 'DirectoryInUseError', pid: process.pid });
    await commitHosts(first, 0, ['a']);
    await first.close();
    await (await openPglite(directory)).close();
  });

  it('loses nothing that was committed when its process is killed, and is free at once', async () => {
    const writer = spawn(process.execPath, ['--import', 'tsx', WRITER, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(writer, 'exit');
    let committed = 0;
    try {
      for await (const line of createInterface({ input: writer.stdout })) {
        committed = Number(line);
        if (committed === 1)
          await assert.rejects(openPglite(directory), { name: 'DirectoryInUseError', pid: writer.pid });
        if (committed === 20) writer.kill('SIGKILL');
      }
    } finally {
      writer.kill('SIGKILL');
      await exited;
    }
    assert.ok(committed >= 20);
    const inventory = await openPglite(directory);
    const { revision, entities } = await inventory.load();
    // One more may have been committed than was told.
    assert.ok(revision === committed || revision === committed + 1, `${revision} of ${committed}`);
    assert.equal(entities.host.length, revision);
    // Nobody has to wait for the lease of a process that is known to be gone.
    assert.equal((await inventory.acquireLease('next', 'next:1', 60_000)).holder, 'next');
    await inventory.close();
  });
});

async function commitHosts(inventory: Inventory, afterRevision: number, hostnames: string[]): Promise<void> {
  const { epoch } = await inventory.acquireLease('test', 'test:1', 60_000);
  const entries = hostnames.map((hostname, index) => {
    const revision = afterRevision + index + 1;
    const plain = {
      revision,
      load: undefined,
      claims: undefined,
      was: undefined,
      at: AT,
      cause: '',
      principal: 'local',
    };
    return { ...put('host', host(hostname)), ...plain };
  });
  await inventory.commit({ id: randomUUID(), epoch, afterRevision, entries, requests: [], audit: [] });
}
