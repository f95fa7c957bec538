// Watches that outlive their connection: they resume by revision where they were cut off, and start anew, saying so,
// where the server no longer has what was missed.

import { setTimeout as sleep } from 'node:timers/promises';
import { Status } from 'nice-grpc';
import type { GuestFilter } from '#gen/virtdc/v1/guest.js';
import type { GuestInfoClient } from '#gen/virtdc/v1/guest_info_service.js';
import type { HostFilter } from '#gen/virtdc/v1/host.js';
import type { HostInfoClient } from '#gen/virtdc/v1/host_info_service.js';
import type { GuestEvent, HostEvent } from '#gen/virtdc/v1/watch.js';
import { VirtdcError } from './error.js';
import { pauseMs } from './retry.js';

const DEFAULT_PROGRESS_S = 10;
/** A stream that is silent for so many progress intervals is dead, whatever the network says. */
const SILENT_INTERVALS = 3;
const MOST_PAUSE_MS = 5_000;

export interface FollowOptions<Filter> {
  /** Not given: all. */
  readonly filter?: Partial<Filter>;
  /** Every change after this revision; undefined: everything as it is now, then every change. */
  readonly startRevision?: bigint;
  /** After how long without news a progress event comes, s. Default 10. */
  readonly progressIntervalS?: number;
  readonly signal?: AbortSignal;
  /** Told before each further attempt: why the one before ended, and what it goes on with. */
  readonly onRetry?: (error: unknown, from: { readonly revision: bigint } | 'anew') => void;
}

export interface Batch<Event> {
  /** Of its last event; 0n until the initial state is complete. */
  readonly revision: bigint;
  readonly events: readonly Event[];
  /** Whether what was committed together is complete. */
  readonly batchEnd: boolean;
  /** Everything is told once more from here: forget what was told before. True for the first batch of all, too. */
  readonly anew: boolean;
}

/** One, or one of each replica: the next is tried when one fails, as each can go on where another was. */
type OneOrMore<Client> = Client | readonly [Client, ...Client[]];

/** The guests as they change. Ends only by the signal (quietly) or by an error that no repetition mends. */
export function followGuests(
  guests: OneOrMore<Pick<GuestInfoClient, 'watchGuests'>>,
  options: FollowOptions<GuestFilter> = {},
): AsyncGenerator<Batch<GuestEvent>, void, undefined> {
  return follow((request, signal, attempt) => oneOf(guests, attempt).watchGuests(request, { signal }), options);
}

/** The hosts as they change, also when only what is claimed on them does. */
export function followHosts(
  hosts: OneOrMore<Pick<HostInfoClient, 'watchHosts'>>,
  options: FollowOptions<HostFilter> = {},
): AsyncGenerator<Batch<HostEvent>, void, undefined> {
  return follow((request, signal, attempt) => oneOf(hosts, attempt).watchHosts(request, { signal }), options);
}

function oneOf<Client extends object>(clients: OneOrMore<Client>, attempt: number): Client {
  if (!Array.isArray(clients)) return clients as Client;
  return clients[attempt % clients.length] as Client;
}

interface WatchRequest<Filter> {
  startRevision: bigint;
  sendInitial: boolean;
  filter?: Partial<Filter>;
  progressIntervalS: number;
}

type Answer<Event> = Omit<Batch<Event>, 'anew'>;
type Open<Filter, Event> = (
  request: WatchRequest<Filter>,
  signal: AbortSignal,
  attempt: number,
) => AsyncIterable<Answer<Event>>;

async function* follow<Filter, Event>(
  open: Open<Filter, Event>,
  options: FollowOptions<Filter>,
): AsyncGenerator<Batch<Event>, void, undefined> {
  const { filter, signal, progressIntervalS = DEFAULT_PROGRESS_S, onRetry } = options;
  let revision = options.startRevision ?? 0n;
  for (let [failures, attempt] = [0, 0]; ; failures++, attempt++) {
    let anew = revision === 0n;
    const silence = new Silence(SILENT_INTERVALS * progressIntervalS * 1_000, signal);
    let ended: unknown;
    try {
      const request = { startRevision: revision, sendInitial: anew, progressIntervalS, ...(filter && { filter }) };
      for await (const answer of open(request, silence.signal, attempt)) {
        silence.pause();
        yield { ...answer, anew };
        silence.listen();
        revision = answer.revision;
        anew = false;
        failures = 0;
      }
      ended = new StreamEnded();
    } catch (error) {
      ended = error;
    } finally {
      silence.end();
    }
    if (signal?.aborted === true) return;
    if (!silence.signal.aborted && !isWorthAnotherTry(ended)) throw ended;
    if (isForgotten(ended)) revision = 0n;
    onRetry?.(ended, revision === 0n ? 'anew' : { revision });
    const rested = await sleep(pauseMs(failures + 2, MOST_PAUSE_MS), true, { ...(signal && { signal }) }).catch(
      () => false,
    );
    if (!rested) return;
  }
}

/** A watch does not end by itself; where a proxy ended it, it goes on. */
class StreamEnded extends Error {
  override readonly name = 'StreamEnded';

  constructor() {
    super('the stream ended');
  }
}

/** Aborts when nothing was heard for so long, or with the outer signal. Whoever reads slowly is not silence. */
class Silence {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private readonly follow = (): void => this.controller.abort();

  constructor(
    private readonly ms: number,
    private readonly outer: AbortSignal | undefined,
  ) {
    this.listen();
    if (outer?.aborted === true) this.follow();
    outer?.addEventListener('abort', this.follow);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  listen(): void {
    this.timer = setTimeout(this.follow, this.ms);
  }

  pause(): void {
    clearTimeout(this.timer);
  }

  end(): void {
    this.pause();
    this.outer?.removeEventListener('abort', this.follow);
  }
}

/** The server no longer has what was missed, or never had it: only a new start helps. */
function isForgotten(error: unknown): boolean {
  return error instanceof VirtdcError && ['REVISION_COMPACTED', 'REVISION_FUTURE'].includes(error.reason);
}

const PASSING: readonly Status[] = [
  Status.UNAVAILABLE,
  Status.RESOURCE_EXHAUSTED,
  Status.DEADLINE_EXCEEDED,
  Status.ABORTED,
  Status.CANCELLED,
  Status.INTERNAL,
  Status.UNKNOWN,
];

function isWorthAnotherTry(error: unknown): boolean {
  if (!(error instanceof VirtdcError)) return error instanceof StreamEnded;
  return isForgotten(error) || PASSING.includes(error.code);
}
