// The tables of what guests are made from: pools, base images, base guests.

import type { BaseGuest } from '#gen/virtdc/v1/base_guest.js';
import type { Image } from '#gen/virtdc/v1/image.js';
import type { Pool } from '#gen/virtdc/v1/pool.js';
import { formatBytes, type Size } from '../amounts.js';
import type { Column } from '../table.js';
import { bare, timeOf } from '../words.js';

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
