// Watches as lines: one an event, each with its revision, so that a person may stop and go on from there.

import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Host } from '#gen/virtdc/v1/host.js';
import type { GuestEvent, HostEvent } from '#gen/virtdc/v1/watch.js';
import type { Batch, FollowOptions } from '../client/follow.js';
import type { Size } from './amounts.js';
import type { Invocation } from './invocation.js';
import type { Paint } from './paint.js';
import { paintGuestState } from './tables/guests.js';
import { hostPaint, hostState } from './tables/hosts.js';
import { padded, safe } from './text.js';
import { bare, causeOf } from './words.js';

const REVISION_WIDTH = 8;
const NAME_WIDTH = 16;
const STATE_WIDTH = 12;

/** Tells each event by what it changed, which needs the one before: one teller for a watch. */
export class EventTeller {
  private readonly guests = new Map<string, Guest>();
  private readonly hosts = new Map<string, Host>();

  constructor(
    private readonly size: Size,
    private readonly paint: Paint,
  ) {}

  /** One line; with `news`, none for a mere look at the guest, and without what brought it about. */
  guest({ revision, event }: GuestEvent, wanted: 'all' | 'news' = 'all'): string {
    if (event?.$case === 'upserted') {
      const guest = event.value;
      const before = this.guests.get(guest.vmid);
      this.guests.set(guest.vmid, guest);
      const changes = guestChanges(before, guest, this.size);
      if (wanted === 'news' && before?.state === guest.state && isMereLook(guest, changes)) return '';
      const state = paintGuestState(this.paint, guest.state)(stateCell(bare(guest.state, 'GUEST_STATE')));
      return this.line(revision, guest.vmid, state, changes, wanted === 'news' ? '' : causeOf(guest.cause));
    }
    if (event?.$case !== 'deleted') return '';
    const { vmid, reason, cause } = event.value;
    this.guests.delete(vmid);
    return this.line(
      revision,
      vmid,
      this.paint.red(stateCell(bare(reason, 'DELETE_REASON'))),
      [],
      wanted === 'news' ? '' : causeOf(cause),
    );
  }

  host({ revision, event }: HostEvent): string {
    if (event?.$case === 'upserted') {
      const host = event.value;
      const before = this.hosts.get(host.hostname);
      this.hosts.set(host.hostname, host);
      const state = hostPaint(this.paint, host)(stateCell(hostState(host)));
      return this.line(revision, host.hostname, state, hostChanges(before, host, this.size), causeOf(host.cause));
    }
    if (event?.$case !== 'deleted') return '';
    const { hostname, reason, cause } = event.value;
    this.hosts.delete(hostname);
    return this.line(revision, hostname, this.paint.red(stateCell(bare(reason, 'DELETE_REASON'))), [], causeOf(cause));
  }

  private line(revision: bigint, name: string, state: string, changes: readonly string[], cause: string): string {
    const number = this.paint.dim(padded(String(revision), REVISION_WIDTH, 'right'));
    const rest = [safe(changes.join(', ')), this.paint.dim(safe(cause))].filter((part) => part !== '').join('  ');
    return `${number}  ${padded(safe(name), NAME_WIDTH, 'left')}  ${state}  ${rest}`.trimEnd();
  }
}

function isMereLook({ cause }: Guest, changes: readonly string[]): boolean {
  return changes.length === 0 || cause?.kind === 'CAUSE_KIND_OBSERVED';
}

function stateCell(state: string): string {
  return padded(safe(state), STATE_WIDTH, 'left');
}

/** What a person can see of a change; empty where it was nothing but the time of a look. All of it at the first time. */
export function guestChanges(before: Guest | undefined, after: Guest, size: Size): string[] {
  const cpu = ({ currentCpu, maxCpu }: Guest): string => `cpu ${currentCpu}/${maxCpu}`;
  const memory = ({ currentMemoryKib, maxMemoryKib }: Guest): string =>
    `memory ${size(currentMemoryKib)}/${size(maxMemoryKib)}`;
  const host = ({ hostname, claims }: Guest): string => {
    const target = claims.find(({ kind }) => kind === 'CLAIM_KIND_INCOMING')?.hostname;
    return target === undefined ? `on ${hostname}` : `${hostname} → ${target}`;
  };
  const seenCpu = ({ observed }: Guest): string =>
    observed?.onlineCpu === undefined ? '' : `${observed.onlineCpu} cpu seen online`;
  const seenMemory = ({ observed }: Guest): string =>
    observed?.balloonKib === undefined ? '' : `balloon seen at ${size(observed.balloonKib)}`;
  const address = ({ observed }: Guest): string => observed?.addresses.join(', ') ?? '';
  return changed(before, after, [host, cpu, memory, seenCpu, seenMemory, address]);
}

function hostChanges(before: Host | undefined, after: Host, size: Size): string[] {
  const cpu = ({ availCpu }: Host): string => `${availCpu} cpu left`;
  const memory = ({ availMemoryKib }: Host): string => `${size(availMemoryKib)} memory left`;
  const io = ({ availIoKib }: Host): string => `${size(availIoKib)} io left`;
  return changed(before, after, [cpu, memory, io, ({ conditionReason }) => conditionReason]);
}

function changed<T>(before: T | undefined, after: T, parts: readonly ((of: T) => string)[]): string[] {
  return parts.flatMap((part) => {
    const text = part(after);
    return text === '' || (before !== undefined && part(before) === text) ? [] : [text];
  });
}

/** Prints until the person stops it. */
export async function printEvents<Event extends GuestEvent | HostEvent>(
  invocation: Invocation,
  follow: (options: Pick<FollowOptions<never>, 'signal' | 'onRetry'>) => AsyncIterable<Batch<Event>>,
  toJson: (event: Event) => unknown,
  toLine: (teller: EventTeller, event: Event) => string,
): Promise<void> {
  const { out, err, json, size, call } = invocation;
  const teller = new EventTeller(size, out.paint);
  // Said once, however often it is tried again.
  let cutOff = false;
  const onRetry: FollowOptions<never>['onRetry'] = (error, from) => {
    if (cutOff) return;
    cutOff = true;
    const message = safe(error instanceof Error ? error.message : String(error));
    err.line(
      err.paint.dim(
        `-- cut off (${message}); ${from === 'anew' ? 'everything once more' : `goes on after ${from.revision}`}`,
      ),
    );
  };
  for await (const { events } of follow({ signal: call.signal, onRetry })) {
    cutOff = false;
    for (const event of events) {
      if (json) invocation.printJson(toJson(event), 'line');
      else if (event.event?.$case === 'synced') err.line(err.paint.dim(`-- caught up at ${event.revision}`));
      else {
        const text = toLine(teller, event);
        if (text !== '') out.line(text);
      }
    }
  }
}
