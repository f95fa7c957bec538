// The truth about guests, without virtdc: what virsh says on every host, what is in the pools, and what the guests say of
// themselves on their consoles.

import { type Beat, beats, lab, labDir, nextBeat, virsh } from '../lab.js';

export const HOSTS = ['node1', 'node2', 'node3'] as const;

const POLL_MS = 100;

export interface SeenDomain {
  readonly name: string;
  readonly uuid: string;
  readonly pluggedCpu: number;
  readonly balloonKib: number;
  readonly maxMemoryKib: number;
}

/** The names of the domains that run or are paused on a host. */
export async function activeOn(host: string): Promise<string[]> {
  return lines(await virsh(host, 'list', '--name'));
}

/** The hosts on which a domain of that name runs or is paused. */
export async function hostsOf(name: string): Promise<string[]> {
  const found = await Promise.all(HOSTS.map(async (host) => ((await activeOn(host)).includes(name) ? [host] : [])));
  return found.flat();
}

/** The hosts that know a domain of that name, in any state. */
export async function hostsThatKnow(name: string): Promise<string[]> {
  const found = await Promise.all(
    HOSTS.map(async (host) => (lines(await virsh(host, 'list', '--all', '--name')).includes(name) ? [host] : [])),
  );
  return found.flat();
}

/** Every active domain of a host with its sizes. */
export async function domainsOn(host: string): Promise<SeenDomain[]> {
  const text = await virsh(host, 'domstats', '--list-active', '--balloon', '--vcpu', '--nowait');
  return await Promise.all(
    text
      .split(/^Domain: /m)
      .filter((part) => part.trim() !== '')
      .map(async (part) => {
        const name = part.slice(1, part.indexOf("'", 1));
        const figure = (key: string): number =>
          Number(new RegExp(`^ *${key}=(\\d+)$`, 'm').exec(part)?.[1] ?? Number.NaN);
        return {
          name,
          uuid: await virsh(host, 'domuuid', name),
          pluggedCpu: figure('vcpu\\.current'),
          balloonKib: figure('balloon\\.current'),
          maxMemoryKib: figure('balloon\\.maximum'),
        };
      }),
  );
}

/** What lies in a pool of a host, by the file system. */
export async function volumesIn(pool: 'local' | 'shared', host: string): Promise<string[]> {
  const path = pool === 'local' ? '/var/lib/libvirt/images' : `${labDir}/shared`;
  return lines(await lab('exec', host, 'ls', path));
}

/** Waits until the guest has beaten twice on the host, and shows that it beats on no other meanwhile. */
export async function beatsOnlyOn(host: string, name: string): Promise<Beat> {
  const others = HOSTS.filter((other) => other !== host);
  const before = await Promise.all(others.map((other) => beats(other, name)));
  await nextBeat(host, name);
  const beat = await nextBeat(host, name);
  const after = await Promise.all(others.map((other) => beats(other, name)));
  for (const [index, other] of others.entries()) {
    const last = after[index]?.at(-1);
    if ((after[index]?.length ?? 0) > (before[index]?.length ?? 0)) {
      throw new Error(`${name} beats on ${host} and on ${other} (boot ${beat.bootId} and ${last?.bootId})`);
    }
  }
  return beat;
}

/** Waits for a time in which something that must not happen would have happened. */
export function quiet(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(ms, POLL_MS)));
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
