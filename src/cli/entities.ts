// The tables of hosts and guests as the original virtdc drew them, and those of the things it did not have.

import type { BaseGuest } from '#gen/virtdc/v1/base_guest.js';
import type { Guest, GuestState } from '#gen/virtdc/v1/guest.js';
import type { Host } from '#gen/virtdc/v1/host.js';
import type { Image } from '#gen/virtdc/v1/image.js';
import type { GuestMigration } from '#gen/virtdc/v1/migration.js';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import type { OperationState } from '#gen/virtdc/v1/operation_state.js';
import type { Pool } from '#gen/virtdc/v1/pool.js';
import { formatBytes, formatMs } from './amounts.js';
import type { Paint } from './paint.js';
import type { Column } from './table.js';
import { bare, labelsOf, orDash, timeOf } from './words.js';

export type Size = (kib: bigint) => string;

/** Condition, what its operator wants, and what to look at. */
export function hostState({ condition, adminState, warnings }: Host): string {
  const parts = [
    bare(condition, 'HOST_CONDITION'),
    ...(adminState === 'HOST_ADMIN_STATE_AVAILABLE' ? [] : [bare(adminState, 'HOST_ADMIN_STATE')]),
    ...warnings.map((warning) => bare(warning, 'HOST_WARNING')),
  ];
  return parts.join(', ');
}

export function hostPaint(paint: Paint, { condition, adminState, warnings }: Host): (text: string) => string {
  if (condition !== 'HOST_CONDITION_READY') return paint.red;
  return adminState === 'HOST_ADMIN_STATE_AVAILABLE' && warnings.length === 0 ? paint.green : paint.yellow;
}

export function hostColumns(size: Size): Column<Host>[] {
  return [
    { title: 'host', cell: ({ hostname }) => hostname },
    { title: 'ip_address', cell: ({ ipAddress }) => ipAddress },
    { title: 'max_cpu', align: 'right', cell: ({ maxCpu }) => String(maxCpu) },
    { title: 'max_memory', align: 'right', cell: ({ maxMemoryKib }) => size(maxMemoryKib) },
    { title: 'max_io', align: 'right', cell: ({ maxIoKib }) => size(maxIoKib) },
    { title: 'avail_cpu', align: 'right', cell: ({ availCpu }) => String(availCpu) },
    { title: 'avail_memory', align: 'right', cell: ({ availMemoryKib }) => size(availMemoryKib) },
    { title: 'avail_io', align: 'right', cell: ({ availIoKib }) => size(availIoKib) },
    { title: 'guests', align: 'right', cell: ({ guests }) => String(guests) },
    { title: 'state', cell: hostState, paint: hostPaint },
  ];
}

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

export function poolColumns(size: Size): Column<Pool>[] {
  return [
    { title: 'pool', cell: ({ name }) => name },
    { title: 'kind', cell: ({ kind }) => bare(kind, 'POOL_KIND') },
    { title: 'locking', cell: ({ locking }) => (locking ? 'yes' : '') },
    { title: 'capacity', align: 'right', cell: ({ capacityKib }) => (capacityKib === 0n ? '' : size(capacityKib)) },
    { title: 'avail', align: 'right', cell: ({ availKib }) => (availKib === undefined ? '' : size(availKib)) },
    { title: 'exported_by', cell: ({ exportedBy }) => exportedBy },
    { title: 'hosts', cell: ({ hostnames }) => hostnames.join(', ') },
  ];
}

export function imageColumns(size: Size): Column<Image>[] {
  return [
    { title: 'pool', cell: ({ pool }) => pool },
    { title: 'host', cell: ({ hostname }) => hostname || '(all)' },
    { title: 'image', cell: ({ name }) => name },
    { title: 'format', cell: ({ format }) => bare(format, 'DISK_FORMAT').toLowerCase() },
    { title: 'size', align: 'right', cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
    { title: 'disk', align: 'right', cell: ({ virtualKib }) => size(virtualKib) },
    { title: 'sha256', cell: ({ sha256 }) => sha256.slice(0, 12) },
  ];
}

export const BASE_GUEST_COLUMNS: readonly Column<BaseGuest>[] = [
  { title: 'base_guest', cell: ({ name }) => name },
  { title: 'machine', cell: ({ machineType }) => machineType },
  {
    title: 'disks',
    cell: ({ disks }) => disks.map(({ target, image }) => `${target}: ${image || '(empty)'}`).join(', '),
  },
  { title: 'nics', cell: ({ nics }) => nics.map(({ source }) => source).join(', ') },
  { title: 'imported', cell: ({ createTime }) => timeOf(createTime) },
];

export function paintOperationState(paint: Paint, state: OperationState): (text: string) => string {
  switch (state) {
    case 'OPERATION_STATE_SUCCEEDED':
      return paint.green;
    case 'OPERATION_STATE_FAILED':
      return paint.red;
    case 'OPERATION_STATE_CANCELLED':
    case 'OPERATION_STATE_CANCELLING':
      return paint.yellow;
    default:
      return paint.cyan;
  }
}

export function tookOf({ startTime, endTime }: Pick<Operation, 'startTime' | 'endTime'>): string {
  return startTime === undefined || endTime === undefined ? '' : formatMs(endTime.getTime() - startTime.getTime());
}

export const OPERATION_COLUMNS: readonly Column<Operation>[] = [
  { title: 'operation', cell: ({ name }) => name },
  { title: 'kind', cell: ({ kind }) => bare(kind, 'OPERATION_KIND') },
  { title: 'guest', cell: ({ target }) => target },
  {
    title: 'state',
    cell: ({ state }) => bare(state, 'OPERATION_STATE'),
    paint: (paint, { state }) => paintOperationState(paint, state),
  },
  { title: 'step', cell: ({ step }) => step },
  { title: 'done', align: 'right', cell: ({ progressPercent: done }) => (done === undefined ? '' : `${done} %`) },
  { title: 'begun', cell: ({ createTime }) => timeOf(createTime) },
  { title: 'took', align: 'right', cell: tookOf },
  { title: 'error', cell: ({ error }) => error?.reason ?? '' },
];

export const MIGRATION_COLUMNS: readonly Column<GuestMigration>[] = [
  { title: 'operation', cell: ({ operation }) => operation },
  { title: 'guest', cell: ({ vmid }) => vmid },
  { title: 'from', cell: ({ sourceHost }) => sourceHost },
  { title: 'to', cell: ({ destHost }) => destHost },
  {
    title: 'state',
    cell: ({ state }) => bare(state, 'OPERATION_STATE'),
    paint: (paint, { state }) => paintOperationState(paint, state),
  },
  {
    title: 'done',
    align: 'right',
    cell: ({ progress }) => (progress?.percent === undefined ? '' : `${progress.percent} %`),
  },
  {
    title: 'took',
    align: 'right',
    cell: ({ result }) => (result === undefined ? '' : formatMs(Number(result.totalMs))),
  },
  { title: 'stood still', align: 'right', cell: ({ result }) => blackout(result?.blackoutMs) },
  { title: 'begun', cell: ({ createTime }) => timeOf(createTime) },
  { title: 'failure', cell: ({ failure }) => failure },
];

function blackout(ms: bigint | undefined): string {
  return ms === undefined ? '' : formatMs(Number(ms));
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
    ['labels', labelsOf(guest.labels)],
    ['domain', `${guest.domainName} (${guest.uuid})`],
    ['submitted', [timeOf(guest.createTime), guest.createdBy && `by ${guest.createdBy}`].filter(Boolean).join(' ')],
    ['seen', timeOf(observed?.observeTime)],
    ['revision', String(guest.revision)],
  ];
}

/** Everything about a host that a person may ask for. */
export function hostFields(host: Host, size: Size): [string, string][] {
  const { observed, ratios, reserve, claimed } = host;
  return [
    ['host', host.hostname],
    ['ip_address', host.ipAddress],
    ['uri', host.uri],
    ['migration_uri', host.migrationUri],
    ['state', [hostState(host), host.conditionReason].filter(Boolean).join(': ')],
    ['cpu', `${host.availCpu} of ${host.maxCpu} left`],
    ['memory', `${size(host.availMemoryKib)} of ${size(host.maxMemoryKib)} left`],
    ['io', `${size(host.availIoKib)} of ${size(host.maxIoKib)} left`],
    ['claimed', `${claimed?.cpu ?? 0} cpu, ${size(claimed?.memoryKib ?? 0n)} memory, ${size(claimed?.ioKib ?? 0n)} io`],
    ['ratios', `cpu ${ratios?.cpu ?? 1}, memory ${ratios?.memory ?? 1}, io ${ratios?.io ?? 1}`],
    ['reserve', `${reserve?.cpu ?? 0} cpu, ${size(reserve?.memoryKib ?? 0n)} memory, ${size(reserve?.ioKib ?? 0n)} io`],
    ['guests', String(host.guests)],
    [
      'hardware',
      observed === undefined
        ? ''
        : `${observed.cpu} cpu, ${size(observed.memoryKib)}, ${observed.arch} ${observed.cpuModel}`,
    ],
    [
      'libvirt',
      observed === undefined
        ? ''
        : `${observed.libvirtVersion}, QEMU ${observed.hypervisorVersion}, ${observed.libvirtUuid}`,
    ],
    ['pools', observed?.pools.join(', ') ?? ''],
    ['networks', [...(observed?.networks ?? []), ...(observed?.bridges ?? [])].join(', ')],
    ['labels', labelsOf(host.labels)],
    ['zone', host.zone],
    ['seen', timeOf(host.lastSeenTime)],
    ['registered', timeOf(host.createTime)],
    ['revision', String(host.revision)],
  ];
}
