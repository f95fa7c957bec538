// The table of guests as the original virtdc drew it, and everything about one of them.

import type { Guest, GuestState } from '#gen/virtdc/v1/guest.js';
import type { Size } from '../amounts.js';
import type { Paint } from '../paint.js';
import type { Column } from '../table.js';
import { bare, labelsOf, orDash, timeOf } from '../words.js';

export function paintGuestState(paint: Paint, state: GuestState): (text: string) => string {
  switch (state) {
    case 'GUEST_STATE_RUNNING':
      return paint.green;
    case 'GUEST_STATE_MIGRATING':
    case 'GUEST_STATE_STARTING':
    case 'GUEST_STATE_PENDING':
      return paint.cyan;
    case 'GUEST_STATE_LOST':
    case 'GUEST_STATE_UNKNOWN':
      return paint.red;
    default:
      return paint.yellow;
  }
}

export function guestColumns(size: Size): Column<Guest>[] {
  return [
    { title: 'host', cell: ({ hostname }) => hostname },
    { title: 'vmid', cell: ({ vmid }) => vmid },
    { title: 'current_cpu', align: 'right', cell: ({ currentCpu }) => String(currentCpu) },
    { title: 'max_cpu', align: 'right', cell: ({ maxCpu }) => String(maxCpu) },
    { title: 'current_memory', align: 'right', cell: ({ currentMemoryKib }) => size(currentMemoryKib) },
    { title: 'max_memory', align: 'right', cell: ({ maxMemoryKib }) => size(maxMemoryKib) },
    { title: 'io', align: 'right', cell: ({ ioKib }) => size(ioKib) },
    {
      title: 'state',
      cell: ({ state }) => bare(state, 'GUEST_STATE'),
      paint: (paint, { state }) => paintGuestState(paint, state),
    },
  ];
}

/** Everything about a guest that a person may ask for. */
export function guestFields(guest: Guest, size: Size): [string, string][] {
  const { observed } = guest;
  return [
    ['vmid', guest.vmid],
    ['host', guest.hostname],
    ['state', [bare(guest.state, 'GUEST_STATE'), guest.stateReason].filter(Boolean).join(': ')],
    ['operation', guest.operation],
    ['cpu', `${guest.currentCpu} of ${guest.maxCpu}`],
    [
      'cpu seen',
      observed === undefined ? '' : `${orDash(observed.pluggedCpu)} plugged, ${orDash(observed.onlineCpu)} online`,
    ],
    ['memory', `${size(guest.currentMemoryKib)} of ${size(guest.maxMemoryKib)}`],
    ['memory seen', observed?.balloonKib === undefined ? '' : size(observed.balloonKib)],
    ['io', size(guest.ioKib)],
    ...guest.claims.map((claim): [string, string] => [
      `claimed on ${claim.hostname}`,
      `${claim.resources?.cpu ?? 0} cpu, ${size(claim.resources?.memoryKib ?? 0n)} memory, ${size(claim.resources?.ioKib ?? 0n)} io${
        claim.retakeKib > 0n ? `; could take back ${size(claim.retakeKib)}` : ''
      }${claim.kind === 'CLAIM_KIND_INCOMING' ? ' (incoming)' : ''}`,
    ]),
    ['addresses', observed?.addresses.join(', ') ?? ''],
    ['boot id', observed?.bootId ?? ''],
    [
      'disks',
      guest.disks
        .map(({ target, pool, volume, path }) => `${target}: ${pool === '' ? path : `${pool}/${volume}`}`)
        .join(', '),
    ],
    ['nics', guest.nics.map(({ source, mac }) => `${source} (${mac})`).join(', ')],
    ['base guest', guest.adopted ? '(adopted)' : guest.baseGuest],
    ['restart', bare(guest.restartPolicy, 'RESTART_POLICY')],
    ['priority', String(guest.priority)],
    ['labels', labelsOf(guest.labels)],
    ['domain', `${guest.domainName} (${guest.uuid})`],
    ['submitted', [timeOf(guest.createTime), guest.createdBy && `by ${guest.createdBy}`].filter(Boolean).join(' ')],
    ['seen', timeOf(observed?.observeTime)],
    ['revision', String(guest.revision)],
  ];
}
