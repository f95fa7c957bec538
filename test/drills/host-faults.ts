// What the drills of failing hosts have in common: guests pinned to a host, waiting until virtdc says so, and how long
// calls to the other hosts take meanwhile.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Host } from '#gen/virtdc/v1/host.js';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import type { SubmitGuestRequest } from '#gen/virtdc/v1/placement_service.js';
import { isEnded } from '../../src/client/wait.js';
import { eventually } from '../eventually.js';
import type { PlainClient } from './client.js';
import type { Hosts } from './hosts.js';
import type { Load } from './load.js';
import type { Stage } from './stage.js';

const PATIENCE = { withinMs: 120_000, everyMs: 100 };

export async function ended(client: PlainClient, operation: Operation | undefined): Promise<Operation> {
  if (operation === undefined) throw new Error('no operation was answered');
  return await eventually(
    `${operation.name} has ended`,
    async () => {
      const { operation: now } = await client.operations.waitOperation({ name: operation.name, timeoutS: 5 });
      return now !== undefined && isEnded(now) && now;
    },
    PATIENCE,
  );
}

export async function succeeded(client: PlainClient, operation: Operation | undefined): Promise<Operation> {
  const last = await ended(client, operation);
  if (last.state === 'OPERATION_STATE_SUCCEEDED') return last;
  throw new Error(`${last.name} ${last.kind} of ${last.target} is ${last.state}: ${last.error?.message}`);
}

/** Submits a guest to one host, and waits until it runs. No others may be submitted meanwhile. */
export async function submitTo(
  client: PlainClient,
  hosts: Hosts,
  hostname: string,
  vmid: string,
  more: Partial<SubmitGuestRequest> = {},
): Promise<Guest> {
  const others = hosts.hostnames.filter((other) => other !== hostname);
  for (const other of others) await client.hosts.cordonHost({ hostname: other });
  const { operation } = await client.placement.submitGuest(hosts.submission(vmid, more));
  await succeeded(client, operation);
  for (const other of others) await client.hosts.uncordonHost({ hostname: other });
  return await guestNow(client, vmid);
}

/** Counts guests of the drill's own among those that the load was promised. */
export function promised(load: Load, vmids: readonly string[]): void {
  const submit = { requestId: '', operation: '' };
  for (const vmid of vmids) load.promised.set(vmid, { vmid, submit, submitState: 'OPERATION_STATE_SUCCEEDED' });
}

export async function guestNow(client: PlainClient, vmid: string): Promise<Guest> {
  const { guest } = await client.guests.getGuest({ vmid });
  if (guest === undefined) throw new Error(`there is no guest ${vmid}`);
  return guest;
}

export async function whenGuest(client: PlainClient, vmid: string, holds: (guest: Guest) => boolean): Promise<Guest> {
  const ask = async () => {
    const guest = await guestNow(client, vmid);
    return holds(guest) && guest;
  };
  return await eventually(`guest ${vmid} as wanted`, ask, PATIENCE);
}

/** How long it took until the host was in that condition, ms. */
export async function whenCondition(
  client: PlainClient,
  hostname: string,
  condition: Host['condition'],
): Promise<number> {
  const beganAt = performance.now();
  const ask = async () => {
    const { host } = await client.hosts.getHost({ hostname });
    return host?.condition === condition;
  };
  await eventually(`host ${hostname} is ${condition}`, ask, PATIENCE);
  return performance.now() - beganAt;
}

/** Begins to move the guest so slowly that it takes a minute; resolves when it is on its way. */
export async function movingSlowly(client: PlainClient, vmid: string, destHost: string): Promise<Operation> {
  const policy = { bandwidthMibPerS: 2n };
  const { operation } = await client.migration.migrateGuest({ vmid, destHost, policy });
  if (operation === undefined) throw new Error('no operation was answered');
  const ask = async () => {
    const { operation: now } = await client.operations.getOperation({ name: operation.name });
    if (now !== undefined && isEnded(now)) throw new Error(`the move has ended already: ${now.error?.message}`);
    return (now?.progressPercent ?? 0) > 0;
  };
  await eventually(`${vmid} is on its way`, ask, PATIENCE);
  return operation;
}

/** Pauses a guest and lets it go on, over and over, and keeps how long each took from the call to the operation's end. */
export class Probe {
  private readonly tookMs: { readonly at: number; readonly ms: number }[] = [];
  private readonly ending = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    stage: Stage,
    private readonly client: PlainClient,
    readonly vmid: string,
  ) {
    this.running = this.run();
    stage.later(() => this.stop());
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  /** Of the calls that began in that time. */
  between(from: number, to: number): { readonly count: number; readonly p50: number; readonly p99: number } {
    const some = this.tookMs.filter(({ at }) => at >= from && at < to).map(({ ms }) => ms);
    some.sort((a, b) => a - b);
    const at = (share: number): number =>
      some[Math.min(some.length - 1, Math.floor(share * some.length))] ?? Number.NaN;
    return { count: some.length, p50: at(0.5), p99: at(0.99) };
  }

  private async run(): Promise<void> {
    const { vmid, client } = this;
    while (!this.ending.signal.aborted) {
      for (const verb of ['pauseGuest', 'resumeGuest'] as const) {
        const at = performance.now();
        const { operation } = await client.guests[verb]({ vmid });
        await succeeded(client, operation);
        this.tookMs.push({ at, ms: performance.now() - at });
      }
      await sleep(100);
    }
  }
}

/** A machine that others use too is not asked for more than this. */
const NOISE_MS = 500;

/** Whether calls to other hosts were as fast during a fault as before it. */
export function checkAsFast(stage: Stage, probe: Probe, before: [number, number], during: [number, number]): void {
  const [was, is] = [probe.between(...before), probe.between(...during)];
  const told = ({ count, p50, p99 }: typeof was): string =>
    `p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms (${count} calls)`;
  stage.check(
    `calls to other hosts take at most twice as long (p99, or ${NOISE_MS} ms more)`,
    is.count > 0 && is.p99 <= Math.max(2 * was.p99, was.p99 + NOISE_MS),
    `before ${told(was)}, during ${told(is)}`,
  );
}
