// One round of a race for the last slots: many clients ask at once, and what each was answered becomes a call on the room
// of one host, so that a checker can say whether some order of them explains all answers.

import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import { waitForOperation } from '../../src/client/wait.js';
import type { SeededRandom } from '../../src/hypervisor/simulated/random.js';
import type { Call, RoomInput, RoomOutput } from '../linearizability.js';
import { attempt, type CallOptions } from './attempts.js';
import type { PlainClient } from './client.js';
import type { History } from './history.js';
import type { Hosts } from './hosts.js';
import type { Books } from './oracles/books.js';

/** On the room of one host, in vCPUs. */
export interface RoomCall extends Call<RoomInput, RoomOutput> {
  readonly hostname: string;
}

type Act =
  | { readonly kind: 'submit'; readonly vmid: string; readonly cpu: number }
  | { readonly kind: 'scale'; readonly guest: Guest; readonly cpu: number }
  | { readonly kind: 'migrate'; readonly guest: Guest; readonly destHost: string }
  | { readonly kind: 'terminate'; readonly guest: Guest };

/** Migrations run one after another, so many would only make the round long. */
const MIGRATIONS = 4;
const SCALINGS = 10;
const TERMINATIONS = 12;
const NO_ROOM = ['NO_HOST_FITS', 'HOST_DOES_NOT_FIT'];

export interface RaceParts {
  readonly clients: readonly PlainClient[];
  readonly hosts: Hosts;
  readonly history: History;
  readonly random: SeededRandom;
}

/** All clients at once, each with one request; answers when all operations have ended. */
export async function race(parts: RaceParts, round: number, { guests }: Books): Promise<RoomCall[]> {
  const acts = planned(parts, round, guests);
  const all = await Promise.all(acts.map((act, index) => performed(parts, `r${round}-c${index + 1}`, index, act)));
  return all.flat();
}

/** No two of them on one guest: who is second there is told GUEST_BUSY, which says nothing about room. */
function planned({ clients, hosts, random }: RaceParts, round: number, guests: readonly Guest[]): Act[] {
  const shuffled = guests.map((guest) => ({ guest, at: random.next() })).sort((a, b) => a.at - b.at);
  const take = (count: number): Guest[] => shuffled.splice(0, count).map(({ guest }) => guest);
  const other = ({ hostname }: Guest): string => hosts.hostnames.find((name) => name !== hostname) ?? '';
  const acts: Act[] = [
    ...take(TERMINATIONS).map((guest): Act => ({ kind: 'terminate', guest })),
    ...take(MIGRATIONS).map((guest): Act => ({ kind: 'migrate', guest, destHost: other(guest) })),
    ...take(SCALINGS)
      .filter(({ currentCpu, maxCpu }) => currentCpu < maxCpu)
      .map((guest): Act => ({ kind: 'scale', guest, cpu: guest.currentCpu + 1 })),
  ];
  while (acts.length < clients.length) {
    acts.push({ kind: 'submit', vmid: `r${round}-${acts.length}`, cpu: random.next() < 0.7 ? 1 : 2 });
  }
  return acts
    .map((act) => ({ act, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ act }) => act);
}

interface Asked {
  readonly operation?: Operation | undefined;
  readonly guest?: Guest | undefined;
}

async function performed(parts: RaceParts, requestId: string, index: number, act: Act): Promise<RoomCall[]> {
  const client = parts.clients[index % parts.clients.length] as PlainClient;
  const { op, args, call } = requestOf(parts.hosts, client, requestId, act);
  const invokedAt = process.hrtime.bigint();
  const outcome = await attempt<Asked>(parts.history, {
    client: `c${index + 1}`,
    op,
    args,
    call,
    told: ({ operation, guest }) => ({ operation: operation?.name, hostname: guest?.hostname }),
  });
  const returnedAt = process.hrtime.bigint();
  if (outcome.is === 'unknown') throw outcome.error;
  const one = (hostname: string, input: RoomInput, output: RoomOutput, until = returnedAt): RoomCall => ({
    hostname,
    input,
    output,
    invokedAt,
    returnedAt: until,
  });
  const taken = takenBy(act, outcome.is === 'answered' ? outcome.answer.guest?.hostname : undefined);
  if (outcome.is === 'refused') {
    if (!NO_ROOM.includes(outcome.error.reason)) return [];
    const refused = taken.hostname === undefined ? parts.hosts.hostnames : [taken.hostname];
    return refused.map((hostname) => one(hostname, { act: 'take', amount: taken.amount }, 'NO_ROOM'));
  }
  const { state } = await waitForOperation(client.operations, outcome.answer.operation?.name ?? '');
  const endedAt = process.hrtime.bigint();
  const calls: RoomCall[] = [];
  if (taken.amount > 0) calls.push(one(taken.hostname ?? '', { act: 'take', amount: taken.amount }, 'ACCEPTED'));
  const given = givenBy(act, state === 'OPERATION_STATE_SUCCEEDED', taken.hostname ?? '');
  if (given !== undefined) calls.push(one(given.hostname, { act: 'give', amount: given.amount }, 'ACCEPTED', endedAt));
  return calls;
}

/** What it claims when it is accepted; of a submit that was refused it is not said where. */
function takenBy(
  act: Act,
  placedOn: string | undefined,
): { readonly hostname: string | undefined; readonly amount: number } {
  switch (act.kind) {
    case 'submit':
      return { hostname: placedOn, amount: act.cpu };
    case 'scale':
      return { hostname: act.guest.hostname, amount: act.cpu - act.guest.currentCpu };
    case 'migrate':
      return { hostname: act.destHost, amount: act.guest.currentCpu };
    case 'terminate':
      return { hostname: act.guest.hostname, amount: 0 };
  }
}

/** What is free again at the latest when its operation has ended. */
function givenBy(act: Act, succeeded: boolean, takenFrom: string) {
  if (act.kind === 'terminate') return { hostname: act.guest.hostname, amount: act.guest.currentCpu };
  if (act.kind === 'migrate') {
    return { hostname: succeeded ? act.guest.hostname : act.destHost, amount: act.guest.currentCpu };
  }
  if (succeeded) return undefined;
  return { hostname: takenFrom, amount: act.kind === 'submit' ? act.cpu : act.cpu - act.guest.currentCpu };
}

function requestOf(hosts: Hosts, client: PlainClient, requestId: string, act: Act) {
  switch (act.kind) {
    case 'submit': {
      const args = { ...hosts.submission(act.vmid, { cpu: act.cpu, maxCpu: 4, ...SMALL }), requestId };
      return {
        op: 'submit',
        args,
        call: (options: CallOptions): Promise<Asked> => client.placement.submitGuest(args, options),
      };
    }
    case 'scale': {
      const args = { vmid: act.guest.vmid, cpu: act.cpu, requestId };
      return {
        op: 'scale-cpu',
        args,
        call: (options: CallOptions): Promise<Asked> => client.scaling.scaleCpu(args, options),
      };
    }
    case 'migrate': {
      const args = { vmid: act.guest.vmid, destHost: act.destHost, requestId };
      return {
        op: 'migrate',
        args,
        call: (options: CallOptions): Promise<Asked> => client.migration.migrateGuest(args, options),
      };
    }
    case 'terminate': {
      const args = { vmid: act.guest.vmid, requestId };
      return {
        op: 'terminate',
        args,
        call: (options: CallOptions): Promise<Asked> => client.placement.terminateGuest(args, options),
      };
    }
  }
}

/** So that vCPUs alone are scarce. */
const SMALL = { memoryKib: 256n * 1024n, maxMemoryKib: 256n * 1024n };
