// The API as it is described: every RPC is implemented, and every reason of the error table is documented, and no other.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createChannel } from 'nice-grpc';
import { REASONS } from '../../src/rpc/status.js';
import { codeOf, pathOf, rawCall, SERVICES } from './raw-call.js';
import { World } from './service.js';

const PROTOS = new URL('../../proto/virtdc/v1/', import.meta.url);
const README = readFileSync(new URL('../../proto/README.md', import.meta.url), 'utf8');

/** Comments name reasons in backquotes, in UPPER_SNAKE. */
const documented = new Set(
  [README, ...readdirSync(PROTOS).map((file) => readFileSync(new URL(file, PROTOS), 'utf8'))]
    .flatMap((text) => [...text.matchAll(/`([A-Z][A-Z_]+)`|\| ([A-Z_]+(?:, [A-Z_]+)*)(?= \|)/g)])
    .flatMap(([, reason, list]) => reason ?? list?.split(', ') ?? []),
);

describe('the API', () => {
  it('implements every RPC of the descriptor', async () => {
    const world = await World.start();
    const channel = createChannel(world.address);
    try {
      for (const method of SERVICES.flatMap((service) => service.methods)) {
        const answer = await rawCall(channel, pathOf(method), new Uint8Array());
        assert.notEqual(codeOf(answer), 'UNIMPLEMENTED', pathOf(method));
      }
      const unknown = await rawCall(channel, '/virtdc.v1.Placement/NoSuchMethod', new Uint8Array());
      assert.equal(codeOf(unknown), 'UNIMPLEMENTED');
    } finally {
      channel.close();
      await world.end();
    }
  });

  it('documents every reason that an error may have', () => {
    assert.deepEqual(
      REASONS.filter((reason) => !documented.has(reason)),
      [],
    );
  });
});
