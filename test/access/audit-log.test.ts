// What the audit log has of calls as they come over the wire: who, what, to whom, and what came of it.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditRecord } from '#gen/virtdc/v1/audit_record.js';
import { connect, type VirtdcClient } from '../../src/client/connect.js';
import { virtdc } from '../cli/terminal.js';
import { eventually } from '../eventually.js';
import { refused, World } from '../rpc/service.js';

const SECRET = 'viewer-secret-of-the-test';
const TOKENS = `${SECRET} vic viewer\noperator-secret-of-the-test olga operator\nadmin-secret-of-the-test adam admin\n`;

describe('the audit log', function () {
  this.timeout(60_000);
  let directory: string;
  let world: World;
  let clients: Record<'viewer' | 'operator' | 'admin', VirtdcClient>;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'virtdc-audit-'));
    await writeFile(join(directory, 'tokens'), TOKENS);
    world = await World.start({ env: { VIRTDC_TOKENS: join(directory, 'tokens') } });
    const as = (role: string) => connect(world.address, undefined, `${role}-secret-of-the-test`);
    clients = { viewer: as('viewer'), operator: as('operator'), admin: as('admin') };
    await clients.admin.hosts.registerHost({ hostname: 'node1', ipAddress: '10.0.0.1', maxIoKib: 1_000_000n });
  });
  after(async () => {
    for (const client of Object.values(clients)) client.close();
    await world.end();
    await rm(directory, { recursive: true });
  });

  /** The newest first, once there is one with the request id. */
  async function recorded(requestId: string): Promise<AuditRecord[]> {
    return eventually(`a record of ${requestId}`, async () => {
      const { records } = await clients.admin.operations.listAuditRecords({});
      return records.some((record) => record.requestId === requestId) && records;
    });
  }

  async function last(requestId: string): Promise<Partial<AuditRecord>> {
    const [{ sequence: _, time, ...told } = {} as AuditRecord] = (await recorded(requestId)).filter(
      (record) => record.requestId === requestId,
    );
    assert.ok(time !== undefined);
    return told;
  }

  const METHOD = 'virtdc.v1.HostInfo/CordonHost';
  const BY_OLGA = { principal: 'olga', role: 'operator', method: METHOD, target: 'node1', operation: '', reason: '' };

  it('has what was accepted, at once, with its revision', async () => {
    const { host } = await clients.operator.hosts.cordonHost({ hostname: 'node1', requestId: 'a1' });
    const revision = host?.revision ?? 0n;
    assert.ok(revision > 0n);
    const expected = { ...BY_OLGA, requestId: 'a1', decision: 'AUDIT_DECISION_ACCEPTED', revision };
    assert.deepEqual(await last('a1'), expected);
    await clients.operator.hosts.cordonHost({ hostname: 'node1', requestId: 'a1' });
    const { decision } = await eventually('a record of the repetition', async () => {
      const [newest] = (await recorded('a1')).filter(({ requestId }) => requestId === 'a1');
      return newest?.decision !== 'AUDIT_DECISION_ACCEPTED' && newest;
    });
    assert.equal(decision, 'AUDIT_DECISION_REPLAYED');
  });

  it('names the operation, and the change log the method', async () => {
    await refused(
      clients.operator.guests.startGuest({ vmid: 'none', requestId: 'b1' }),
      'NOT_FOUND',
      'GUEST_NOT_FOUND',
    );
    const { decision, reason, target, revision } = await last('b1');
    assert.deepEqual(
      { decision, reason, target },
      { decision: 'AUDIT_DECISION_REFUSED', reason: 'GUEST_NOT_FOUND', target: 'none' },
    );
    assert.ok((revision ?? 0n) > 0n, 'as of which it was refused');
    const log = await world.database.connect().readLog(0, 100);
    assert.ok(log.some(({ cause, kind }) => kind === 'host' && cause === METHOD));
  });

  it('has what was not as it has to be, without its contents', async () => {
    const bad = { hostname: 'node1\r\nforged', requestId: 'c1' };
    await refused(clients.operator.hosts.cordonHost(bad), 'INVALID_ARGUMENT', 'INVALID_FIELDS');
    const { decision, target } = await last('c1');
    assert.deepEqual([decision, target], ['AUDIT_DECISION_INVALID', 'node1\\u000d\\u000aforged']);
    const placed = clients.operator.placement.submitGuest({
      vmid: 'web-1',
      requestId: 'c2',
      baseGuest: 'none',
      cpu: 1,
      memoryKib: 65_536n,
      seed: { userData: 'password: hunter2', guestHostname: '', sshAuthorizedKeys: [] },
    });
    await assert.rejects(placed);
    const { target: vmid } = await last('c2');
    assert.equal(vmid, 'web-1');
    assert.ok(!JSON.stringify(world.database.audit).includes('hunter2'));
  });

  it('has every denied call, also of a read, and nothing else of reads and dry runs', async () => {
    const before = new Set(
      (await clients.admin.operations.listAuditRecords({ pageSize: 1_000 })).records.map(({ sequence }) => sequence),
    );
    await refused(
      clients.viewer.hosts.cordonHost({ hostname: 'node1', requestId: 'd1' }),
      'PERMISSION_DENIED',
      'ROLE_REQUIRED',
    );
    const nobody = connect(world.address);
    try {
      await refused(nobody.guests.listGuests({}), 'UNAUTHENTICATED', 'NO_CREDENTIALS');
    } finally {
      nobody.close();
    }
    await clients.viewer.hosts.listHosts({});
    const dry = { vmid: 'web-1', baseGuest: 'none', cpu: 1, memoryKib: 65_536n, validateOnly: true, requestId: 'd2' };
    await assert.rejects(clients.operator.placement.submitGuest(dry));
    await clients.operator.hosts.uncordonHost({ hostname: 'node1', requestId: 'd3' });
    await refused(
      clients.operator.hosts.cordonHost({ hostname: 'no', requestId: 'd4' }),
      'NOT_FOUND',
      'HOST_NOT_FOUND',
    );
    await recorded('d4');
    const { records: all } = await clients.admin.operations.listAuditRecords({ pageSize: 1_000 });
    const records = all.filter(({ sequence }) => !before.has(sequence));
    const told = records.map(({ principal, method, decision }) => `${principal} ${method.split('/')[1]} ${decision}`);
    assert.deepEqual(told.sort(), [
      ' ListGuests AUDIT_DECISION_DENIED',
      'olga CordonHost AUDIT_DECISION_REFUSED',
      'olga UncordonHost AUDIT_DECISION_ACCEPTED',
      'vic CordonHost AUDIT_DECISION_DENIED',
    ]);
    assert.ok(!JSON.stringify(world.database.audit).includes(SECRET));
  });

  it('is read in pages, by filters, and only by admins', async () => {
    await refused(clients.operator.operations.listAuditRecords({}), 'PERMISSION_DENIED', 'ROLE_REQUIRED');
    const filter = { methods: ['CordonHost'], principals: ['olga'] };
    const { records: all } = await clients.admin.operations.listAuditRecords({ filter });
    assert.ok(all.length >= 3);
    assert.ok(all.every(({ method, principal }) => method === METHOD && principal === 'olga'));
    const seen: AuditRecord[] = [];
    for (let pageToken = ''; ; ) {
      const page = await clients.admin.operations.listAuditRecords({ filter, pageSize: 1, pageToken });
      seen.push(...page.records);
      pageToken = page.nextPageToken;
      if (pageToken === '') break;
      const other = clients.admin.operations.listAuditRecords({ pageToken });
      await refused(other, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
    }
    assert.deepEqual(seen, all);
    const { records: none } = await clients.admin.operations.listAuditRecords({
      filter: { sinceUnixS: 253_402_300_799n },
    });
    assert.deepEqual(none, []);
  });

  it('is shown on the command line', async () => {
    const token = join(directory, 'adam');
    await writeFile(token, 'admin-secret-of-the-test\n');
    const words = ['--token-file', token, 'audit-log', '--decision', 'denied', '--since', '1d'];
    const { out, code, err } = await virtdc(world.address, words);
    assert.equal(code, 0, err);
    assert.match(out, /vic +viewer +CordonHost +node1 +DENIED +ROLE_REQUIRED/);
    assert.ok(!out.includes('ACCEPTED'));
  });
});
