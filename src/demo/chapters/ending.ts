// The guests tell what they went through, then go; and what they held is free to the last KiB.

import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Host } from '#gen/virtdc/v1/host.js';
import type { Paint } from '../../cli/paint.js';
import type { Column } from '../../cli/table.js';
import { plural } from '../../cli/words.js';
import type { Testimony } from '../datacenter.js';
import { mustHold } from '../discrepancy.js';
import type { Stage } from '../stage.js';
import type { DemoWatch } from '../watch.js';

interface Told {
  readonly atFirst: Testimony;
  readonly now: Testimony;
  readonly guest: Guest;
}

export async function testimonies(stage: Stage, watch: DemoWatch, atFirst: readonly Testimony[]): Promise<void> {
  const { out, size } = stage.it;
  stage.chapter('What the guests say', `${stage.datacenter.witnessed}, not from virtdc's tables`);
  const told = await Promise.all(
    atFirst.map(async (first): Promise<Told> => {
      const [now, guest] = await Promise.all([stage.datacenter.testify(stage.it, first.vmid), stage.guest(first.vmid)]);
      return { atFirst: first, now, guest };
    }),
  );
  out.table<Told>(
    [
      { title: 'guest', cell: ({ now }) => now.vmid },
      { title: 'has been on', cell: ({ now }) => watch.paths.get(now.vmid)?.join(', ') ?? '' },
      { title: 'is on', cell: ({ now }) => now.hostnames.join(' and ') || 'none' },
      { title: 'not on', cell: ({ now }) => now.absent.join(', ') },
      {
        title: 'boot id',
        cell: ({ now, atFirst: { bootId } }) =>
          `${now.bootId.slice(0, 13)}… ${now.bootId === bootId ? 'the same' : 'another'}`,
      },
      {
        title: 'vCPUs',
        align: 'right',
        cell: ({ now, atFirst: { onlineCpu } }) => fromTo(String(onlineCpu), String(now.onlineCpu)),
      },
      {
        title: 'memory',
        align: 'right',
        cell: ({ now, atFirst: { memoryKib } }) => fromTo(size(memoryKib), size(now.memoryKib)),
      },
    ],
    told,
  );
  for (const { atFirst: first, now, guest } of told) {
    mustHold(
      now.hostnames.length === 1 && now.hostnames[0] === guest.hostname,
      `${guest.vmid} runs on ${guest.hostname}, and nowhere else`,
    );
    mustHold(now.bootId === first.bootId, `${guest.vmid} was not rebooted`);
    mustHold(now.onlineCpu === guest.currentCpu, `${guest.vmid} has its ${guest.currentCpu} vCPUs`);
    mustHold(now.memoryKib === guest.currentMemoryKib, `${guest.vmid} has its ${size(guest.currentMemoryKib)}`);
  }
  stage.kept('each runs on one host, was never rebooted, and has what it was given');
}

function fromTo(before: string, now: string): string {
  return before === now ? now : `${before} → ${now}`;
}

interface Compared {
  readonly before: Host;
  readonly after: Host;
}

const isBack = ({ before, after }: Compared): boolean =>
  before.availCpu === after.availCpu &&
  before.availMemoryKib === after.availMemoryKib &&
  before.availIoKib === after.availIoKib;

export async function ending(stage: Stage, watch: DemoWatch): Promise<void> {
  const { client, call, out, size } = stage.it;
  stage.chapter('Everything goes, and everything is free again', 'virtdc guests terminate ...');
  const guests = await stage.guests();
  const begun = await Promise.all(
    guests.map(({ vmid }) => client.placement.terminateGuest({ vmid, requestId: stage.requestId }, call)),
  );
  await stage.allDone(
    begun.map(({ operation }) => operation),
    'terminating',
  );
  await watch.end();
  stage.kept(
    `the watch saw ${watch.events} changes in order, none missed and none twice; it resumed ${plural(watch.resumes, 'time')}`,
  );

  await agreed(stage);
  const now = await stage.hosts();
  const compared = stage.hostsAtFirst.flatMap((before): Compared[] => {
    const after = now.find(({ hostname }) => hostname === before.hostname);
    return after === undefined ? [] : [{ before, after }];
  });
  const pair =
    (of: (host: Host) => string) =>
    ({ before, after }: Compared) =>
      fromTo(of(before), of(after));
  const columns: Column<Compared>[] = [
    { title: 'host', cell: ({ after }) => after.hostname },
    { title: 'avail_cpu', align: 'right', cell: pair(({ availCpu }) => String(availCpu)) },
    { title: 'avail_memory', align: 'right', cell: pair(({ availMemoryKib }) => size(availMemoryKib)) },
    { title: 'avail_io', align: 'right', cell: pair(({ availIoKib }) => size(availIoKib)) },
    {
      title: 'as before the first guest',
      cell: (row) => (isBack(row) ? 'yes' : 'NO'),
      paint: (paint: Paint, row) => (isBack(row) ? paint.green : paint.red),
    },
  ];
  stage.say('');
  out.table(columns, compared);
  mustHold(
    compared.length === stage.hostsAtFirst.length && compared.every(isBack),
    'every host has free what it had at first',
  );
}

async function agreed(stage: Stage): Promise<void> {
  const { client, call } = stage.it;
  let hosts = 0;
  for await (const { hostname, reached, findings } of client.operations.audit({}, call)) {
    mustHold(
      reached && findings.length === 0,
      `claims agree with what ${hostname} shows: ${findings.map(({ detail }) => detail).join('; ')}`,
    );
    hosts++;
  }
  stage.kept(`audited: what virtdc's books say of ${hosts} hosts is what the hosts show`);
}
