// The table of hosts as the original virtdc drew it, and everything about one of them.

import type { Host } from '#gen/virtdc/v1/host.js';
import type { Size } from '../amounts.js';
import type { Paint } from '../paint.js';
import type { Column } from '../table.js';
import { bare, labelsOf, timeOf } from '../words.js';

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
    ['left behind', host.leftBehind.join(', ')],
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
