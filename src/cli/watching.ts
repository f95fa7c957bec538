// Watches as lines: one an event, each with its revision, so that a person may stop and go on from there.

import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Host } from '#gen/virtdc/v1/host.js';
import type { GuestEvent, HostEvent } from '#gen/virtdc/v1/watch.js';
import type { Batch, FollowOptions } from '../client/follow.js';
import { hostState, paintGuestState, type Size } from './entities.js';
import type { Invocation } from './invocation.js';
import type { Paint } from './paint.js';
import { padded, safe } from './text.js';
import { bare, causeOf } from './words.js';

const REVISION_WIDTH = 8;
const NAME_WIDTH = 16;
const STATE_WIDTH = 12;
const HOST_WIDTH = 12;

export function guestEventLine({ revision, event }: GuestEvent, size: Size, paint: Paint): string {
  switch (event?.$case) {
    case 'upserted':
      return guestLine(revision, event.value, size, paint);
    case 'deleted': {
      const { vmid, reason, cause } = event.value;
      return line(
        revision,
        vmid,
        paint.red(padded(bare(reason, 'DELETE_REASON'), STATE_WIDTH, 'left')),
        causeOf(cause),
        paint,
      );
    }
    default:
      return '';
  }
}

export function hostEventLine({ revision, event }: HostEvent, size: Size, paint: Paint): string {
  switch (event?.$case) {
    case 'upserted':
      return hostLine(revision, event.value, size, paint);
    case 'deleted':
      return line(revision, event.value.hostname, paint.red('REMOVED'), causeOf(event.value.cause), paint);
    default:
      return '';
  }
}

function guestLine(revision: bigint, guest: Guest, size: Size, paint: Paint): string {
  const state = paintGuestState(paint, guest.state)(padded(bare(guest.state, 'GUEST_STATE'), STATE_WIDTH, 'left'));
  const target = guest.claims.find(({ kind }) => kind === 'CLAIM_KIND_INCOMING')?.hostname;
  const host = safe(target === undefined ? guest.hostname : `${guest.hostname} → ${target}`);
  const figures = `cpu ${guest.currentCpu}/${guest.maxCpu}, memory ${size(guest.currentMemoryKib)}/${size(guest.maxMemoryKib)}`;
  return line(
    revision,
    guest.vmid,
    `${state}  ${padded(host, HOST_WIDTH, 'left')}  ${figures}`,
    causeOf(guest.cause),
    paint,
  );
}

function hostLine(revision: bigint, host: Host, size: Size, paint: Paint): string {
  const figures = `cpu ${host.availCpu}, memory ${size(host.availMemoryKib)}, io ${size(host.availIoKib)} left`;
  return line(
    revision,
    host.hostname,
    `${padded(hostState(host), STATE_WIDTH, 'left')}  ${figures}`,
    causeOf(host.cause),
    paint,
  );
}

function line(revision: bigint, name: string, rest: string, cause: string, paint: Paint): string {
  const number = paint.dim(padded(String(revision), REVISION_WIDTH, 'right'));
  return `${number}  ${padded(safe(name), NAME_WIDTH, 'left')}  ${rest}  ${paint.dim(safe(cause))}`.trimEnd();
}

/** Prints until the person stops it. */
export async function printEvents<Event extends GuestEvent | HostEvent>(
  invocation: Invocation,
  follow: (options: Pick<FollowOptions<never>, 'signal' | 'onRetry'>) => AsyncIterable<Batch<Event>>,
  toJson: (event: Event) => unknown,
  toLine: (event: Event, size: Size, paint: Paint) => string,
): Promise<void> {
  const { out, err, json, size, call } = invocation;
  const onRetry: FollowOptions<never>['onRetry'] = (error, from) => {
    const message = safe(error instanceof Error ? error.message : String(error));
    err.line(
      err.paint.dim(
        `-- cut off (${message}); ${from === 'anew' ? 'everything once more' : `goes on after ${from.revision}`}`,
      ),
    );
  };
  for await (const { events } of follow({ signal: call.signal, onRetry })) {
    for (const event of events) {
      if (json) invocation.printJson(toJson(event), 'line');
      else if (event.event?.$case === 'synced') err.line(err.paint.dim(`-- caught up at ${event.revision}`));
      else {
        const text = toLine(event, size, out.paint);
        if (text !== '') out.line(text);
      }
    }
  }
}
