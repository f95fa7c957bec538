// The way into the audit log: bounded, patient with a database that is away, and honest about what was lost.

import assert from 'node:assert/strict';
import { AuditTrail } from '../../src/access/audit-trail.js';
import { VirtualClock } from '../../src/clock/virtual.js';
import { type Interference, MemoryDatabase } from '../../src/inventory/memory.js';
import { LIMITS } from '../../src/limits.js';
import type { AuditRecord } from '../../src/ports/inventory.js';

describe('the audit trail', () => {
  let clock: VirtualClock;
  let database: MemoryDatabase;
  let trail: AuditTrail;
  let complaints: string[];
  let befalls: (Interference | undefined)[];
  let writes: number;

  beforeEach(() => {
    clock = new VirtualClock();
    database = new MemoryDatabase(clock);
    complaints = [];
    befalls = [];
    writes = 0;
    const inventory = database.connect((call) => {
      if (call === 'appendAudit') writes += 1;
      return befalls.shift();
    });
    trail = new AuditTrail(inventory, clock, { error: (_what, message) => complaints.push(message) });
  });

  function denied(n: number): AuditRecord {
    return {
      at: clock.now(),
      principal: 'ann',
      role: 'viewer',
      method: 'virtdc.v1.Placement/SubmitGuest',
      target: `web-${n}`,
      requestId: '',
      decision: 'DENIED',
      reason: 'ROLE_REQUIRED',
      revision: 0,
      operation: '',
    };
  }

  const targets = () => database.audit.map(({ target }) => target);
  const add = (count: number) => Array.from({ length: count }, (_, n) => trail.add(denied(n)));

  it('writes together what comes together, in its order', async () => {
    add(LIMITS.auditBatchRecords + 1);
    assert.deepEqual(targets(), [], 'nobody waits for it');
    await clock.advance(10 * LIMITS.auditGatherMs);
    assert.equal(writes, 2);
    assert.deepEqual(
      targets(),
      Array.from({ length: LIMITS.auditBatchRecords + 1 }, (_, n) => `web-${n}`),
    );
  });

  it('waits for a database that is away', async () => {
    befalls = [{ error: 'UNAVAILABLE' }, { error: 'UNAVAILABLE' }];
    add(3);
    await clock.advance(3 * LIMITS.auditRetryMs);
    assert.equal(database.audit.length, 3);
    assert.equal(trail.lost, 0);
    assert.deepEqual(complaints, []);
  });

  it('holds so many and no more, and says what was lost', async () => {
    befalls = [{ error: 'UNAVAILABLE' }];
    add(LIMITS.auditQueueRecords + 5);
    assert.equal(trail.lost, 5);
    assert.equal(complaints.length, 1, 'not once for each');
    await clock.advance(60_000);
    assert.equal(database.audit.length, LIMITS.auditQueueRecords);
    assert.deepEqual(complaints.slice(1), ['the audit log takes records again; some were lost']);
  });

  it('goes on after what can never be stored', async () => {
    trail.add({ ...denied(0), target: '\0' });
    await clock.advance(LIMITS.auditGatherMs);
    add(1);
    await clock.advance(LIMITS.auditGatherMs);
    assert.deepEqual([targets(), trail.lost], [['web-0'], 1]);
  });

  it('writes what waits when it stops, and does not wait for a database that is away', async () => {
    add(2);
    await clock.until(trail.stop());
    assert.equal(database.audit.length, 2);
    befalls = [{ error: 'UNAVAILABLE' }];
    add(2);
    await clock.until(trail.stop());
    assert.equal(trail.lost, 2);
    assert.equal(complaints.length, 1);
  });
});
