// Passes calls that only the leader can answer on to it, where this process follows: the messages as they are, the caller
// beside them, and what comes back as it comes. Everything else is answered here, from the copy.

import { type CallContext, ClientError, ServerError, type ServerMiddlewareCall, Status } from 'nice-grpc';
import { type Authority, type LeaderSeen, UnavailableError } from '../../authority/authority.js';
import { LIMITS } from '../../limits.js';
import type { Clock } from '../../ports/clock.js';
import type { LeaderLink } from '../leader-link.js';
import type { Calling } from '../parts.js';
import { bytesOf, EncodedAnswer } from '../wire.js';
import { isPassedOn, passedOn, tellRevision, toldRevision } from './passed-on.js';

export interface ForwardParts {
  readonly authority: Authority;
  readonly clock: Clock;
  readonly link: LeaderLink;
  /** Paths of the methods that change nothing. */
  readonly reads: ReadonlySet<string>;
  /** This process, as other replicas know it. */
  readonly holder: string;
  /** Where replicas show certificates, or are all of one machine, they name the caller; else its token goes along. */
  readonly naming: 'CALLER' | 'TOKEN';
}

/** They change nothing, but need what only the leader sees: the hosts as they are, and how far its operations are. */
const LEADERS_OWN: ReadonlySet<string> = new Set([
  '/virtdc.v1.HostInfo/CheckHosts',
  '/virtdc.v1.Migration/CheckMigration',
  '/virtdc.v1.Migration/WatchMigration',
  '/virtdc.v1.Operations/Audit',
]);

export function forwardInterceptor(parts: ForwardParts) {
  const { authority, reads } = parts;
  const isForLeader = (path: string): boolean =>
    path.startsWith('/virtdc.v1.') && (!reads.has(path) || LEADERS_OWN.has(path));
  return async function* forward<Request, Response>(call: ServerMiddlewareCall<Request, Response>, context: Calling) {
    if (!isForLeader(call.method.path)) return yield* call.next(call.request, context);
    const isHop = isPassedOn(context.metadata);
    if (authority.leads) {
      try {
        return yield* call.next(call.request, context);
      } finally {
        if (isHop) tellRevision(context.trailer, authority.revision);
      }
    }
    const { leader } = authority;
    if (isHop) throw new UnavailableError('the call was passed on to a process that does not lead');
    if (leader === undefined || leader.isSelf) throw new UnavailableError('nobody leads now');
    const hop = new Hop(parts, leader, context);
    try {
      const answer = hop.call(call);
      if (answer instanceof Promise) {
        const bytes = await answer;
        context.audit.outcome = 'RECORDED';
        return new EncodedAnswer(bytes) as Response;
      }
      for await (const bytes of answer) {
        context.audit.outcome = 'RECORDED';
        yield new EncodedAnswer(bytes) as Response;
      }
      return;
    } catch (error) {
      throw hop.errorOf(error);
    } finally {
      await hop.end();
    }
  };
}

/** One call on its way to the leader. */
class Hop {
  /** Aborts with the call, or once the leader leads no more: then nobody knows whether it will answer. */
  private readonly over = new AbortController();
  private readonly abort = (): void => this.over.abort();
  private trailer: CallContext['trailer'] | undefined;

  constructor(
    private readonly parts: ForwardParts,
    private readonly leader: LeaderSeen,
    private readonly context: Calling,
  ) {
    for (const signal of [context.signal, leader.gone]) {
      if (signal.aborted) this.abort();
      signal.addEventListener('abort', this.abort, { once: true });
    }
  }

  call<Request, Response>({ method, request, requestStream, responseStream }: ServerMiddlewareCall<Request, Response>) {
    const { link, holder, naming } = this.parts;
    const { metadata, caller } = this.context;
    const send = link.to(this.leader.address, { path: method.path, requestStream, responseStream });
    return send(requestStream ? eachRaw(request as AsyncIterable<unknown>) : raw(request), {
      metadata: passedOn(metadata, caller, holder, naming),
      signal: this.over.signal,
      onTrailer: (trailer) => {
        this.trailer = trailer;
      },
    });
  }

  /** The leader's answer as it is; that there is none is told as such. */
  errorOf(error: unknown): unknown {
    const { context, leader } = this;
    if (context.signal.aborted) return error;
    if (error instanceof ClientError && this.isOfLeader(error.code)) {
      this.context.audit.outcome = 'RECORDED';
      return new ServerError(error.code, error.details);
    }
    const isLost = error instanceof ClientError || leader.gone.aborted;
    if (!isLost) return error;
    return new UnavailableError(`${leader.holder}, which leads, cannot be reached`, { cause: error });
  }

  /** Passes on what came beside the answer, and waits until this copy shows what the caller was told. */
  async end(): Promise<void> {
    const { context, leader, trailer } = this;
    for (const signal of [context.signal, leader.gone]) signal.removeEventListener('abort', this.abort);
    if (trailer === undefined) return;
    const revision = toldRevision(trailer);
    for (const [name, values] of trailer) for (const value of values) context.trailer.append(name, value);
    const { authority, clock } = this.parts;
    if (revision <= authority.revision || context.signal.aborted) return;
    await authority.reached(revision, clock.deadline(LIMITS.followerBehindMs)).catch(() => undefined);
  }

  /** Not of the way there: what a process of ours says comes with details, or with a code that no way has. */
  private isOfLeader(code: Status): boolean {
    if (this.trailer?.has('grpc-status-details-bin') === true) return true;
    return !OF_THE_WAY.includes(code);
  }
}

const OF_THE_WAY: readonly Status[] = [Status.UNAVAILABLE, Status.CANCELLED, Status.INTERNAL, Status.UNKNOWN];

function raw(message: unknown): Uint8Array {
  const bytes = bytesOf(message);
  // It came while this process led.
  if (bytes === undefined) throw new UnavailableError('this process has just ceased to lead');
  return bytes;
}

async function* eachRaw(messages: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const message of messages) yield raw(message);
}
