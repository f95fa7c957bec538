// Waiting for an operation: until its end, whatever the server does meanwhile.

import assert from 'node:assert/strict';
import { Status } from 'nice-grpc';
import { Operation } from '#gen/virtdc/v1/operation.js';
import type { VirtdcError } from '../../src/client/error.js';
import { waitForOperation } from '../../src/client/wait.js';
import { FakeService, refused } from './fake-service.js';

const inState = (state: Operation['state'], step: string) => ({
  operation: Operation.fromPartial({ name: 'op-1', state, step }),
});

describe('the client: waiting for an operation', () => {
  let service: FakeService;
  let answers: (() => { operation: Operation })[] = [];

  before(async () => {
    service = await new FakeService({
      operations: { waitOperation: async () => (answers.shift() ?? assert.fail('asked once too often'))() },
    }).start();
  });
  after(() => service.end());

  it('tells its steps and answers its end, through a server that goes away', async () => {
    const away = (): never => {
      throw refused(Status.UNAVAILABLE, 'SHUTTING_DOWN');
    };
    answers = [
      () => inState('OPERATION_STATE_RUNNING', 'make-disks'),
      ...Array.from({ length: 6 }, () => away),
      () => inState('OPERATION_STATE_RUNNING', 'create-domain'),
      () => inState('OPERATION_STATE_FAILED', 'create-domain'),
    ];
    const steps: string[] = [];
    const ended = await waitForOperation(service.client().operations, 'op-1', {
      onProgress: ({ step }) => steps.push(step),
    });
    assert.equal(ended.state, 'OPERATION_STATE_FAILED');
    assert.deepEqual(steps, ['make-disks', 'create-domain', 'create-domain']);
    assert.equal(answers.length, 0);
  });

  it('gives up at once where waiting is of no use', async () => {
    answers = [
      () => {
        throw refused(Status.NOT_FOUND, 'OPERATION_NOT_FOUND');
      },
    ];
    await assert.rejects(
      waitForOperation(service.client().operations, 'op-1'),
      (error: VirtdcError) => error.reason === 'OPERATION_NOT_FOUND',
    );
  });
});
