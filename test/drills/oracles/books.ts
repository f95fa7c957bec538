// C: the books by themselves, as any client reads them. What each host says is claimed is the sum of what its guests
// hold, and no host has sold more than it may.

import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Host } from '#gen/virtdc/v1/host.js';
import { everyOf } from '../../../src/client/pages.js';
import { eventually } from '../../eventually.js';
import type { PlainClient } from '../client.js';

export interface Amounts {
  readonly cpu: number;
  readonly memoryKib: number;
  readonly ioKib: number;
}

const NAMES = ['cpu', 'memoryKib', 'ioKib'] as const;

/** What a host may sell: floor(max x ratio) - reserve. */
export function sellable({ maxCpu, maxMemoryKib, maxIoKib, ratios, reserve }: Host): Amounts {
  const of = (most: number | bigint, ratio: number | undefined, kept: number | bigint | undefined): number =>
    Math.floor(Number(most) * (ratio ?? 1)) - Number(kept ?? 0);
  return {
    cpu: of(maxCpu, ratios?.cpu, reserve?.cpu),
    memoryKib: of(maxMemoryKib, ratios?.memory, reserve?.memoryKib),
    ioKib: of(maxIoKib, ratios?.io, reserve?.ioKib),
  };
}

/** What guests hold of a host, and the most that any one of them could take back by a reboot. */
export function held(hostname: string, guests: Iterable<Guest>): Amounts {
  let [cpu, memoryKib, ioKib, retakeKib] = [0, 0, 0, 0];
  for (const { claims } of guests) {
    for (const claim of claims) {
      if (claim.hostname !== hostname) continue;
      cpu += claim.resources?.cpu ?? 0;
      memoryKib += Number(claim.resources?.memoryKib ?? 0n);
      ioKib += Number(claim.resources?.ioKib ?? 0n);
      retakeKib = Math.max(retakeKib, Number(claim.retakeKib));
    }
  }
  return { cpu, memoryKib: memoryKib + retakeKib, ioKib };
}

/** Where more is held than may be sold, in words. */
export function oversold(host: Host, guests: Iterable<Guest>): string[] {
  const most = sellable(host);
  const now = held(host.hostname, guests);
  return NAMES.filter((name) => now[name] > most[name]).map(
    (name) => `${host.hostname} has sold ${now[name]} ${name}, ${most[name]} may be`,
  );
}

export interface Books {
  readonly hosts: readonly Host[];
  readonly guests: readonly Guest[];
  readonly revision: bigint;
}

/** Hosts and guests as of one revision: read again while anything changes in between. */
export async function readBooks(client: PlainClient): Promise<Books> {
  return await eventually(
    'hosts and guests can be read at one revision',
    async () => {
      const revisions = new Set<bigint>();
      const noted = <P extends { revision: bigint }>(page: P): P => {
        revisions.add(page.revision);
        return page;
      };
      const hosts = await everyOf(
        async (pageToken) => noted(await client.hosts.listHosts({ pageToken, pageSize: 1_000 })),
        (page) => page.hosts,
      );
      const guests = await everyOf(
        async (pageToken) => noted(await client.guests.listGuests({ pageToken, pageSize: 1_000 })),
        (page) => page.guests,
      );
      const [revision] = revisions;
      return revisions.size === 1 && revision !== undefined && { hosts, guests, revision };
    },
    { withinMs: 30_000, everyMs: 20 },
  );
}

export interface BookOptions {
  /** There are domains that are not virtdc's: more may be claimed than guests hold. */
  readonly foreign?: boolean;
}

/** What is wrong with the books. */
export function wrongInBooks({ hosts, guests }: Books, { foreign = false }: BookOptions = {}): string[] {
  return hosts.flatMap((host) => {
    const wrong = oversold(host, guests);
    const sum = held(host.hostname, guests);
    const claimed: Amounts = {
      cpu: host.claimed?.cpu ?? 0,
      memoryKib: Number(host.claimed?.memoryKib ?? 0n),
      ioKib: Number(host.claimed?.ioKib ?? 0n),
    };
    const free: Amounts = {
      cpu: host.availCpu,
      memoryKib: Number(host.availMemoryKib),
      ioKib: Number(host.availIoKib),
    };
    const most = sellable(host);
    for (const name of NAMES) {
      const agrees = foreign ? claimed[name] >= sum[name] : claimed[name] === sum[name];
      if (!agrees) wrong.push(`${host.hostname} claims ${claimed[name]} ${name}, its guests hold ${sum[name]}`);
      if (free[name] !== most[name] - claimed[name]) {
        wrong.push(`${host.hostname} has ${free[name]} ${name} free, of ${most[name]} it claims ${claimed[name]}`);
      }
    }
    return wrong;
  });
}
