// SubmitGuest: a guest is placed, its claim made and its creation begun, all in one decision; libvirt is called afterwards.

import { put } from '../fleet/change.js';
import type { Claim } from '../fleet/claim.js';
import { accept, type Command, type DecisionContext, refuse } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest, GuestDisk, GuestNic, GuestSeed, RestartPolicy } from '../fleet/guest.js';
import { invalidFields, isRefusal, type Refusal, refusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import { claimSize } from '../policy/claim.js';
import { place } from '../policy/place.js';
import { type GuestShape, type NewGuest, newGuest } from './new-guest.js';
import { type GuestOperation, newOperation } from './new-operation.js';
import { type Labels, Violations } from './violations.js';

export interface SubmitGuestRequest extends Omit<GuestShape, 'seeded'> {
  readonly vmid: string;
  /** MAC address of the first interface; empty: a new one. */
  readonly mac: string;
  readonly seed: GuestSeed | undefined;
  readonly restartPolicy: RestartPolicy;
  /** 0 to LIMITS.maxPriority. */
  readonly priority: number;
  readonly labels: Labels;
}

export function submitGuest(request: SubmitGuestRequest): Command<GuestOperation> {
  return {
    name: 'SubmitGuest',
    decide(fleet, context) {
      const plan = newGuest(fleet, { ...request, seeded: request.seed !== undefined }, violationsOf(request));
      if (isRefusal(plan)) return refuse(plan);
      const taken = vmidTaken(fleet, request.vmid) ?? macRefusal(fleet, request.mac, plan);
      if (taken !== undefined) return refuse(taken);
      const placement = place(fleet, plan.placement);
      if (isRefusal(placement)) return refuse(placement);
      const guest = guestOf(context, request, plan, placement.hostname);
      const size = claimSize(guest, fleet.policy);
      const claim: Claim = { hostname: guest.hostname, vmid: guest.vmid, kind: 'GUEST', ...size, revision: 0 };
      const operation = newOperation(context, { kind: 'CREATE_GUEST' }, guest.vmid, {
        name: guest.operation,
        charged: claim.resources,
        decision: placement.summary,
      });
      return accept({ guest, operation }, [put('guest', guest), put('claim', claim), put('operation', operation)]);
    },
  };
}

function violationsOf({ labels, seed, baseGuest, priority }: SubmitGuestRequest): Violations {
  const violations = new Violations();
  violations.priority('priority', priority);
  violations.labels('labels', labels);
  if (baseGuest === '') violations.add('base_guest', 'has to be given');
  if (seed === undefined) return violations;
  const keys = seed.sshAuthorizedKeys.length;
  if (keys > LIMITS.maxSshKeys)
    violations.add('seed.ssh_authorized_keys', `${keys} keys, at most ${LIMITS.maxSshKeys}`);
  const bytes = Buffer.byteLength(seed.userData);
  if (bytes > LIMITS.maxUserDataBytes) {
    violations.add('seed.user_data', `${bytes} bytes, at most ${LIMITS.maxUserDataBytes}`);
  }
  return violations;
}

function vmidTaken(fleet: FleetView, vmid: string): Refusal | undefined {
  if (fleet.get('guest', vmid) === undefined) return undefined;
  return refusal('GUEST_EXISTS', `there is a guest ${vmid} already`, { vmid });
}

function macRefusal(fleet: FleetView, mac: string, plan: NewGuest): Refusal | undefined {
  if (mac === '') return undefined;
  if (plan.nics.length === 0) return invalidFields([{ field: 'mac', description: 'the guest has no interface' }]);
  const other = fleet.guestByMac(mac);
  if (other !== undefined) return invalidFields([{ field: 'mac', description: `guest ${other.vmid} has it already` }]);
  return undefined;
}

function guestOf(context: DecisionContext, request: SubmitGuestRequest, plan: NewGuest, hostname: string): Guest {
  const { vmid } = request;
  const uuid = context.newUuid();
  const nics: GuestNic[] = plan.nics.map((nic, index) => ({
    ...nic,
    mac: index === 0 && request.mac !== '' ? request.mac : context.newMac(),
  }));
  return {
    vmid,
    uuid,
    domainName: vmid,
    hostname,
    state: 'PENDING',
    stateReason: '',
    currentCpu: request.cpu,
    maxCpu: plan.maxCpu,
    currentMemoryKib: request.memoryKib,
    maxMemoryKib: plan.maxMemoryKib,
    ioKib: plan.ioKib,
    observed: undefined,
    disks: disksOf(vmid, uuid, request.seed, plan),
    nics,
    seed: request.seed,
    baseGuest: request.baseGuest,
    template: plan.base?.template ?? '',
    persistent: request.restartPolicy === 'WITH_HOST',
    adopted: false,
    restartPolicy: request.restartPolicy,
    priority: request.priority,
    restarts: undefined,
    operation: context.newOperationName(),
    labels: request.labels,
    createdBy: context.principal,
    createdByRequest: context.requestId,
    createdAt: context.now,
    cause: '',
    revision: 0,
  };
}

/** Volumes are named by the guest's UUID as well, so that a name used again never finds an old disk. */
function disksOf(vmid: string, uuid: string, seed: GuestSeed | undefined, plan: NewGuest): readonly GuestDisk[] {
  const made = { pool: plan.pool, path: '', madeByVirtdc: true };
  const disks: GuestDisk[] = plan.disks.map(({ target, baseImage, capacityKib }) => ({
    ...made,
    target,
    volume: `${vmid}-${uuid}-${target}.qcow2`,
    format: 'qcow2',
    baseImage,
    capacityKib,
    role: 'DISK',
  }));
  if (seed === undefined) return disks;
  const target = freeTarget(plan.disks.map((disk) => disk.target));
  const volume = `${vmid}-${uuid}-seed.iso`;
  return [...disks, { ...made, target, volume, format: 'raw', baseImage: '', capacityKib: 0, role: 'SEED' }];
}

/** The first virtio target that no disk has; cloud-init finds its seed by the label, wherever it is. */
function freeTarget(taken: readonly string[]): string {
  for (const letter of 'abcdefghijklmnopqrstuvwxyz') if (!taken.includes(`vd${letter}`)) return `vd${letter}`;
  return 'sda';
}
