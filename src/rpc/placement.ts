// The service Placement: guests come and go, where they would go and why, and the policy of the cluster.

import type { GuestShape as GuestShapeMessage } from '#gen/virtdc/v1/placement.js';
import {
  PlacementDefinition,
  type PlacementServiceImplementation,
  type Seed,
  type SubmitGuestRequest as SubmitGuestMessage,
  type SubmitGuestResponse,
  type SubmitGuestsRequest as SubmitGuestsMessage,
  type SubmitGuestsResult,
} from '#gen/virtdc/v1/placement_service.js';
import { checkShape, type GuestShape } from '../commands/new-guest.js';
import type { GuestOperation } from '../commands/new-operation.js';
import { setClusterPolicy } from '../commands/set-cluster-policy.js';
import { type SubmitGuestRequest, submitGuest } from '../commands/submit-guest.js';
import { type Submission, type SubmitGuestsRequest, submitGuests } from '../commands/submit-guests.js';
import { terminateGuest } from '../commands/terminate-guest.js';
import { Violations } from '../commands/violations.js';
import type { Claim } from '../fleet/claim.js';
import { STRATEGIES, type Strategy } from '../fleet/explanation.js';
import { type GuestSeed, RESTART_POLICIES } from '../fleet/guest.js';
import { invalidFields } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import { checkSpace, explainGuest, explainShape } from '../queries/space.js';
import { Check } from './check.js';
import { toGuest } from './convert/guest.js';
import { toOperation } from './convert/operation.js';
import { toClusterPolicy, toExplanation, toSummary } from './convert/placement.js';
import { moveFacts } from './move-facts.js';
import { type CallerKnown, decide, type RpcParts } from './parts.js';
import { query } from './query.js';
import { readRatios, readReserve } from './reading.js';
import { toRefusal } from './status.js';

export function placementService(parts: RpcParts): PlacementServiceImplementation<CallerKnown> {
  return {
    async submitGuest(request, context) {
      const check = new Check();
      const read = readSubmit(check, request);
      check.requestId(request.requestId);
      check.done();
      const command = submitGuest(read);
      const { result } = await decide(parts, context, PlacementDefinition, 'submitGuest', request, command);
      return toSubmitted(result, request.validateOnly);
    },
    async submitGuests(request, context) {
      const command = submitGuests(readSubmits(request));
      const { result } = await decide(parts, context, PlacementDefinition, 'submitGuests', request, command);
      return { results: result.map((submission) => toResult(submission, request.validateOnly)) };
    },
    async terminateGuest(request, context) {
      const check = new Check();
      const on = { vmid: check.vmid('vmid', request.vmid), expectedRevision: check.revision(request.revision) };
      check.requestId(request.requestId);
      check.done();
      const { result } = await decide(
        parts,
        context,
        PlacementDefinition,
        'terminateGuest',
        request,
        terminateGuest(on),
      );
      return { operation: toOperation(result.operation, undefined) };
    },
    async checkSpace(request) {
      const check = new Check();
      const shape = readShape(check, 'shape', request.shape, readStrategy(check, request.strategy));
      check.done();
      const { value } = await query(parts, (fleet) => checkSpace(fleet, shape));
      return { fits: value.winner !== '', hostname: value.winner, decision: toSummary(value) };
    },
    async explainPlacement(request) {
      const check = new Check();
      const strategy = readStrategy(check, request.strategy);
      const { subject } = request;
      if (subject === undefined) check.add('subject', 'one of shape and vmid has to be given');
      if (subject?.$case === 'vmid') {
        const vmid = check.vmid('vmid', subject.value);
        check.done();
        const facts = await moveFacts(parts, vmid);
        const { value, revision } = await query(parts, (fleet) => explainGuest(fleet, vmid, facts, strategy));
        return { explanation: toExplanation(value, revision) };
      }
      const shape = readShape(check, 'shape', subject?.value, strategy);
      check.done();
      const { value, revision } = await query(parts, (fleet) => explainShape(fleet, shape));
      return { explanation: toExplanation(value, revision) };
    },
    async getClusterPolicy() {
      const { value } = await query(parts, (fleet) => fleet.policy);
      return { policy: toClusterPolicy(value) };
    },
    async setClusterPolicy(request, context) {
      const check = new Check();
      const strategy = readStrategy(check, request.strategy);
      const ratios = readRatios(check, 'default_ratios', request.defaultRatios);
      const reserve = readReserve(check, 'default_reserve', request.defaultReserve);
      const defaultPool =
        request.defaultPool === undefined ? undefined : check.optionalPool('default_pool', request.defaultPool);
      const expectedRevision = check.revision(request.revision);
      check.requestId(request.requestId);
      check.done();
      const { policy } = parts.authority.fleet;
      const set = {
        defaultRatios: { ...policy.defaultRatios, ...ratios },
        defaultReserve: { ...policy.defaultReserve, ...reserve },
        ...(strategy === undefined ? {} : { strategy }),
        ...(defaultPool === undefined ? {} : { defaultPool }),
      };
      const command = setClusterPolicy({ expectedRevision, set });
      const { result } = await decide(parts, context, PlacementDefinition, 'setClusterPolicy', request, command);
      return { policy: toClusterPolicy(result) };
    },
  };
}

function readStrategy(check: Check, strategy: string): Strategy | undefined {
  return check.enum('strategy', 'STRATEGY', strategy, STRATEGIES);
}

function readSubmit(check: Check, request: SubmitGuestMessage): SubmitGuestRequest {
  return {
    ...readSizes(check, '', request),
    strategy: readStrategy(check, request.strategy),
    vmid: check.vmid('vmid', request.vmid),
    mac: check.optionalMac('mac', request.mac),
    seed: request.seed && readSeed(check, request.seed),
    restartPolicy:
      check.enum('restart_policy', 'RESTART_POLICY', request.restartPolicy, RESTART_POLICIES) ?? 'ON_HOST_FAILURE',
    priority: check.whole('priority', request.priority, 0, LIMITS.maxPriority),
    labels: check.labels('labels', request.labels),
  };
}

/** What is wrong with one guest refuses that guest or, with all_or_none, the call with everything that is wrong with any. */
function readSubmits({ guests, allOrNone, requestId }: SubmitGuestsMessage): SubmitGuestsRequest {
  const check = new Check();
  if (guests.length === 0) check.add('guests', 'there are none');
  check.requestId(requestId);
  const read = check.list('guests', guests, LIMITS.maxGuestsSubmitted, (field, guest) => {
    const own = new Check();
    const one = readSubmit(own, guest);
    if (guest.requestId !== '') own.add('request_id', 'is to be given for the whole call');
    if (guest.validateOnly) own.add('validate_only', 'is to be given for the whole call');
    if (own.found.length === 0) return one;
    check.addAll(
      allOrNone ? own.found.map((violation) => ({ ...violation, field: `${field}.${violation.field}` })) : [],
    );
    return invalidFields(own.found.slice(0, LIMITS.maxViolations));
  });
  check.done();
  return { guests: read, allOrNone };
}

/** As of the decision, so that a repeated request is answered the same. */
function toSubmitted({ guest, operation }: GuestOperation, validateOnly: boolean): SubmitGuestResponse {
  const { hostname, vmid, revision } = guest;
  const claim: Claim = { hostname, vmid, kind: 'GUEST', resources: operation.charged, retakeKib: 0, revision };
  return {
    guest: toGuest(guest, [claim]),
    operation: validateOnly ? undefined : toOperation(operation, undefined),
    decision: operation.decision && toSummary(operation.decision),
  };
}

function toResult(submission: Submission, validateOnly: boolean): SubmitGuestsResult {
  if (submission.accepted) return { outcome: { $case: 'accepted', value: toSubmitted(submission, validateOnly) } };
  return { outcome: { $case: 'refused', value: toRefusal(submission.refusal, submission.revision) } };
}

type Sizes = Pick<
  GuestShapeMessage,
  'cpu' | 'memoryKib' | 'ioKib' | 'maxMemoryKib' | 'baseGuest' | 'pool' | 'nicSource'
>;

function readSizes(check: Check, prefix: string, sizes: Sizes & { readonly maxCpu?: number }) {
  const { nicSource } = sizes;
  const read = {
    cpu: sizes.cpu,
    maxCpu: sizes.maxCpu ?? 0,
    memoryKib: check.exact(`${prefix}memory_kib`, sizes.memoryKib),
    ioKib: check.exact(`${prefix}io_kib`, sizes.ioKib),
    maxMemoryKib: check.exact(`${prefix}max_memory_kib`, sizes.maxMemoryKib),
    baseGuest: sizes.baseGuest === '' ? '' : check.vmid(`${prefix}base_guest`, sizes.baseGuest),
    pool: check.optionalPool(`${prefix}pool`, sizes.pool),
    network: nicSource?.$case === 'network' ? check.name(`${prefix}network`, nicSource.value) : '',
    bridge: nicSource?.$case === 'bridge' ? check.name(`${prefix}bridge`, nicSource.value) : '',
  };
  const violations = new Violations();
  checkShape(violations, read);
  check.addNew(prefix, violations.refusal()?.violations ?? []);
  return read;
}

function readShape(
  check: Check,
  field: string,
  shape: GuestShapeMessage | undefined,
  strategy: Strategy | undefined,
): GuestShape {
  if (shape === undefined) {
    check.add(field, 'has to be given');
    check.done();
    throw new Error('unreachable');
  }
  return { ...readSizes(check, `${field}.`, shape), strategy, seeded: false };
}

function readSeed(check: Check, seed: Seed): GuestSeed {
  return {
    guestHostname: check.optionalHostname('seed.guest_hostname', seed.guestHostname),
    sshAuthorizedKeys: check.list('seed.ssh_authorized_keys', seed.sshAuthorizedKeys, LIMITS.maxSshKeys, (field, key) =>
      check.publicKey(field, key, LIMITS.maxSshKeyBytes),
    ),
    userData: check.text('seed.user_data', seed.userData, LIMITS.maxUserDataBytes),
  };
}
