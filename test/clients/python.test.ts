// The generated Python client against a service that is a process of its own, with its embedded database.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { connect, type VirtdcClient } from '../../src/client/connect.js';
import { BASE_XML } from '../rpc/service.js';
import { skip } from '../skip.js';
import { type ServiceProcess, startProcess } from './service-process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NOT_HERE = 3;

describe('the Python client', function () {
  this.timeout(240_000);
  let service: ServiceProcess | undefined;
  let client: VirtdcClient | undefined;

  before(function () {
    const found = spawnSync('bin/python', ['-c', 'import grpc'], { cwd: ROOT, encoding: 'utf8' });
    if (found.status === NOT_HERE) skip(this, 'there is no Python 3.10 with venv');
    assert.equal(found.status, 0, found.stderr);
  });
  after(async () => {
    client?.close();
    await service?.end();
  });

  it('submits a guest, watches it and terminates it', async () => {
    service = await startProcess();
    client = connect(service.address);
    await client.hosts.registerHost({ hostname: 'node1', uri: 'sim://node1', maxIoKib: 2n ** 30n });
    await client.hosts.registerPool({ name: 'local', kind: 'POOL_KIND_LOCAL', hostnames: ['node1'] });
    await client.guests.importBaseGuest({ name: 'base', source: { $case: 'xml', value: BASE_XML } });
    const child = spawn('bin/python', ['test/clients/python/guest_lifecycle.py', service.address, 'py-1', 'base'], {
      cwd: ROOT,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(code, 0, output);
    assert.match(
      output,
      /GUEST_STATE_PENDING.*GUEST_STATE_RUNNING.*DELETE_REASON_TERMINATED.*refused: INVALID_ARGUMENT/s,
    );
    assert.equal((await client.guests.listGuests({})).guests.length, 0);
  });
});
