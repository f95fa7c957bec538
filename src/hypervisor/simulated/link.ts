// A client's connection to one simulated host, as lossy as a real one: calls that cannot be sent are UNREACHABLE, those
// that were sent and not answered are UNKNOWN_OUTCOME and may take effect later, events are lost whenever it is.

import { LIMITS } from '../../limits.js';
import { DeadlineError } from '../../ports/clock.js';
import {
  type CallOptions,
  type DomainEvent,
  type HostListener,
  HypervisorError,
  type HypervisorErrorKind,
} from '../../ports/hypervisor.js';
import type { SimulatedDatacenter } from './datacenter.js';
import type { SimulatedHost } from './host.js';
import { Refused } from './refused.js';

type Way = 'OUT' | 'BACK';

interface Connection {
  readonly daemonStart: number;
  /** Calls that were sent and not answered: how to give them up. */
  readonly pending: Set<(why: string) => void>;
  /** Frames that the network holds back; they arrive if it heals before the connection is given up. */
  held: (() => void)[];
  silentSince: number | undefined;
  readonly ended: Promise<void>;
  end(): void;
  unsubscribe(): void;
}

export class Link {
  private connection: Connection | undefined;
  private readonly listeners = new Set<HostListener>();
  private readonly sessions = new Set<{ end(): void }>();
  private closed = false;

  constructor(
    private readonly datacenter: SimulatedDatacenter,
    private readonly host: SimulatedHost,
    private readonly client: string,
    private readonly hostname: string,
  ) {
    datacenter.links.add(this);
  }

  async call<T>(
    method: string,
    options: CallOptions | undefined,
    effect: () => T | Promise<T>,
    defaultDeadlineMs: number = LIMITS.libvirtCallDeadlineMs,
  ): Promise<T> {
    const deadlineMs = options?.deadlineMs ?? defaultDeadlineMs;
    const startedAt = this.datacenter.now();
    const connection =
      this.connection ?? (await this.connect(Math.min(deadlineMs, LIMITS.libvirtConnectDeadlineMs), options?.signal));
    const signal = options?.signal;
    if (signal?.aborted === true) throw this.error('UNREACHABLE', 'given up before it was sent', signal.reason);
    const remainingMs = Math.max(0, deadlineMs - (this.datacenter.now() - startedAt));
    return this.exchange(connection, method, effect, remainingMs, signal);
  }

  /** Sends, and waits for the answer, the deadline, the signal or the connection's end. deadlineMs undefined: no deadline. */
  private exchange<T>(
    connection: Connection,
    method: string,
    effect: () => T | Promise<T>,
    deadlineMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (end: () => void) => {
        connection.pending.delete(lose);
        stopTimer();
        signal?.removeEventListener('abort', abandon);
        end();
      };
      const lose = (why: string, cause?: unknown) =>
        settle(() => reject(this.error('UNKNOWN_OUTCOME', `${method}: ${why}`, cause)));
      const abandon = () => lose('given up', signal?.reason);
      const stopTimer =
        deadlineMs === undefined
          ? () => {}
          : this.datacenter.after(deadlineMs, () => lose('no answer in time', new DeadlineError(deadlineMs)));
      connection.pending.add(lose);
      signal?.addEventListener('abort', abandon);
      // A frozen daemon does not answer either, however far it had come.
      const answer = (end: () => void) => this.host.receive(() => this.carry(connection, 'BACK', () => settle(end)));
      this.carry(connection, 'OUT', () =>
        this.host.receive(() => void this.serve(connection, method, effect, answer, resolve, reject)),
      );
    });
  }

  /** What the daemon does with a call, with the faults that are due. */
  private async serve<T>(
    connection: Connection,
    method: string,
    effect: () => T | Promise<T>,
    answer: (end: () => void) => void,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): Promise<void> {
    const fault = this.host.takeFault(method);
    const { daemonStarts } = this.host;
    try {
      if (fault?.does === 'DELAY') {
        await this.datacenter.pass(fault.ms);
        // It waited in the daemon's queue, and what waits there goes when its connection does, or the daemon.
        if (this.connection !== connection || !this.host.isStill(daemonStarts)) return;
      }
      if (fault?.does === 'FAIL') throw new Refused(fault.kind, fault.message);
      const value = await effect();
      if (fault?.does === 'LOSE_REPLY' && this.connection === connection) this.drop('connection reset');
      else answer(() => resolve(value));
    } catch (error) {
      answer(() => reject(this.translate(error)));
    }
  }

  /** A call whose answer may take as long as it takes: only the connection's end or the signal ends the wait. */
  async callWithoutDeadline<T>(method: string, signal: AbortSignal, effect: () => T | Promise<T>): Promise<T> {
    const connection = this.connection ?? (await this.connect(LIMITS.libvirtConnectDeadlineMs, signal));
    if (signal.aborted) throw this.error('UNREACHABLE', 'given up before it was sent', signal.reason);
    return this.exchange(connection, method, effect, undefined, signal);
  }

  async barrier(options: CallOptions | undefined): Promise<void> {
    this.drop('closed for a barrier');
    await this.call('barrier', options, () => undefined);
  }

  /** Opens something that ends with the connection. */
  keep<T extends { end(): void }>(open: (onEnd: () => void) => T): T {
    const session: T = open(() => this.sessions.delete(session));
    this.sessions.add(session);
    return session;
  }

  private async connect(withinMs: number, signal?: AbortSignal): Promise<Connection> {
    const { datacenter, host } = this;
    const settled = () => this.closed || this.connection !== undefined || this.refused || this.heard;
    await datacenter.until(settled, withinMs, signal);
    if (this.connection !== undefined) return this.connection;
    if (this.closed) throw this.error('UNREACHABLE', 'the driver was closed');
    if (this.refused) throw this.error('UNREACHABLE', 'connection refused');
    if (!this.heard) throw this.error('UNREACHABLE', 'the host does not answer');
    const subscriber = (event: DomainEvent) =>
      queueMicrotask(() => this.carry(connection, 'BACK', () => this.tell(event)));
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const connection: Connection = {
      daemonStart: host.daemonStarts,
      pending: new Set(),
      held: [],
      silentSince: undefined,
      ended,
      end,
      unsubscribe: () => host.subscribers.delete(subscriber),
    };
    this.connection = connection;
    host.subscribers.add(subscriber);
    for (const listener of this.listeners) listener.connected();
    return connection;
  }

  private tell(event: DomainEvent): void {
    for (const listener of this.listeners) listener.event(event);
  }

  private get refused(): boolean {
    return (
      this.host.powered && this.host.daemon === 'DEAD' && this.datacenter.network.reaches(this.client, this.host.name)
    );
  }

  /** Whether the host can be talked with now. */
  get heard(): boolean {
    return this.host.answers && this.datacenter.network.reaches(this.client, this.host.name);
  }

  /** One frame, to the host or back from it. */
  private carry(connection: Connection, way: Way, arrive: () => void): void {
    const { leastLatencyMs, mostLatencyMs } = this.datacenter.durations;
    const deliver = () => {
      if (this.connection !== connection) return;
      if (this.carries(way)) arrive();
      else connection.held.push(deliver);
    };
    if (mostLatencyMs === 0) deliver();
    else this.datacenter.after(this.datacenter.random.between(leastLatencyMs, mostLatencyMs), deliver);
  }

  private carries(way: Way): boolean {
    const { network } = this.datacenter;
    return way === 'OUT' ? network.carries(this.client, this.host.name) : network.carries(this.host.name, this.client);
  }

  /** Looks whether the connection still stands, after something changed with the host or the network. */
  review(): void {
    const { connection, datacenter, host } = this;
    if (connection === undefined) return;
    const reachable = host.powered && datacenter.network.reaches(this.client, host.name);
    if (reachable && (host.daemon === 'DEAD' || host.daemonStarts !== connection.daemonStart)) {
      this.drop('connection reset');
      return;
    }
    if (this.heard) connection.silentSince = undefined;
    else if (connection.silentSince === undefined) {
      connection.silentSince = datacenter.now();
      datacenter.after(datacenter.durations.keepaliveMs, () => this.giveUpIfSilent(connection));
    }
    if (!host.powered) return;
    const held = connection.held;
    connection.held = [];
    for (const deliver of held) deliver();
  }

  private giveUpIfSilent(connection: Connection): void {
    if (this.connection !== connection || connection.silentSince === undefined) return;
    const silentMs = this.datacenter.now() - connection.silentSince;
    const { keepaliveMs } = this.datacenter.durations;
    if (silentMs >= keepaliveMs) this.drop(`nothing heard for ${Math.round(silentMs)} ms`);
    else this.datacenter.after(keepaliveMs - silentMs, () => this.giveUpIfSilent(connection));
  }

  private drop(why: string): void {
    const connection = this.connection;
    if (connection === undefined) return;
    this.connection = undefined;
    connection.unsubscribe();
    connection.end();
    for (const lose of [...connection.pending]) lose(why);
    for (const session of [...this.sessions]) session.end();
    for (const listener of this.listeners) listener.disconnected(why);
    this.datacenter.changed();
  }

  /** Keeps a connection up until the signal aborts, and tells the listener of it. */
  async supervise(listener: HostListener, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.listeners.add(listener);
    signal.addEventListener('abort', () => this.listeners.delete(listener), { once: true });
    if (this.connection !== undefined) listener.connected();
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    let reported = false;
    while (!signal.aborted && !this.closed) {
      try {
        const connection = this.connection ?? (await this.connect(LIMITS.libvirtConnectDeadlineMs, signal));
        reported = false;
        await Promise.race([connection.ended, stopped]);
      } catch (error) {
        if (signal.aborted || !(error instanceof HypervisorError)) return;
        if (!reported) listener.disconnected(error.message);
        reported = true;
      }
      await this.datacenter.until(() => this.closed, this.datacenter.durations.reconnectMs, signal);
    }
  }

  close(): void {
    this.closed = true;
    this.drop('closed');
    this.datacenter.links.delete(this);
  }

  private error(kind: HypervisorErrorKind, message: string, cause?: unknown): HypervisorError {
    return new HypervisorError(kind, this.hostname, message, cause === undefined ? undefined : { cause });
  }

  private translate(error: unknown): unknown {
    return error instanceof Refused ? this.error(error.kind, error.message) : error;
  }
}
