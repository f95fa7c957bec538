// The tour of the whole API with the clients of others: grpcurl and buf curl, by reflection alone.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVICES } from '../rpc/raw-call.js';
import { World } from '../rpc/service.js';
import { skip } from '../skip.js';
import { grpcurl } from './grpcurl.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

function tour(client: string, directory: string, address: string): Promise<Outcome> {
  const PATH = `${directory}${delimiter}${process.env.PATH ?? ''}`;
  const child = spawn('docs/tour.sh', [client, address], {
    cwd: ROOT,
    env: { ...process.env, PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

const CLIENTS = {
  grpcurl: async (): Promise<string | undefined> => (await grpcurl())?.directory,
  buf: async () => {
    const directory = join(ROOT, 'node_modules', '.bin');
    await access(join(directory, 'buf'), constants.X_OK);
    return directory;
  },
};

describe('the tour', function () {
  this.timeout(300_000);

  for (const [client, find] of Object.entries(CLIENTS)) {
    it(`calls every RPC with ${client}, and leaves an empty fleet`, async function () {
      const directory = await find();
      if (directory === undefined)
        return skip(this, 'there is no Go to build grpcurl with, or it cannot be downloaded');
      const world = await World.start();
      try {
        const { code, output } = await tour(client, directory, world.address);
        assert.equal(code, 0, output.slice(-4_000));
        const called = new Set([...output.matchAll(/^== (\S+)/gm)].map(([, method]) => method));
        const all = SERVICES.flatMap((service) => service.methods.map((method) => `${service.name}/${method.name}`));
        assert.deepEqual(
          all.filter((method) => !called.has(method)),
          [],
        );
        assert.match(output, /virtdc\.v1\.Placement/);
        assert.equal((await world.client.hosts.listHosts({})).hosts.length, 0);
        assert.equal((await world.client.guests.listGuests({})).guests.length, 0);
      } finally {
        await world.end();
      }
    });
  }
});
