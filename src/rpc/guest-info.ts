// The service GuestInfo: guests as they are and as they change, their power, adoption, consoles and base guests.

import {
  type AdoptGuestsRequest,
  type ExportGuestsRequest,
  type ExportGuestsResponse,
  GuestInfoDefinition,
  type GuestInfoServiceImplementation,
} from '#gen/virtdc/v1/guest_info_service.js';
import { type AdoptGuestsResult, adoptGuests } from '../commands/adopt-guests.js';
import { deleteBaseGuest } from '../commands/delete-base-guest.js';
import type { GuestOperation } from '../commands/new-operation.js';
import { pauseGuest } from '../commands/pause-guest.js';
import { findGuest, type OnGuest } from '../commands/preconditions.js';
import { rebootGuest } from '../commands/reboot-guest.js';
import { resumeGuest } from '../commands/resume-guest.js';
import { startGuest } from '../commands/start-guest.js';
import { stopGuest } from '../commands/stop-guest.js';
import { updateGuest } from '../commands/update-guest.js';
import type { Command } from '../fleet/decision.js';
import { RESTART_POLICIES } from '../fleet/guest.js';
import { LIMITS } from '../limits.js';
import { definitionOf } from '../operations/definition.js';
import { guestsPassing, listGuests } from '../queries/guests.js';
import { listBaseGuests } from '../queries/storage.js';
import { adoptable } from './adoptable.js';
import { importBaseGuestFrom } from './base-guests.js';
import { Check } from './check.js';
import { openConsole } from './console.js';
import { toBaseGuest, toGuest } from './convert/guest.js';
import { toOperation } from './convert/operation.js';
import { readGuestFilter, readPage } from './filters.js';
import { type CallerKnown, type Calling, decide, driverOf, type RpcParts } from './parts.js';
import { query } from './query.js';
import { readLabelEdits } from './reading.js';

/** What is said of one guest: which, and the revision its caller has seen. */
interface OnGuestMessage {
  readonly vmid: string;
  readonly revision: bigint;
  readonly requestId: string;
}

const LONGEST_GRACE_S = 3_600;

/** WatchGuests is served beside it, as its answers are encoded already: see watches.ts. */
export function guestInfoService(parts: RpcParts): Omit<GuestInfoServiceImplementation<CallerKnown>, 'watchGuests'> {
  type Verb = 'startGuest' | 'stopGuest' | 'rebootGuest' | 'pauseGuest' | 'resumeGuest';
  /** A verb of power: the guest read, one command decided, the operation answered. */
  async function verb<M extends OnGuestMessage>(
    method: Verb,
    request: M,
    context: Calling,
    command: (on: OnGuest, check: Check) => Command<GuestOperation>,
  ) {
    const check = new Check();
    const on = { vmid: check.vmid('vmid', request.vmid), expectedRevision: check.revision(request.revision) };
    check.requestId(request.requestId);
    const decided = command(on, check);
    check.done();
    const { result } = await decide(parts, context, GuestInfoDefinition, method, request, decided);
    return { operation: toOperation(result.operation, undefined) };
  }

  return {
    async getGuest(request) {
      const check = new Check();
      const vmid = check.vmid('vmid', request.vmid);
      check.done();
      const { value } = await query(parts, (fleet) => {
        const guest = findGuest(fleet, vmid);
        return 'reason' in guest ? guest : { guest, claims: fleet.claimsOf(vmid) };
      });
      return { guest: toGuest(value.guest, value.claims) };
    },
    async listGuests(request) {
      const check = new Check();
      const filter = readGuestFilter(check, request.filter);
      const page = readPage(check, request);
      check.done();
      const { value, revision } = await query(parts, (fleet) => {
        const found = listGuests(fleet, filter, page);
        if ('reason' in found) return found;
        const guests = found.items.map(({ guest }) => toGuest(guest, fleet.claimsOf(guest.vmid)));
        return { guests, nextPageToken: found.nextToken };
      });
      return { ...value, revision: BigInt(revision) };
    },
    async updateGuest(request, context) {
      const check = new Check();
      const vmid = check.vmid('vmid', request.vmid);
      const edits = readLabelEdits(check, request);
      const restartPolicy = check.enum('restart_policy', 'RESTART_POLICY', request.restartPolicy, RESTART_POLICIES);
      const priority =
        request.priority === undefined ? undefined : check.whole('priority', request.priority, 0, LIMITS.maxPriority);
      const expectedRevision = check.revision(request.revision);
      check.requestId(request.requestId);
      check.done();
      const command = updateGuest({ vmid, expectedRevision, restartPolicy, priority, ...edits });
      const { result } = await decide(parts, context, GuestInfoDefinition, 'updateGuest', request, command);
      const { value: claims } = await query(parts, (fleet) => fleet.claimsOf(vmid));
      return { guest: toGuest(result, claims) };
    },
    startGuest: (request, context) => verb('startGuest', request, context, startGuest),
    stopGuest: (request, context) =>
      verb('stopGuest', request, context, (on, check) => {
        const { graceS } = request;
        if (graceS !== undefined) check.whole('grace_s', graceS, 0, LONGEST_GRACE_S);
        return stopGuest({ ...on, graceS, force: request.force });
      }),
    rebootGuest: (request, context) =>
      verb('rebootGuest', request, context, (on) => rebootGuest({ ...on, force: request.force })),
    pauseGuest: (request, context) => verb('pauseGuest', request, context, pauseGuest),
    resumeGuest: (request, context) => verb('resumeGuest', request, context, resumeGuest),
    async adoptGuests(request, context) {
      const { command, refused } = await readAdoption(parts, request);
      const { result } = await decide(parts, context, GuestInfoDefinition, 'adoptGuests', request, command);
      const { value: claimsOf } = await query(parts, (fleet) => (vmid: string) => fleet.claimsOf(vmid));
      const adoptions = [...result.adoptions, ...refused].map(({ uuid, domainName, verdict, detail, guest }) => ({
        uuid,
        domainName,
        verdict: `ADOPT_VERDICT_${verdict}` as const,
        detail,
        guest: guest && toGuest(guest, claimsOf(guest.vmid)),
      }));
      return { adoptions: adoptions.sort((a, b) => (a.domainName < b.domainName ? -1 : 1)) };
    },
    openConsole: (request, context) => openConsole(parts, request, context),
    exportGuests: (request) => exportGuests(parts, request),
    async importBaseGuest(request, context) {
      const command = () => importBaseGuestFrom(parts, request);
      const { result } = await decide(parts, context, GuestInfoDefinition, 'importBaseGuest', request, command);
      return { baseGuest: toBaseGuest(result) };
    },
    async listBaseGuests(request) {
      const check = new Check();
      const page = readPage(check, request);
      check.done();
      const { value, revision } = await query(parts, (fleet) => listBaseGuests(fleet, page));
      return { baseGuests: value.items.map(toBaseGuest), nextPageToken: value.nextToken, revision: BigInt(revision) };
    },
    async deleteBaseGuest(request, context) {
      const check = new Check();
      const name = check.vmid('name', request.name);
      const expectedRevision = check.revision(request.revision);
      check.requestId(request.requestId);
      check.done();
      await decide(
        parts,
        context,
        GuestInfoDefinition,
        'deleteBaseGuest',
        request,
        deleteBaseGuest({ name, expectedRevision }),
      );
      return {};
    },
  };
}

async function readAdoption(
  parts: RpcParts,
  request: AdoptGuestsRequest,
): Promise<{ command: Command<AdoptGuestsResult>; refused: AdoptGuestsResult['adoptions'] }> {
  const check = new Check();
  const hostname = check.hostname('hostname', request.hostname);
  const wanted = check.list('domains', request.domains, LIMITS.maxPageSize, (field, one) => {
    if (one.domain === undefined) check.add(field, 'one of uuid and domain_name has to be given');
    if (one.domain?.$case === 'uuid') check.uuid(`${field}.uuid`, one.domain.value);
    if (one.domain?.$case === 'domainName')
      check.text(`${field}.domain_name`, one.domain.value, LIMITS.maxDomainNameBytes);
    return { domain: one.domain, vmid: one.vmid === '' ? '' : check.vmid(`${field}.vmid`, one.vmid) };
  });
  const labels = check.labels('labels', request.labels);
  check.requestId(request.requestId);
  check.done();
  const { domains, missing } = await adoptable(parts, hostname, wanted);
  const refused = missing.map((one) => ({
    hostname,
    uuid: one.$case === 'uuid' ? one.value : '',
    domainName: one.$case === 'domainName' ? one.value : '',
    verdict: 'REFUSED' as const,
    detail: `${hostname} has no such domain`,
    guest: undefined,
  }));
  return { command: adoptGuests({ domains, labels }), refused };
}

async function* exportGuests(parts: RpcParts, request: ExportGuestsRequest): AsyncGenerator<ExportGuestsResponse> {
  const check = new Check();
  const filter = readGuestFilter(check, request.filter);
  check.done();
  const { value: guests } = await query(parts, (fleet) =>
    [...guestsPassing(fleet, filter)].sort((a, b) => (a.vmid < b.vmid ? -1 : 1)),
  );
  for (const guest of guests) {
    const { fleet, leader, epoch } = parts.authority;
    // Terminated meanwhile, with its template perhaps.
    if (fleet.get('guest', guest.vmid)?.uuid !== guest.uuid) continue;
    const definition = definitionOf(fleet, guest, guest.operation, leader?.epoch ?? epoch);
    yield {
      vmid: guest.vmid,
      hostname: guest.hostname,
      xml: driverOf(parts, fleet, guest.hostname).render(definition),
    };
  }
}
