// A connection to a virtdc service, whichever of its replicas answers: one channel, and the six typed clients over it.

import { type Channel, ChannelCredentials, type ChannelOptions, createChannel, createClientFactory } from 'nice-grpc';
import { type GuestInfoClient, GuestInfoDefinition } from '#gen/virtdc/v1/guest_info_service.js';
import { type HostInfoClient, HostInfoDefinition } from '#gen/virtdc/v1/host_info_service.js';
import { type MigrationClient, MigrationDefinition } from '#gen/virtdc/v1/migration_service.js';
import { type OperationsClient, OperationsDefinition } from '#gen/virtdc/v1/operations_service.js';
import { type PlacementClient, PlacementDefinition } from '#gen/virtdc/v1/placement_service.js';
import { type ScalingClient, ScalingDefinition } from '#gen/virtdc/v1/scaling_service.js';
import { Channels, leaveTheAway } from './channels.js';
import { translateErrors } from './error.js';
import { retryTransient } from './retry.js';
import { showToken } from './token.js';

/** What is trusted and shown. All of it PEM. */
export interface TlsOptions {
  /** Certificates of the CAs that may have signed the server's; undefined: those that Node trusts. */
  readonly ca?: Buffer;
  /** The certificate that is shown to the server, with its key. */
  readonly identity?: { readonly cert: Buffer; readonly key: Buffer };
  /** The name that the server's certificate must have, where it is not the one in the address. */
  readonly serverName?: string;
}

export interface VirtdcClient {
  readonly hosts: HostInfoClient;
  readonly guests: GuestInfoClient;
  readonly placement: PlacementClient;
  readonly migration: MigrationClient;
  readonly scaling: ScalingClient;
  readonly operations: OperationsClient;
  /** Ends the channel and every call on it. */
  close(): void;
}

const KEEPALIVE_MS = 20_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;
/** Where there is another one to turn to, one that is frozen is to be noticed sooner. */
const AMONG_SEVERAL = {
  'grpc.keepalive_time_ms': 5_000,
  'grpc.keepalive_timeout_ms': 3_000,
  // Despite its name: how long an attempt to connect may take.
  'grpc.min_reconnect_backoff_ms': 5_000,
};
/** The longest pause between two attempts to connect, so that a service that restarts is found again soon. */
const RECONNECT_MS = 1_000;
/** Answers are larger than requests: a page of 1,000 guests. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Connects lazily: an address where nobody answers shows with the first call, as UNAVAILABLE. Of several addresses one is
 * used until it does not answer, then the next; calls that may be repeated are.
 *
 * @param address host:port, or several of them, of replicas of one service
 * @param tls undefined: plaintext, which a service offers on loopback only
 * @param token shown as the caller's; undefined: none is
 */
export function connect(address: string | readonly string[], tls?: TlsOptions, token?: string): VirtdcClient {
  const options: ChannelOptions = {
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    'grpc.max_reconnect_backoff_ms': RECONNECT_MS,
    'grpc.initial_reconnect_backoff_ms': RECONNECT_MS / 10,
    'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    ...(typeof address !== 'string' && address.length > 1 && AMONG_SEVERAL),
    ...(tls?.serverName && { 'grpc.ssl_target_name_override': tls.serverName }),
  };
  const addresses = typeof address === 'string' ? [address] : address;
  const channels = new Channels(addresses.map((one) => createChannel(one, credentials(tls), options)));
  // It has all that a channel shows; what grpc-js's own hides besides, nobody asks for.
  const channel = channels as unknown as Channel;
  const plain = createClientFactory().use(translateErrors).use(leaveTheAway(channels)).use(retryTransient);
  const factory = token === undefined ? plain : plain.use(showToken(token));
  return {
    hosts: factory.create(HostInfoDefinition, channel),
    guests: factory.create(GuestInfoDefinition, channel),
    placement: factory.create(PlacementDefinition, channel),
    migration: factory.create(MigrationDefinition, channel),
    scaling: factory.create(ScalingDefinition, channel),
    operations: factory.create(OperationsDefinition, channel),
    close: () => channels.close(),
  };
}

function credentials(tls: TlsOptions | undefined): ChannelCredentials {
  if (tls === undefined) return ChannelCredentials.createInsecure();
  return ChannelCredentials.createSsl(tls.ca ?? null, tls.identity?.key ?? null, tls.identity?.cert ?? null);
}
