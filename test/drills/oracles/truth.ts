// T: what the hosts show. No guest runs on two of them, at no time; and in the end what runs is what the books say runs.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Hosts, SeenDomain } from '../hosts.js';
import type { Stage } from '../stage.js';

/** 5 Hz. */
const EVERY_MS = 200;

/** Looks at all hosts over and over until it is stopped. */
export class DoubleRuns {
  samples = 0;
  /** Samples in which a host did not answer. */
  partial = 0;
  readonly found: string[] = [];
  private readonly ending = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    stage: Stage,
    private readonly hosts: Hosts,
  ) {
    this.running = this.run();
    stage.later(() => this.stop());
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.ending.signal.aborted) {
      const beganAt = performance.now();
      for (const uuid of this.doubles(await this.sample())) await this.confirm(uuid);
      await sleep(Math.max(0, EVERY_MS - (performance.now() - beganAt)));
    }
  }

  private async sample(): Promise<Map<string, ReadonlySet<string> | undefined>> {
    const seen = await Promise.all(
      this.hosts.hostnames.map(async (name) => [name, await this.hosts.running(name)] as const),
    );
    this.samples++;
    if (seen.some(([, running]) => running === undefined)) this.partial++;
    return new Map(seen);
  }

  private doubles(seen: ReadonlyMap<string, ReadonlySet<string> | undefined>): string[] {
    const all = [...seen.values()].flatMap((running) => [...(running ?? [])]);
    return [...new Set(all.filter((uuid, index) => all.indexOf(uuid) !== index))];
  }

  /**
   * The hosts are not looked at in one instant: a guest that moved in between was seen on both. Only if each of them
   * still runs it after all were seen to do so, it ran twice.
   */
  private async confirm(uuid: string): Promise<void> {
    const again = await this.sample();
    const on = [...again].filter(([, running]) => running?.has(uuid)).map(([name]) => name);
    if (on.length > 1) this.found.push(`${uuid} runs on ${on.join(' and ')} at ${new Date().toISOString()}`);
  }
}

/** Where the hosts and the books differ, in words. Domains that are no guest's count unless they are `foreign`. */
export function differences(guests: readonly Guest[], domains: readonly SeenDomain[], foreign = false): string[] {
  const wrong: string[] = [];
  const active = domains.filter(({ state }) => state === 'running' || state === 'paused');
  for (const { vmid, uuid, hostname, state } of guests) {
    const on = active.filter((domain) => domain.uuid === uuid);
    const wanted = state === 'GUEST_STATE_RUNNING' ? 'running' : state === 'GUEST_STATE_PAUSED' ? 'paused' : undefined;
    const shown = on.map((domain) => `${domain.state} on ${domain.hostname}`).join(', ') || 'active nowhere';
    const right = wanted === undefined ? on.length === 0 : shown === `${wanted} on ${hostname}`;
    if (!right) wrong.push(`${vmid} is ${state} on ${hostname}, its domain is ${shown}`);
  }
  if (foreign) return wrong;
  const known = new Set(guests.map(({ uuid }) => uuid));
  for (const { uuid, hostname, state } of domains) {
    if (!known.has(uuid)) wrong.push(`${uuid} is ${state} on ${hostname}, and no guest`);
  }
  return wrong;
}
