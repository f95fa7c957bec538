// Whether a guest can be moved at all, and whether to this host: named checks, each with what it found and how to mend it.
// Those about the target say what the placement filters say; nothing is judged twice.

import type { HostVerdict, RejectCode } from '../fleet/explanation.js';
import type { FleetView } from '../fleet/fleet.js';
import { type Guest, writableDisks } from '../fleet/guest.js';
import type { MigrationPolicy } from '../fleet/operation.js';
import type { GuestTraits } from '../fleet/traits.js';
import { canSend, isLocked } from './move.js';
import type { MigrationForecast } from './predict-migration.js';

export type MigrationCheckKind =
  | 'GUEST_STATE'
  | 'HOST_STATE'
  | 'SPACE'
  | 'CPU_MODEL'
  | 'MACHINE_TYPE'
  | 'STORAGE'
  | 'NETWORK'
  | 'HOST_DEVICES'
  | 'TPM'
  | 'NVRAM'
  | 'CONVERGENCE';

/** WARN: works, with a drawback. UNKNOWN: could not be found out; never to be read as PASS. */
export type CheckVerdict = 'PASS' | 'WARN' | 'FAIL' | 'UNKNOWN';

export interface MigrationCheck {
  readonly kind: MigrationCheckKind;
  readonly verdict: CheckVerdict;
  readonly detail: string;
  /** What would mend it; empty where nothing is to be mended. */
  readonly fix: string;
}

/** What speaks against moving the guest anywhere. */
export function guestChecks(
  fleet: FleetView,
  guest: Guest,
  traits: GuestTraits,
  policy: MigrationPolicy,
): readonly MigrationCheck[] {
  return [
    guestState(guest),
    sourceState(fleet, guest),
    hostDevices(traits),
    tpm(traits),
    nvram(traits),
    disks(fleet, guest, policy),
  ];
}

function check(kind: MigrationCheckKind, verdict: CheckVerdict, detail: string, fix = ''): MigrationCheck {
  return { kind, verdict, detail, fix };
}

function guestState({ vmid, state }: Guest): MigrationCheck {
  if (state === 'RUNNING' || state === 'PAUSED') return check('GUEST_STATE', 'PASS', `${vmid} is ${state}`);
  return check('GUEST_STATE', 'FAIL', `${vmid} is ${state}`, 'only a RUNNING or PAUSED guest moves: start it, or wait');
}

function sourceState(fleet: FleetView, guest: Guest): MigrationCheck {
  const source = fleet.get('host', guest.hostname);
  const detail = `its host ${guest.hostname} is ${source?.condition ?? 'unknown'}`;
  return canSend(source)
    ? check('HOST_STATE', 'PASS', detail)
    : check('HOST_STATE', 'FAIL', detail, `make libvirt on ${guest.hostname} answer again`);
}

function hostDevices({ hostDevices: devices }: GuestTraits): MigrationCheck {
  if (devices.length === 0) return check('HOST_DEVICES', 'PASS', 'it has no devices of its host');
  const named = devices.join(', ');
  return check('HOST_DEVICES', 'FAIL', `it has devices of its host: ${named}`, `detach ${named} first`);
}

function tpm({ tpm: kind }: GuestTraits): MigrationCheck {
  if (kind === 'NONE') return check('TPM', 'PASS', 'it has no TPM');
  if (kind === 'EMULATED') {
    return check(
      'TPM',
      'WARN',
      'its software TPM moves along only if both hosts have swtpm',
      'install swtpm on the target',
    );
  }
  return check('TPM', 'FAIL', "it uses its host's TPM chip", 'give it a software TPM (swtpm) instead');
}

function nvram({ nvram: has }: GuestTraits): MigrationCheck {
  if (!has) return check('NVRAM', 'PASS', 'its firmware keeps no variables in a file');
  return check(
    'NVRAM',
    'WARN',
    'the target has to have the same UEFI firmware',
    'install the same firmware package there',
  );
}

function disks(fleet: FleetView, guest: Guest, policy: MigrationPolicy): MigrationCheck {
  const foreign = writableDisks(guest).filter((disk) => !disk.madeByVirtdc);
  const stuck = foreign.find((disk) => fleet.get('pool', disk.pool)?.kind === 'LOCAL');
  if (stuck !== undefined) {
    const detail = `disk ${stuck.target} is on LOCAL pool ${stuck.pool} and was not made by virtdc, so it is not copied`;
    return check('STORAGE', 'FAIL', detail, 'move the disk to a SHARED pool');
  }
  if (policy.onTimeout === 'POSTCOPY' && !isLocked(fleet, guest)) {
    const detail = 'post-copy is only safe where every disk is on a pool declared SHARED and locking';
    return check('STORAGE', 'FAIL', detail, 'use on_timeout ABORT, or declare the locking of its pools');
  }
  const unknown = foreign.find((disk) => disk.pool === '');
  if (unknown === undefined) return check('STORAGE', 'PASS', 'its disks can follow it');
  const detail = `disk ${unknown.target} (${unknown.path}) was not made by virtdc, which does not know its pool`;
  return check(
    'STORAGE',
    'UNKNOWN',
    detail,
    'see that both hosts have it at this path; libvirt refuses what is unsafe',
  );
}

/** Which check a reason against a host belongs to, and what mends it. */
const CHECK_OF: Readonly<Record<RejectCode, readonly [kind: MigrationCheckKind, fix: string]>> = {
  EXCLUDED: ['HOST_STATE', 'name another host'],
  SAME_MACHINE: ['HOST_STATE', 'name another host'],
  HOST_ADMIN_STATE: ['HOST_STATE', 'uncordon the host, or name another'],
  HOST_CONDITION: ['HOST_STATE', 'make libvirt answer there (virtdc hosts check)'],
  HOST_OVERCOMMITTED: ['SPACE', 'make room there'],
  INSUFFICIENT_CPU: ['SPACE', 'make room there'],
  INSUFFICIENT_MEMORY: ['SPACE', 'make room there'],
  INSUFFICIENT_IO: ['SPACE', 'make room there'],
  POOL_FULL: ['SPACE', 'make room in the pool'],
  POOL_MISSING: ['STORAGE', 'start the pool there and add the host to it'],
  BASE_IMAGE_MISSING: ['STORAGE', 'push the same image there (virtdc images push)'],
  NETWORK_MISSING: ['NETWORK', 'start the network or bridge there'],
  MACHINE_TYPE_MISSING: ['MACHINE_TYPE', 'install the same QEMU version there'],
  CPU_INCOMPATIBLE: ['CPU_MODEL', "give the guest the cluster's baseline CPU"],
};

/** Each of these is one check, failed or passed, of every target. */
const TARGET_KINDS: readonly MigrationCheckKind[] = [
  'HOST_STATE',
  'SPACE',
  'CPU_MODEL',
  'MACHINE_TYPE',
  'STORAGE',
  'NETWORK',
];

export function targetChecks(verdict: HostVerdict): readonly MigrationCheck[] {
  return TARGET_KINDS.map((kind) => {
    const codes = verdict.codes.filter((code) => CHECK_OF[code][0] === kind);
    if (codes.length === 0) return check(kind, 'PASS', `${verdict.hostname} fits`);
    const fixes = new Set(codes.map((code) => CHECK_OF[code][1]));
    return check(kind, 'FAIL', `${verdict.hostname}: ${codes.join(', ')} (${verdict.detail})`, [...fixes].join('; '));
  });
}

export function convergenceCheck(forecast: MigrationForecast): MigrationCheck {
  switch (forecast.converges) {
    case 'YES':
      return check('CONVERGENCE', 'PASS', `ends by itself in about ${forecast.totalMs} ms`);
    case 'THROTTLED':
      return check(
        'CONVERGENCE',
        'WARN',
        'ends only once the guest is slowed down',
        'give it more bandwidth or a longer stop',
      );
    case 'NO':
      return check(
        'CONVERGENCE',
        'WARN',
        'the guest writes faster than it can be sent',
        'allow auto-converge or post-copy',
      );
    case undefined:
      return check('CONVERGENCE', 'UNKNOWN', 'how fast the guest writes was not measured');
  }
}

const SEVERITY: readonly CheckVerdict[] = ['PASS', 'UNKNOWN', 'WARN', 'FAIL'];

/** One check a kind, where the guest and the target were looked at for the same: the graver one, or both if equally grave. */
export function oneOfEachKind(checks: readonly MigrationCheck[]): readonly MigrationCheck[] {
  const byKind = new Map<MigrationCheckKind, MigrationCheck>();
  for (const one of checks) {
    const other = byKind.get(one.kind);
    const graver = other === undefined ? 1 : SEVERITY.indexOf(one.verdict) - SEVERITY.indexOf(other.verdict);
    if (graver > 0) byKind.set(one.kind, one);
    else if (graver === 0 && other !== undefined) {
      const fix = [other.fix, one.fix].filter((text) => text !== '').join('; ');
      byKind.set(one.kind, { ...one, detail: `${other.detail}; ${one.detail}`, fix });
    }
  }
  return [...byKind.values()];
}
