// A connection kept up: made again after it ends, with exponential backoff and jitter, events registered anew. Its owner
// is told of every loss, since events in between were missed and calls may be unanswered.
import type { Caller } from './caller.js';
import type { RpcConnection } from './connection.js';
import { type CloseReason, ConnectionClosedError } from './errors.js';
import { defaultReconnectLimits, type ReconnectLimits } from './limits.js';
import { type ConnectOptions, openConnection } from './open.js';
import type { LibvirtUri } from './uri.js';

export type LinkState =
  /** A connection is up; `generation` counts them from 1. What happened before is to be looked up, not waited for. */
  | { readonly kind: 'CONNECTED'; readonly generation: number }
  /** The connection ended. Calls without an answer have been rejected already. */
  | { readonly kind: 'DISCONNECTED'; readonly generation: number; readonly reason: CloseReason }
  /** An attempt failed; the next one is made after `retryInMs`. */
  | { readonly kind: 'ATTEMPT_FAILED'; readonly attempt: number; readonly error: unknown; readonly retryInMs: number };

export interface SuperviseOptions extends Omit<ConnectOptions, 'signal'> {
  /** Bounds that differ from defaultReconnectLimits. */
  readonly reconnect?: Partial<ReconnectLimits>;
  /** Told of every change, in order. It must not throw. */
  readonly onState?: (state: LinkState) => void;
  /** Source of jitter, 0 to 1. Default: Math.random. */
  readonly random?: () => number;
}

export interface LibvirtLink {
  /** The connection that is up, counted from 1; undefined while there is none. */
  generation(): number | undefined;
  /** Resolves with the generation once a connection is up. Rejects with the signal's reason, or ConnectionClosedError after `close`. */
  connected(signal?: AbortSignal): Promise<number>;
  /**
   * Drops the connection and resolves with a newer generation. Afterwards no request sent before can still be read by the
   * daemon from this client; what it had read already may still run.
   */
  renew(signal?: AbortSignal): Promise<number>;
  /** Ends it for good; resolves when nothing is open any more. */
  close(): Promise<void>;
}

const NOT_CONNECTED: CloseReason = { kind: 'PEER', message: 'not connected' };
const CLOSED: CloseReason = { kind: 'LOCAL', message: 'closed here' };

export function supervise(uri: LibvirtUri, options: SuperviseOptions): { caller: Caller; link: LibvirtLink } {
  const supervisor = new Supervisor(uri, options);
  const caller: Caller = {
    async call(procedure, args, callOptions) {
      return supervisor.current().call(procedure, args, callOptions);
    },
    async openStream(procedure, args, streamOptions) {
      return supervisor.current().openStream(procedure, args, streamOptions);
    },
  };
  const link: LibvirtLink = {
    generation() {
      return supervisor.generation();
    },
    connected(signal) {
      return supervisor.newerThan(0, signal);
    },
    renew(signal) {
      return supervisor.renew(signal);
    },
    close() {
      return supervisor.close();
    },
  };
  return { caller, link };
}

interface Waiter {
  readonly newerThan: number;
  resolve(generation: number): void;
  reject(error: unknown): void;
}

class Supervisor {
  readonly #uri: LibvirtUri;
  readonly #options: SuperviseOptions;
  readonly #limits: ReconnectLimits;
  readonly #end = new AbortController();
  readonly #ended: Promise<void>;
  readonly #waiters = new Set<Waiter>();
  #connection: RpcConnection | undefined;
  #generation = 0;

  constructor(uri: LibvirtUri, options: SuperviseOptions) {
    this.#uri = uri;
    this.#options = options;
    this.#limits = { ...defaultReconnectLimits, ...options.reconnect };
    this.#ended = this.#run();
  }

  current(): RpcConnection {
    if (!this.#connection)
      throw new ConnectionClosedError(this.#end.signal.aborted ? CLOSED : NOT_CONNECTED, 'NOT_SENT');
    return this.#connection;
  }

  generation(): number | undefined {
    return this.#connection && this.#generation;
  }

  newerThan(generation: number, signal?: AbortSignal): Promise<number> {
    if (this.#connection && this.#generation > generation) return Promise.resolve(this.#generation);
    return new Promise((resolve, reject) => {
      if (this.#end.signal.aborted) return reject(new ConnectionClosedError(CLOSED, 'NOT_SENT'));
      if (signal?.aborted) return reject(signal.reason);
      const leave = (): void => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => waiter.reject(signal?.reason);
      const waiter: Waiter = {
        newerThan: generation,
        resolve: (value) => {
          leave();
          resolve(value);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  renew(signal?: AbortSignal): Promise<number> {
    const generation = this.#generation;
    this.#connection?.close();
    return this.newerThan(generation, signal);
  }

  async close(): Promise<void> {
    this.#end.abort();
    this.#connection?.close();
    await this.#ended;
    for (const waiter of [...this.#waiters]) waiter.reject(new ConnectionClosedError(CLOSED, 'NOT_SENT'));
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const connection = await openConnection(this.#uri, { ...this.#options, signal });
        const since = performance.now();
        const { kind } = await this.#serve(connection);
        // Dropped by `renew`: no sign of trouble.
        if (kind === 'LOCAL') continue;
        // A connection that did not last counts as a failed attempt, or a daemon that dies at once would be hammered.
        failures = performance.now() - since < this.#limits.mostDelayMs ? failures + 1 : 0;
        await pause(this.#delay(failures), signal);
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        const retryInMs = this.#delay(failures);
        this.#options.onState?.({ kind: 'ATTEMPT_FAILED', attempt: failures, error, retryInMs });
        await pause(retryInMs, signal);
      }
    }
  }

  async #serve(connection: RpcConnection): Promise<CloseReason> {
    if (this.#end.signal.aborted) connection.close();
    this.#connection = connection;
    const generation = ++this.#generation;
    this.#options.onState?.({ kind: 'CONNECTED', generation });
    for (const waiter of [...this.#waiters]) if (generation > waiter.newerThan) waiter.resolve(generation);
    const reason = await connection.closed;
    this.#connection = undefined;
    this.#options.onState?.({ kind: 'DISCONNECTED', generation, reason });
    return reason;
  }

  #delay(failures: number): number {
    const { leastDelayMs, mostDelayMs } = this.#limits;
    const full = Math.min(mostDelayMs, leastDelayMs * 2 ** Math.min(failures - 1, 30));
    return Math.round(full * (1 - (this.#options.random ?? Math.random)() / 2));
  }
}

/** Resolves after `delayMs`, or at once when the signal fires. */
function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, delayMs);
    signal.addEventListener('abort', wake, { once: true });
    if (signal.aborted) wake();
  });
}
