// Guests and hosts as topics of watches: their filters, and their events encoded once for all watchers.

import { type GuestFilter } from '#gen/virtdc/v1/guest.js';
import { WatchGuestsResponse } from '#gen/virtdc/v1/guest_info_service.js';
import type { HostFilter } from '#gen/virtdc/v1/host.js';
import { WatchHostsResponse } from '#gen/virtdc/v1/host_info_service.js';
import type { DeleteReason, GuestDeleted, GuestEvent, HostDeleted, HostEvent } from '#gen/virtdc/v1/watch.js';
import type { FilterFacts } from '../fleet/filter-facts.js';
import { NOTHING } from '../fleet/resources.js';
import type { LogEntry } from '../ports/inventory.js';
import type { Topic, WatchEvent } from '../watch/topic.js';
import { toCause } from './convert/cause.js';
import { toGuest } from './convert/guest.js';
import { toHost } from './convert/host.js';

function among(wanted: readonly string[], value: string): boolean {
  return wanted.length === 0 || wanted.includes(value);
}

function labelled(wanted: { readonly [key: string]: string }, labels: FilterFacts['labels']): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

export const guestTopic: Topic<GuestFilter> = {
  kind: 'guest',
  keyOf: filterKey,
  passes: (filter, vmid, facts) =>
    among(filter.vmids, vmid) &&
    among(filter.hostnames, facts.hostname) &&
    among(filter.states, `GUEST_STATE_${facts.state}`) &&
    (filter.baseGuest === '' || filter.baseGuest === facts.baseGuest) &&
    labelled(filter.labels, facts.labels),
  encodeEvent: (event) => WatchGuestsResponse.encode({ revision: 0n, events: [guestEvent(event)], batchEnd: false }).finish(),
  encodeTail: (revision, batchEnd) =>
    WatchGuestsResponse.encode({ revision: BigInt(revision), events: [], batchEnd }).finish(),
};

export const hostTopic: Topic<HostFilter> = {
  kind: 'host',
  keyOf: filterKey,
  passes: (filter, hostname, facts) =>
    among(filter.hostnames, hostname) &&
    among(filter.adminStates, facts.state === 'AVAILABLE' ? 'HOST_ADMIN_STATE_AVAILABLE' : 'HOST_ADMIN_STATE_CORDONED') &&
    among(filter.conditions, facts.condition === 'DEAD' ? 'HOST_CONDITION_UNREACHABLE' : `HOST_CONDITION_${facts.condition}`) &&
    (filter.zone === '' || filter.zone === facts.zone) &&
    labelled(filter.labels, facts.labels),
  encodeEvent: (event) => WatchHostsResponse.encode({ revision: 0n, events: [hostEvent(event)], batchEnd: false }).finish(),
  encodeTail: (revision, batchEnd) => WatchHostsResponse.encode({ revision: BigInt(revision), events: [], batchEnd }).finish(),
};

/** Equal for equal filters: the messages have their fields in one order, the map of labels has not. */
function filterKey(filter: { readonly labels: { readonly [key: string]: string } }): string {
  return JSON.stringify({ ...filter, labels: Object.entries(filter.labels).sort() });
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
      const value: HostDeleted = { hostname: event.entry.key, reason: deleteReason(event.reason), cause: toCause(event.entry.cause) };
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
