// What a client sees of a refused call, and which calls are repeated by themselves.

import assert from 'node:assert/strict';
import { Status } from 'nice-grpc';
import { BadRequest } from 'nice-grpc-error-details';
import { PlacementExplanation } from '#gen/virtdc/v1/placement.js';
import { connect } from '../../src/client/connect.js';
import { VirtdcError } from '../../src/client/error.js';
import { FakeService, refused } from './fake-service.js';

async function failureOf(call: Promise<unknown>): Promise<VirtdcError> {
  const error = await call.then(
    () => assert.fail('the call succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof VirtdcError, String(error));
  return error;
}

describe('the client: errors', () => {
  let service: FakeService;
  let calls = 0;
  let failures: Error[] = [];

  before(async () => {
    const answer = async (): Promise<never> => {
      calls++;
      throw failures.shift() ?? refused(Status.NOT_FOUND, 'GUEST_NOT_FOUND', { vmid: 'web-1' });
    };
    service = await new FakeService({ guests: { getGuest: answer }, placement: { submitGuest: answer } }).start();
  });
  beforeEach(() => {
    calls = 0;
    failures = [];
  });
  after(() => service.end());

  it('carry code, reason, metadata, violations and explanation', async () => {
    const violations = BadRequest.fromPartial({ fieldViolations: [{ field: 'cpu', description: 'is -1' }] });
    const explanation = PlacementExplanation.encode(
      PlacementExplanation.fromPartial({ hostsConsidered: 3, hosts: [{ hostname: 'node1', required: { cpu: 9 } }] }),
    ).finish();
    const any = {
      $type: 'google.protobuf.Any' as const,
      typeUrl: 'type.googleapis.com/virtdc.v1.PlacementExplanation',
      value: Buffer.from(explanation),
    };
    failures = [refused(Status.RESOURCE_EXHAUSTED, 'NO_HOST_FITS', { hosts: '3' }, [violations, any])];
    const error = await failureOf(service.client().placement.submitGuest({ vmid: 'web-1' }));
    assert.equal(error.code, Status.RESOURCE_EXHAUSTED);
    assert.equal(error.codeName, 'RESOURCE_EXHAUSTED');
    assert.equal(error.reason, 'NO_HOST_FITS');
    assert.equal(error.message, 'refused: NO_HOST_FITS');
    assert.deepEqual(error.metadata, { hosts: '3' });
    assert.deepEqual(
      error.violations.map(({ field, description }) => ({ field, description })),
      [{ field: 'cpu', description: 'is -1' }],
    );
    assert.equal(error.explanation?.hostsConsidered, 3);
    assert.equal(error.explanation?.hosts[0]?.required?.cpu, 9);
  });

  it('of an address where nobody listens are UNAVAILABLE without a reason', async () => {
    const client = connect('127.0.0.1:1');
    const error = await failureOf(client.guests.getGuest({ vmid: 'web-1' }));
    client.close();
    assert.equal(error.code, Status.UNAVAILABLE);
    assert.equal(error.reason, '');
    assert.equal(error.isTransient, true);
  });

  it('are repeated for reads, and for mutations with a request_id, while the server is away', async () => {
    failures = [refused(Status.UNAVAILABLE, 'SHUTTING_DOWN'), refused(Status.UNAVAILABLE, 'UNAVAILABLE')];
    assert.equal((await failureOf(service.client().guests.getGuest({ vmid: 'web-1' }))).reason, 'GUEST_NOT_FOUND');
    assert.equal(calls, 3);
    failures = [refused(Status.UNAVAILABLE, 'UNAVAILABLE')];
    const identified = service.client().placement.submitGuest({ vmid: 'web-1', requestId: 'once' });
    assert.equal((await failureOf(identified)).reason, 'GUEST_NOT_FOUND');
    assert.equal(calls, 5);
  });

  it('are not repeated for a mutation without one, for a host that is away, nor for ever', async () => {
    failures = [refused(Status.UNAVAILABLE, 'UNAVAILABLE')];
    assert.equal((await failureOf(service.client().placement.submitGuest({ vmid: 'web-1' }))).reason, 'UNAVAILABLE');
    assert.equal(calls, 1);
    failures = [refused(Status.UNAVAILABLE, 'HOST_UNREACHABLE')];
    const unreachable = service.client().placement.submitGuest({ vmid: 'web-1', requestId: 'once' });
    assert.equal((await failureOf(unreachable)).reason, 'HOST_UNREACHABLE');
    assert.equal(calls, 2);
    failures = Array.from({ length: 4 }, () => refused(Status.UNAVAILABLE, 'UNAVAILABLE'));
    assert.equal((await failureOf(service.client().guests.getGuest({ vmid: 'web-1' }))).reason, 'UNAVAILABLE');
    assert.equal(calls, 6);
  });
});
