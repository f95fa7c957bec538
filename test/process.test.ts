// The service as a process of its own: it says where it listens, refuses what it cannot do in a sentence, stops when it is
// told to, and goes on with what it had.

import assert from 'node:assert/strict';
import { connect, type VirtdcClient } from '../src/client/connect.js';
import { waitForOperation } from '../src/client/wait.js';
import { type ServiceProcess, startProcess } from './clients/service-process.js';
import { BASE_XML, GIB } from './rpc/service.js';

describe('the process', function () {
  this.timeout(120_000);
  let service: ServiceProcess;
  let client: VirtdcClient;
  before(async () => {
    service = await startProcess();
    client = connect(service.address);
  });
  after(async () => {
    client.close();
    await service.end();
  });

  it('serves an empty fleet, its page, its health and its metrics', async () => {
    assert.deepEqual((await client.guests.listGuests({})).guests, []);
    const get = async (path: string) => {
      const response = await fetch(`http://${service.httpAddress}${path}`);
      return [response.status, await response.text()] as const;
    };
    assert.deepEqual(await get('/healthz'), [200, 'ok\n']);
    const [status, page] = await get('/');
    assert.ok(status === 200 && page.includes('<title>virtdc</title>'));
    const [, metrics] = await get('/metrics');
    assert.match(metrics, /virtdc_calls_total\{method="\/virtdc.v1.GuestInfo\/ListGuests",code="OK"\} 1/);
    assert.equal((await get('/nowhere'))[0], 404);
    assert.equal((await fetch(`http://${service.httpAddress}/`, { method: 'POST' })).status, 405);
  });

  it('says what is wrong with its settings, all of it, and does not start', async () => {
    const wrong = { VIRTDC_LISTEN: 'everywhere', VIRTDC_LOG_LEVEL: 'loud', VIRTDC_MODE: 'test', VIRTDC_LISTN: '1' };
    await assert.rejects(startProcess(wrong), (error: Error) => {
      assert.match(error.message, /exit code 2/);
      for (const name of ['VIRTDC_LOG_LEVEL', 'VIRTDC_MODE', 'VIRTDC_LISTN'])
        assert.match(error.message, new RegExp(`^${name}: `, 'm'));
      return true;
    });
  });

  it('does not open a directory that another has open', async () => {
    await assert.rejects(startProcess({}, service.dataDir), (error: Error) => {
      assert.match(error.message, /exit code 2/);
      assert.ok(error.message.includes(service.dataDir), error.message);
      assert.ok(error.message.includes(`process ${service.pid}`), error.message);
      return true;
    });
  });

  it('ends with 0 when told to, and goes on with hosts, guests and answers as they were', async () => {
    await client.hosts.registerHost({ hostname: 'node1', uri: 'sim://node1', maxIoKib: 2n ** 30n });
    await client.hosts.registerPool({ name: 'local', kind: 'POOL_KIND_LOCAL', hostnames: ['node1'] });
    await client.guests.importBaseGuest({ name: 'base', source: { $case: 'xml', value: BASE_XML } });
    const request = { vmid: 'one', cpu: 1, memoryKib: BigInt(GIB), baseGuest: 'base', requestId: 'once' };
    const first = await client.placement.submitGuest(request);
    await waitForOperation(client.operations, first.operation?.name ?? '');
    client.close();
    assert.equal(await service.stop(), 0);
    service = await startProcess({}, service.dataDir);
    client = connect(service.address);
    assert.deepEqual(await client.placement.submitGuest(request), first);
    const { guest } = await client.guests.getGuest({ vmid: 'one' });
    assert.equal(guest?.state, 'GUEST_STATE_RUNNING');
    for await (const host of client.operations.audit({}))
      assert.deepEqual([host.reached, host.domains, host.findings], [true, 1, []]);
  });
});
