// The way to the process that leads, for calls that are passed on to it: one channel, messages as the bytes they are.

import { ChannelCredentials } from '@grpc/grpc-js';
import { type CallOptions, type Channel, createChannel, createClient } from 'nice-grpc';

export interface RawMethod {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** PEM. What a replica shows of itself, and whom it trusts. */
export interface ReplicaIdentity {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** undefined: the CAs that Node trusts. */
  readonly ca: Buffer | undefined;
}

type Call = (
  request: Uint8Array | AsyncIterable<Uint8Array>,
  options: CallOptions,
) => Promise<Uint8Array> | AsyncIterable<Uint8Array>;

/** A frozen process is noticed within the sum of both. */
const KEEPALIVE_MS = 5_000;
const KEEPALIVE_TIMEOUT_MS = 3_000;
const RECONNECT_MS = 500;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export class LeaderLink {
  private open: { readonly address: string; readonly channel: Channel; readonly calls: Map<string, Call> } | undefined;

  /** undefined: plaintext, to other processes of the same machine. */
  constructor(private readonly identity: ReplicaIdentity | undefined) {}

  /** What calls the method there. Where the address is another than before, calls to that one end. */
  to(address: string, method: RawMethod): Call {
    if (this.open?.address !== address) {
      this.close();
      this.open = { address, channel: this.channelTo(address), calls: new Map() };
    }
    const { channel, calls } = this.open;
    const known = calls.get(method.path);
    if (known !== undefined) return known;
    const client = createClient({ call: rawDefinition(method) }, channel) as unknown as { readonly call: Call };
    calls.set(method.path, client.call);
    return client.call;
  }

  close(): void {
    this.open?.channel.close();
    this.open = undefined;
  }

  private channelTo(address: string): Channel {
    const { identity } = this;
    const credentials =
      identity === undefined
        ? ChannelCredentials.createInsecure()
        : ChannelCredentials.createSsl(identity.ca ?? null, identity.key, identity.cert);
    return createChannel(address, credentials, {
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
      // Despite its name: how long an attempt to connect may take.
      'grpc.min_reconnect_backoff_ms': KEEPALIVE_TIMEOUT_MS,
      'grpc.initial_reconnect_backoff_ms': RECONNECT_MS / 5,
      'grpc.max_reconnect_backoff_ms': RECONNECT_MS,
      'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    });
  }
}

const asIs = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function rawDefinition({ path, requestStream, responseStream }: RawMethod) {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
    options: {},
  };
}
