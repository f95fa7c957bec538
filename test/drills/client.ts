// A client that shows each answer as it came: none of the repetitions that the TypeScript client makes by itself.

import { ChannelCredentials, createChannel, createClientFactory } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { GuestInfoDefinition } from '#gen/virtdc/v1/guest_info_service.js';
import { HostInfoDefinition } from '#gen/virtdc/v1/host_info_service.js';
import { MigrationDefinition } from '#gen/virtdc/v1/migration_service.js';
import { OperationsDefinition } from '#gen/virtdc/v1/operations_service.js';
import { PlacementDefinition } from '#gen/virtdc/v1/placement_service.js';
import { ScalingDefinition } from '#gen/virtdc/v1/scaling_service.js';
import type { VirtdcClient } from '../../src/client/connect.js';
import { translateErrors } from '../../src/client/error.js';

/** So that a server which comes back is found at once. */
const RECONNECT_MS = 100;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

const OPTIONS = {
  'grpc.initial_reconnect_backoff_ms': RECONNECT_MS,
  'grpc.max_reconnect_backoff_ms': RECONNECT_MS,
  'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
  // Clients of one process share no connection: that one of them is cut off is not to be noticed by the others.
  'grpc.use_local_subchannel_pool': 1,
};

export function plainClient(address: string) {
  const channel = createChannel(address, ChannelCredentials.createInsecure(), OPTIONS);
  const factory = createClientFactory().use(translateErrors);
  return {
    hosts: factory.create(HostInfoDefinition, channel),
    guests: factory.create(GuestInfoDefinition, channel),
    placement: factory.create(PlacementDefinition, channel),
    migration: factory.create(MigrationDefinition, channel),
    scaling: factory.create(ScalingDefinition, channel),
    operations: factory.create(OperationsDefinition, channel),
    health: factory.create(HealthDefinition, channel),
    close: () => channel.close(),
  } satisfies VirtdcClient & { health: unknown };
}

export type PlainClient = ReturnType<typeof plainClient>;
