// Guests and hosts as topics of watches: their filters, and their events encoded once for all watchers.

import { WatchGuestsResponse } from '#gen/virtdc/v1/guest_info_service.js';
import { WatchHostsResponse } from '#gen/virtdc/v1/host_info_service.js';
import type { DeleteReason, GuestDeleted, GuestEvent, HostDeleted, HostEvent } from '#gen/virtdc/v1/watch.js';
import { NOTHING } from '../fleet/resources.js';
import type { LogEntry } from '../ports/inventory.js';
import { filterKey, type GuestFilter, type HostFilter, passesGuest, passesHost } from '../queries/filters.js';
import type { Topic, WatchEvent } from '../watch/topic.js';
import { toCause } from './convert/cause.js';
import { toGuest } from './convert/guest.js';
import { toHost } from './convert/host.js';

export const guestTopic: Topic<GuestFilter> = {
  kind: 'guest',
  keyOf: filterKey,
  passes: passesGuest,
  encodeEvent: (event) =>
    WatchGuestsResponse.encode({ revision: 0n, events: [guestEvent(event)], batchEnd: false }).finish(),
  encodeAnswer: (events, revision, batchEnd) =>
    framed(events, WatchGuestsResponse.encode({ revision: BigInt(revision), events: [], batchEnd }).finish()),
};

export const hostTopic: Topic<HostFilter> = {
  kind: 'host',
  keyOf: filterKey,
  passes: passesHost,
  encodeEvent: (event) =>
    WatchHostsResponse.encode({ revision: 0n, events: [hostEvent(event)], batchEnd: false }).finish(),
  encodeAnswer: (events, revision, batchEnd) =>
    framed(events, WatchHostsResponse.encode({ revision: BigInt(revision), events: [], batchEnd }).finish()),
};

const PREFIX_BYTES = 5;

/** A message in gRPC's frame: not compressed, and how long it is. Encoded messages one after another are one message. */
function framed(events: readonly Uint8Array[], rest: Uint8Array): Uint8Array {
  const frame = Buffer.concat([new Uint8Array(PREFIX_BYTES), ...events, rest]);
  frame.writeUInt32BE(frame.length - PREFIX_BYTES, 1);
  return frame;
}

function guestEvent(event: WatchEvent): GuestEvent {
  const revision = BigInt(event.revision);
  switch (event.type) {
    case 'upserted': {
      if (event.entry.kind !== 'guest' || event.entry.after === undefined) throw new Error('not of a guest');
      return { revision, event: { $case: 'upserted', value: toGuest(event.entry.after, event.entry.claims ?? []) } };
    }
    case 'deleted':
      return { revision, event: { $case: 'deleted', value: guestDeleted(event.entry, event.reason) } };
    default:
      return { revision, event: { $case: event.type, value: {} } };
  }
}

function guestDeleted(entry: LogEntry, reason: string): GuestDeleted {
  const uuid = entry.kind === 'guest' ? (entry.after?.uuid ?? entry.was?.uuid ?? '') : '';
  return { vmid: entry.key, uuid, reason: deleteReason(reason), cause: toCause(entry.cause) };
}

function hostEvent(event: WatchEvent): HostEvent {
  const revision = BigInt(event.revision);
  switch (event.type) {
    case 'upserted': {
      if (event.entry.kind !== 'host' || event.entry.after === undefined) throw new Error('not of a host');
      const load = event.entry.load ?? { claimed: NOTHING, guests: 0 };
      return { revision, event: { $case: 'upserted', value: toHost(event.entry.after, load, undefined) } };
    }
    case 'deleted': {
      const value: HostDeleted = {
        hostname: event.entry.key,
        reason: deleteReason(event.reason),
        cause: toCause(event.entry.cause),
      };
      return { revision, event: { $case: 'deleted', value } };
    }
    default:
      return { revision, event: { $case: event.type, value: {} } };
  }
}

function deleteReason(reason: string): DeleteReason {
  switch (reason) {
    case 'TERMINATED':
    case 'FAILED':
    case 'LEFT_FILTER':
      return `DELETE_REASON_${reason}`;
    default:
      return 'DELETE_REASON_REMOVED';
  }
}
