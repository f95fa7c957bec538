// W: a watcher of guests and one of hosts, kept over every fault, with all they are told in a file. Revisions rise, none
// comes twice, and after each one no host has sold more than it may. In the end they know what the lists say.

import { createWriteStream } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Host } from '#gen/virtdc/v1/host.js';
import type { GuestEvent, HostEvent } from '#gen/virtdc/v1/watch.js';
import { VirtdcError } from '../../../src/client/error.js';
import { type Batch, followGuests, followHosts } from '../../../src/client/follow.js';
import { eventually } from '../../eventually.js';
import { type PlainClient, plainClient } from '../client.js';
import { bigints } from '../history.js';
import type { Stage } from '../stage.js';
import { oversold, readBooks } from './books.js';

export interface WatcherOptions {
  /** What the watcher is told passes through here first: where a bug can be put in. */
  readonly tamper?: (events: readonly GuestEvent[]) => readonly GuestEvent[];
  /** Hosts may be sold beyond what they may, as when they shrink: do not look. */
  readonly oversellAllowed?: boolean;
}

export class Watcher {
  readonly guests = new Map<string, Guest>();
  readonly hosts = new Map<string, Host>();
  readonly wrong: string[] = [];
  /** Changes it was told of. */
  events = 0;
  /** How often it went on after it was cut off. */
  resumed = 0;
  /** How often it had to begin anew. */
  relisted = 0;
  private guestsAt = 0n;
  private hostsAt = 0n;
  /** Whose initial state is complete. */
  private readonly synced = new Set<string>();
  private readonly ending = new AbortController();
  private readonly running: Promise<unknown>;
  private readonly client: PlainClient;
  private readonly file;

  constructor(
    stage: Stage,
    address: string,
    private readonly options: WatcherOptions = {},
  ) {
    this.client = plainClient(address);
    this.file = createWriteStream(stage.file('watch.jsonl'), { flags: 'a' });
    this.running = Promise.all([this.watchGuests(), this.watchHosts()]);
    stage.later(() => this.stop());
  }

  async stop(): Promise<void> {
    if (this.ending.signal.aborted) return;
    this.ending.abort();
    await this.running;
    this.client.close();
    await new Promise<void>((resolve) => this.file.end(resolve));
  }

  /** Waits until it has heard as much as the lists know, and compares. What it found wrong, all of it. */
  async compare(client: PlainClient): Promise<string[]> {
    const books = await readBooks(client);
    await eventually(
      `the watchers are at ${books.revision}`,
      () => this.guestsAt >= books.revision && this.hostsAt >= books.revision,
      { withinMs: 30_000 },
    ).catch((error: unknown) =>
      this.wrong.push(`${String(error)}, guests at ${this.guestsAt}, hosts at ${this.hostsAt}`),
    );
    // Something may have changed meanwhile, which both know by now.
    const now = await readBooks(client);
    await eventually('all is told', () => this.guestsAt >= now.revision && this.hostsAt >= now.revision).catch(
      () => undefined,
    );
    // What changed after the list was read is newer here.
    const same = <E extends Guest | Host>(told: E | undefined, listed: E | undefined): boolean =>
      isDeepStrictEqual(told, listed) || (told?.revision ?? 0n) > now.revision;
    for (const vmid of new Set([...this.guests.keys(), ...now.guests.map((guest) => guest.vmid)])) {
      const told = this.guests.get(vmid);
      const listed = now.guests.find((guest) => guest.vmid === vmid);
      if (!same(told, listed)) {
        this.wrong.push(
          `of ${vmid} the watcher knows ${told?.state} @${told?.revision}, the list ${listed?.state} @${listed?.revision}`,
        );
      }
    }
    for (const listed of now.hosts) {
      const told = this.hosts.get(listed.hostname);
      // When it was last heard is no change of the host.
      if (!same(told && { ...told, lastSeenTime: listed.lastSeenTime }, listed)) {
        this.wrong.push(`of ${listed.hostname} the watcher knows @${told?.revision}, the list @${listed.revision}`);
      }
    }
    return this.wrong;
  }

  private async watchGuests(): Promise<void> {
    const { signal } = this.ending;
    const batches = followGuests(this.client.guests, { signal, progressIntervalS: 1, onRetry: this.retried });
    for await (const batch of batches) {
      if (batch.anew) this.guests.clear();
      const { tamper = (events: readonly GuestEvent[]) => events } = this.options;
      this.guestsAt = this.take('guest', batch, tamper(batch.events), this.guestsAt, (event) => this.guest(event));
    }
  }

  private async watchHosts(): Promise<void> {
    const { signal } = this.ending;
    for await (const batch of followHosts(this.client.hosts, { signal, progressIntervalS: 1, onRetry: this.retried })) {
      if (batch.anew) this.hosts.clear();
      this.hostsAt = this.take('host', batch, batch.events, this.hostsAt, (event) => this.host(event));
    }
  }

  private readonly retried = (error: unknown, from: unknown): void => {
    const why = error instanceof VirtdcError ? `${error.codeName} ${error.reason}: ${error.message}` : String(error);
    this.file.write(`${JSON.stringify({ what: 'cut off', why, from }, bigints)}\n`);
    if (from === 'anew') this.relisted++;
    else this.resumed++;
  };

  /** What all watches promise; answers the revision it is at then. */
  private take<E extends GuestEvent | HostEvent>(
    what: string,
    { revision, anew }: Batch<E>,
    events: readonly E[],
    before: bigint,
    apply: (event: E) => void,
  ): bigint {
    let last = before;
    if (anew) this.synced.delete(what);
    for (const event of events) {
      const kind = event.event?.$case;
      const entity =
        event.event?.$case === 'upserted' || event.event?.$case === 'deleted' ? event.event.value : undefined;
      this.file.write(`${JSON.stringify({ what, revision: event.revision, kind, entity }, bigints)}\n`);
      if (kind === 'synced') this.synced.add(what);
      if (entity === undefined) {
        if (event.revision < last) this.wrong.push(`${what}: ${kind} at ${event.revision} after ${last}`);
      } else if (this.synced.has(what)) {
        // Before that each has the revision of its own last change, in no order.
        if (event.revision <= last) this.wrong.push(`${what}: revision ${event.revision} after ${last}`);
        last = event.revision;
        this.events++;
      }
      apply(event);
    }
    return revision > last ? revision : last;
  }

  private guest({ event, revision }: GuestEvent): void {
    const before = event?.$case === 'upserted' ? this.guests.get(event.value.vmid) : undefined;
    if (event?.$case === 'upserted') this.guests.set(event.value.vmid, event.value);
    else if (event?.$case === 'deleted') this.guests.delete(event.value.vmid);
    else return;
    if (this.options.oversellAllowed === true || event.$case === 'deleted') return;
    // What a guest took back by a reboot is seen, not sold: the room that its host kept for that is used, and others wait.
    if (event.value.cause?.kind === 'CAUSE_KIND_OBSERVED') return;
    for (const hostname of new Set(event.value.claims.map((claim) => claim.hostname))) {
      const host = this.hosts.get(hostname);
      if (host === undefined || !holdsMore(hostname, before, event.value)) continue;
      for (const what of oversold(host, this.guests.values())) this.wrong.push(`at revision ${revision} ${what}`);
    }
  }

  private host({ event }: HostEvent): void {
    if (event?.$case === 'upserted') this.hosts.set(event.value.hostname, event.value);
    if (event?.$case === 'deleted') this.hosts.delete(event.value.hostname);
  }
}

/** Whether it was sold more of the host than it had. */
function holdsMore(hostname: string, before: Guest | undefined, now: Guest): boolean {
  const on = (guest: Guest | undefined) => guest?.claims.find((claim) => claim.hostname === hostname)?.resources;
  const was = on(before);
  const is = on(now);
  if (was === undefined || is === undefined) return is !== undefined;
  return is.cpu > was.cpu || is.memoryKib > was.memoryKib || is.ioKib > was.ioKib;
}
