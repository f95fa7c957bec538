// The connection to one host: made when first needed, kept up by itself, each call under one deadline whatever it sends,
// and every failure told in the terms of the port.

import {
  type ConnectOptions,
  connectLibvirt,
  defaultConnectionLimits,
  eventKinds,
  isSecure,
  type CallOptions as LibvirtCallOptions,
  type LibvirtCalls,
  type LibvirtConnection,
  type LibvirtUri,
  type LinkState,
  parseLibvirtUri,
  type SupervisedLibvirt,
  superviseLibvirt,
} from '../../libvirt/client.js';
import { LIMITS } from '../../limits.js';
import { type CallOptions, type HostAddress, type HostListener, HypervisorError } from '../../ports/hypervisor.js';
import { translated } from './errors.js';
import { portEvent } from './events.js';
import type { LibvirtOptions } from './options.js';

/** Deadline (what is left of it) and signal, for each of the calls that one method of the port makes. */
export type Send<T> = (calls: LibvirtCalls, options: LibvirtCallOptions) => Promise<T>;

/** Between two attempts to connect at most; calls wait for one attempt, so this bounds how late a recovery is noticed. */
const MOST_RECONNECT_DELAY_MS = 2_000;

export class Session {
  private link: SupervisedLibvirt | undefined;
  private closed = false;
  private readonly listeners = new Set<HostListener>();
  private readonly waiting = new Set<{ resolve(): void; reject(error: unknown): void }>();
  private readonly separate = new Set<LibvirtConnection>();
  private reportedDown = false;
  private readonly uri: LibvirtUri;

  /** Throws HypervisorError UNSUPPORTED where the address is of no form that may be used. */
  constructor(
    readonly address: HostAddress,
    private readonly options: LibvirtOptions,
  ) {
    this.uri = usableUri(address.hostname, address.uri, options);
  }

  /**
   * Sends calls once a connection stands. UNREACHABLE if none does within the deadline (or LIMITS.libvirtConnectDeadlineMs)
   * or the attempt that is under way fails.
   */
  async call<T>(send: Send<T>, options: CallOptions = {}, traits: CallTraits = {}): Promise<T> {
    const { deadlineMs = LIMITS.libvirtCallDeadlineMs, long = false } = traits;
    const sent = budget(options.deadlineMs ?? deadlineMs, options.signal, long);
    try {
      return await send(await this.connected(sent), sent);
    } catch (error) {
      throw translated(error, this.address.hostname);
    }
  }

  /** A connection of its own, for what lasts and would hold up other calls; whoever asks for it closes it. */
  async connectSeparately(options: CallOptions = {}): Promise<LibvirtConnection> {
    if (this.closed) throw this.unreachable('the driver was closed');
    try {
      const connection = await connectLibvirt(this.uri, {
        ...this.connectOptions(),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      this.separate.add(connection);
      void connection.closed.then(() => this.separate.delete(connection));
      if (this.closed) connection.close();
      return connection;
    } catch (error) {
      throw translated(error, this.address.hostname);
    }
  }

  listen(listener: HostListener, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.listeners.add(listener);
    signal.addEventListener('abort', () => this.listeners.delete(listener), { once: true });
    if (this.supervised().generation() !== undefined) listener.connected();
  }

  async barrier(options: CallOptions = {}): Promise<void> {
    const { signal } = options;
    const deadline = AbortSignal.timeout(options.deadlineMs ?? LIMITS.libvirtCallDeadlineMs);
    const within = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
    try {
      await this.supervised().renew(within);
    } catch (error) {
      if (!within.aborted) throw translated(error, this.address.hostname);
      throw this.unreachable('no new connection in time', error);
    }
    await this.call((calls, sent) => calls.host.hostname(sent), options);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const connection of [...this.separate]) connection.close();
    await this.link?.close();
    for (const waiter of [...this.waiting]) waiter.reject(this.unreachable('the driver was closed'));
  }

  private supervised(): SupervisedLibvirt {
    if (this.closed) throw this.unreachable('the driver was closed');
    this.link ??= superviseLibvirt(this.uri, {
      ...this.connectOptions(),
      reconnect: { mostDelayMs: MOST_RECONNECT_DELAY_MS },
      events: this.uri.driver === 'qemu' ? eventKinds : ['lifecycle'],
      onEvent: (event) => {
        const told = portEvent(event);
        if (told !== undefined) for (const listener of this.listeners) listener.event(told);
      },
      onState: (state) => this.onState(state),
    });
    return this.link;
  }

  private async connected(sent: Budget): Promise<LibvirtCalls> {
    const link = this.supervised();
    if (link.generation() === undefined) await this.nextAttempt(sent);
    return link;
  }

  /** Resolves once a connection stands; rejects when an attempt fails, or in time. */
  private nextAttempt({ deadlineMs, signal }: Budget): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.waiting.delete(waiter);
        end();
      };
      const waiter = {
        resolve: () => settle(resolve),
        reject: (error: unknown) => settle(() => reject(error)),
      };
      const abort = (): void => waiter.reject(this.unreachable('given up before it was sent', signal?.reason));
      const waitMs = Math.min(deadlineMs, LIMITS.libvirtConnectDeadlineMs);
      const timer = setTimeout(() => waiter.reject(this.unreachable(`not connected within ${waitMs} ms`)), waitMs);
      this.waiting.add(waiter);
      if (signal?.aborted === true) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    });
  }

  private onState(state: LinkState): void {
    if (state.kind === 'CONNECTED') {
      this.reportedDown = false;
      for (const waiter of [...this.waiting]) waiter.resolve();
      for (const listener of this.listeners) listener.connected();
      return;
    }
    const reason = state.kind === 'DISCONNECTED' ? state.reason.message : messageOf(state.error);
    if (state.kind === 'ATTEMPT_FAILED') {
      for (const waiter of [...this.waiting]) waiter.reject(this.unreachable(reason, state.error));
    }
    if (this.reportedDown) return;
    this.reportedDown = true;
    for (const listener of this.listeners) listener.disconnected(reason);
  }

  private connectOptions(): ConnectOptions {
    const { pkiDirectory, ssh, mayChange } = this.options;
    return {
      limits: {
        ...defaultConnectionLimits,
        connectDeadlineMs: LIMITS.libvirtConnectDeadlineMs,
        callDeadlineMs: LIMITS.libvirtCallDeadlineMs,
        callsInFlight: LIMITS.libvirtCallsInFlight,
        streamIdleMs: LIMITS.uploadIdleMs,
      },
      ...(pkiDirectory === undefined ? {} : { pkiDirectory }),
      ...(ssh === undefined ? {} : { ssh }),
      ...(mayChange === undefined ? {} : { mayChange }),
    };
  }

  private unreachable(message: string, cause?: unknown): HypervisorError {
    return new HypervisorError(
      'UNREACHABLE',
      this.address.hostname,
      message,
      cause === undefined ? undefined : { cause },
    );
  }
}

/** What a method of the port asks of libvirt, beside what its caller says. */
export interface CallTraits {
  /** Where the caller names none. Default LIMITS.libvirtCallDeadlineMs. */
  readonly deadlineMs?: number;
  /**
   * May wait in libvirtd for a guest, its agent or a domain's lock. Only a few such run at once: libvirtd reads nothing
   * more of a client, not even a keepalive, while some five of its calls do.
   */
  readonly long?: boolean;
}

interface Budget {
  /** Milliseconds that are left, at least 1. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  readonly long: boolean;
}

/** One deadline over several calls: each of them gets what the ones before have left. */
function budget(deadlineMs: number, signal: AbortSignal | undefined, long: boolean): Budget {
  const endsAtMs = performance.now() + deadlineMs;
  return {
    get deadlineMs() {
      return Math.max(1, endsAtMs - performance.now());
    },
    long,
    ...(signal === undefined ? {} : { signal }),
  };
}

/** The URI, if it is of virtdc's grammar and its transport may be used. */
export function usableUri(hostname: string, text: string, options: LibvirtOptions): LibvirtUri {
  try {
    const uri = parseLibvirtUri(text);
    if (isSecure(uri) || options.insecureTransports === true) return uri;
  } catch (error) {
    throw translated(error, hostname);
  }
  throw new HypervisorError('UNSUPPORTED', hostname, `${text}: insecure transports are not allowed`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
