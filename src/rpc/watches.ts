// WatchGuests and WatchHosts: their answers come encoded and framed, and go out as they are, past the handler's generator,
// which only lasts as long as the watch does.

import type { BinaryReader } from '@bufbuild/protobuf/wire';
import type { CallContext } from 'nice-grpc';
import { WatchGuestsRequest } from '#gen/virtdc/v1/guest_info_service.js';
import { WatchHostsRequest } from '#gen/virtdc/v1/host_info_service.js';
import { LIMITS } from '../limits.js';
import type { Topic } from '../watch/topic.js';
import { Check } from './check.js';
import { readGuestFilter, readHostFilter } from './filters.js';
import type { OpenStreams } from './interceptors/streams.js';
import type { RpcParts } from './parts.js';
import { guestTopic, hostTopic } from './topics.js';
import { decodeStrictly } from './wire.js';

/** A server stream whose answers are bytes already. */
function rawStream<Request>(
  path: string,
  requestType: { encode(request: Request): { finish(): Uint8Array }; decode(input: BinaryReader): Request },
) {
  return {
    path,
    requestStream: false as const,
    responseStream: true as const,
    requestSerialize: (request: Request) => Buffer.from(requestType.encode(request).finish()),
    requestDeserialize: decodeStrictly(requestType),
    responseSerialize: (answer: Uint8Array) => Buffer.from(answer),
    responseDeserialize: (bytes: Buffer): Uint8Array => bytes,
    options: {},
  };
}

export const WatchGuestsDefinition = { watchGuests: rawStream('/virtdc.v1.GuestInfo/WatchGuests', WatchGuestsRequest) };
export const WatchHostsDefinition = { watchHosts: rawStream('/virtdc.v1.HostInfo/WatchHosts', WatchHostsRequest) };

const LONGEST_PROGRESS_S = 600;

interface WatchMessage {
  readonly startRevision: bigint;
  readonly sendInitial: boolean;
  readonly progressIntervalS: number;
}

export function watchGuests(
  parts: RpcParts,
  streams: OpenStreams,
  request: WatchGuestsRequest,
  context: CallContext,
): AsyncIterable<Uint8Array> {
  const check = new Check();
  return watch(parts, streams, guestTopic, request, check, readGuestFilter(check, request.filter), context);
}

export function watchHosts(
  parts: RpcParts,
  streams: OpenStreams,
  request: WatchHostsRequest,
  context: CallContext,
): AsyncIterable<Uint8Array> {
  const check = new Check();
  return watch(parts, streams, hostTopic, request, check, readHostFilter(check, request.filter), context);
}

// biome-ignore lint/correctness/useYield: a stream's handler is a generator, and its answers do not pass it.
async function* watch<F>(
  parts: RpcParts,
  streams: OpenStreams,
  topic: Topic<F>,
  message: WatchMessage,
  check: Check,
  filter: F,
  context: CallContext,
): AsyncGenerator<Uint8Array> {
  const startRevision = check.revision(message.startRevision, 'start_revision');
  if (message.sendInitial && startRevision > 0) check.add('send_initial', 'goes with start_revision 0 only');
  const progressS = check.whole('progress_interval_s', message.progressIntervalS, 0, LONGEST_PROGRESS_S);
  check.done();
  const progressMs = progressS === 0 ? LIMITS.watchProgressMs : progressS * 1_000;
  const request = { startRevision, sendInitial: message.sendInitial, filter, progressMs };
  context.sendHeader();
  await parts.watches.watch(topic, request, streams.taker(context.metadata), context.signal);
}
