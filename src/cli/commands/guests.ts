// virtdc guests: the guests as they are and as they change. Submitting, power and consoles have files of their own.

import type { Command } from 'commander';
import { Guest, type RestartPolicy } from '#gen/virtdc/v1/guest.js';
import {
  AdoptGuestsResponse,
  type Adoption,
  ExportGuestsResponse,
  ListGuestsResponse,
} from '#gen/virtdc/v1/guest_info_service.js';
import { GuestEvent } from '#gen/virtdc/v1/watch.js';
import { followGuests } from '../../client/follow.js';
import { everyOf } from '../../client/pages.js';
import { AnswerIsNo } from '../failure.js';
import type { Bind, Invocation } from '../invocation.js';
import {
  type DryRun,
  dryRun,
  each,
  type GuestFilterOptions,
  given,
  guestFilter,
  guestFilterOf,
  type IfRevision,
  ifRevision,
  label,
  priorityOption,
  restartOption,
  revisionNumber,
} from '../options.js';
import { type Column, fieldLines } from '../table.js';
import { guestColumns, guestFields } from '../tables/guests.js';
import { safe, safeLines } from '../text.js';
import { printEvents } from '../watching.js';
import { bare } from '../words.js';
import { addConsole } from './console.js';
import { addPower } from './power.js';
import { addSubmit } from './submit.js';
import { addSubmitMany } from './submit-many.js';

export function addGuests(program: Command, bind: Bind): void {
  const guests = program.command('guests').description('the guests, and what is done to them');
  bind(guestFilter(guests.command('list', { isDefault: true }).description('the table of guests')), list);
  bind(guests.command('show').description('everything about one guest').argument('<vmid>'), show);
  bind(guests.command('ip').description('the addresses of a guest, one a line').argument('<vmid>'), addresses);
  addSubmit(guests, bind);
  addSubmitMany(guests, bind);
  bind(
    guestFilter(
      guests.command('watch').description('the guests as they change, until ^C').argument('[vmid...]'),
    ).option('--from <revision>', 'every change after this revision, instead of all guests first', revisionNumber),
    watch,
  );
  addPower(guests, bind);
  addConsole(guests, bind);
  bind(
    dryRun(
      ifRevision(
        guests
          .command('update')
          .description("change a guest's labels, restart policy or priority")
          .argument('<vmid>')
          .option('--label <key=value>', 'label to set; may be repeated', label)
          .option('--remove-label <key>', 'label to remove; may be repeated', each)
          .addOption(restartOption())
          .addOption(priorityOption()),
      ),
    ),
    update,
  );
  bind(
    dryRun(
      guests
        .command('adopt')
        .description('take domains that run on a host into care, without a stop')
        .argument('<host>')
        .argument('[domain...]', 'names of domains, or NAME=VMID; none: all that are not guests yet')
        .option('--label <key=value>', 'label that they get; may be repeated', label),
    ),
    adopt,
  );
  bind(guestFilter(guests.command('export').description('the domain XML of guests').argument('[vmid...]')), exportXml);
}

/** All of them, as of the last page. */
export async function listGuests({ client, call }: Invocation, filter: object = {}): Promise<ListGuestsResponse> {
  let revision = 0n;
  const guests = await everyOf(
    async (pageToken) => {
      const page = await client.guests.listGuests({ filter, pageToken, pageSize: 1_000 }, call);
      ({ revision } = page);
      return page;
    },
    (page) => page.guests,
  );
  return { guests, nextPageToken: '', revision };
}

async function list(it: Invocation, options: GuestFilterOptions): Promise<void> {
  const answer = await listGuests(it, guestFilterOf(options));
  if (it.json) it.printJson(ListGuestsResponse.toJSON(answer));
  else if (answer.guests.length > 0) it.out.table(guestColumns(it.size), answer.guests);
  else it.err.line('no guests');
}

async function guestOf({ client, call }: Invocation, vmid: string): Promise<Guest> {
  const { guest } = await client.guests.getGuest({ vmid }, call);
  if (guest === undefined) throw new Error(`the server answered nothing about ${vmid}`);
  return guest;
}

async function show(it: Invocation, _options: unknown, vmid: string): Promise<void> {
  const guest = await guestOf(it, vmid);
  if (it.json) it.printJson(Guest.toJSON(guest));
  else it.out.lines(fieldLines(guestFields(guest, it.size), it.out.paint));
}

async function addresses(it: Invocation, _options: unknown, vmid: string): Promise<void> {
  const { observed, state } = await guestOf(it, vmid);
  const known = observed?.addresses ?? [];
  if (it.json) it.printJson(known);
  else it.out.lines(known.map(safe));
  if (known.length > 0) return;
  it.err.line(`no address of ${safe(vmid)} is known yet; it is ${bare(state, 'GUEST_STATE')}`);
  throw new AnswerIsNo();
}

async function watch(
  it: Invocation,
  options: GuestFilterOptions & { from?: bigint },
  ...vmids: string[]
): Promise<void> {
  const follow = { filter: guestFilterOf(options, vmids), ...given({ startRevision: options.from }) };
  await printEvents(
    it,
    (more) => followGuests(it.client.guests, { ...follow, ...more }),
    GuestEvent.toJSON,
    (teller, event) => teller.guest(event),
  );
}

interface UpdateOptions extends DryRun, IfRevision {
  readonly label?: Readonly<Record<string, string>>;
  readonly removeLabel?: readonly string[];
  readonly restart?: RestartPolicy;
  readonly priority?: number;
}

async function update(it: Invocation, options: UpdateOptions, vmid: string): Promise<void> {
  const request = {
    ...given({ restartPolicy: options.restart, priority: options.priority }),
    vmid,
    setLabels: { ...options.label },
    removeLabels: [...(options.removeLabel ?? [])],
    revision: options.ifRevision ?? 0n,
    validateOnly: options.dryRun === true,
    requestId: it.requestId,
  };
  const { guest } = await it.client.guests.updateGuest(request, it.call);
  if (guest === undefined) return;
  if (it.json) it.printJson(Guest.toJSON(guest));
  else it.out.lines(fieldLines(guestFields(guest, it.size), it.out.paint));
}

const ADOPTION_COLUMNS: readonly Column<Adoption>[] = [
  { title: 'domain', cell: ({ domainName, uuid }) => domainName || uuid },
  {
    title: 'verdict',
    cell: ({ verdict }) => bare(verdict, 'ADOPT_VERDICT'),
    paint: (paint, { verdict }) => (verdict === 'ADOPT_VERDICT_REFUSED' ? paint.red : paint.green),
  },
  { title: 'vmid', cell: ({ guest }) => guest?.vmid ?? '' },
  { title: 'detail', cell: ({ detail }) => detail },
];

async function adopt(
  it: Invocation,
  options: DryRun & { label?: Readonly<Record<string, string>> },
  hostname: string,
  ...names: string[]
): Promise<void> {
  const domains = names.map((name) => {
    const [, domainName = name, vmid = ''] = /^(.+)=([^=]+)$/.exec(name) ?? [];
    return { domain: { $case: 'domainName' as const, value: domainName }, vmid };
  });
  const request = {
    hostname,
    domains,
    labels: { ...options.label },
    validateOnly: options.dryRun === true,
    requestId: it.requestId,
  };
  const answer = await it.client.guests.adoptGuests(request, it.call);
  if (it.json) it.printJson(AdoptGuestsResponse.toJSON(answer));
  else if (answer.adoptions.length > 0) it.out.table(ADOPTION_COLUMNS, answer.adoptions);
  else it.err.line(`nothing runs on ${safe(hostname)} that is not a guest already`);
  if (answer.adoptions.some(({ verdict }) => verdict === 'ADOPT_VERDICT_REFUSED')) throw new AnswerIsNo();
}

async function exportXml(it: Invocation, options: GuestFilterOptions, ...vmids: string[]): Promise<void> {
  const filter = guestFilterOf(options, vmids);
  for await (const answer of it.client.guests.exportGuests({ filter }, it.call)) {
    if (it.json) it.printJson(ExportGuestsResponse.toJSON(answer), 'line');
    else it.out.raw(`${it.out.isTerminal ? safeLines(answer.xml) : answer.xml}\n`);
  }
}
