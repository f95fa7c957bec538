// One connection to a daemon: sends calls, matches replies by serial in whatever order they come, hands messages and
// stream packets to where they belong, and gives every call an end: an answer, a deadline, or the connection's close.
import { addAbortSignal, type Duplex } from 'node:stream';
import { CallQueue, type Queued } from './call-queue.js';
import type { Caller, CallOptions, StreamOptions } from './caller.js';
import {
  CallAbortedError,
  CallWithheldError,
  type CloseReason,
  ConnectionClosedError,
  DeadlineExceededError,
  LibvirtError,
  ProtocolViolationError,
  QueueFullError,
} from './errors.js';
import {
  encodePacket,
  encodeRawPacket,
  type PacketHeader,
  PacketSplitter,
  PacketStatus,
  PacketType,
  PROTOCOL_VERSION,
  setSerial,
} from './framing.js';
import { KEEPALIVE_PROGRAM, Keepalive } from './keepalive.js';
import type { ConnectionLimits } from './limits.js';
import { isLook } from './looks.js';
import { type Procedure, REMOTE_PROGRAM } from './procedures.js';
import { RpcStream, type StreamChannel } from './stream.js';
import { errorBody } from './wire.js';
import { XdrReader } from './xdr.js';

type AnyProcedure = Pick<Procedure<never, unknown>, 'name' | 'program' | 'number'>;

interface Pending extends Queued {
  readonly procedure: AnyProcedure;
  readonly packet: Buffer;
  /** 0 until sent. */
  serial: number;
  /** Resolved, rejected or given up. A call given up stays in flight until its late answer comes, which is dropped. */
  settled: boolean;
  /** Settles the promise with the daemon's answer; without effect once settled. */
  answer(serial: number, status: number, body: Buffer): void;
  reject(error: Error): void;
}

interface ReplyHandler<T> {
  /** Makes the result of a reply's body. What it throws rejects this one call: the packet's frame was sound. */
  accept(body: Buffer, serial: number): T;
  /** An OK came after the call was given up: takes back what it opened at the daemon. */
  late?(serial: number): void;
}

export interface ConnectionHandlers {
  /** A message (event) of the remote program. May throw ProtocolViolationError. */
  onMessage(procedure: number, body: Buffer): void;
  /** Whether a call that changes something may be written now. Default: yes. */
  mayChange?(): boolean;
}

export class RpcConnection implements Caller {
  /** Resolves when the connection has ended, with the reason. Never rejects. */
  readonly closed: Promise<CloseReason>;
  readonly #transport: Duplex;
  readonly #limits: ConnectionLimits;
  readonly #handlers: ConnectionHandlers;
  readonly #splitter: PacketSplitter;
  readonly #keepalive: Keepalive;
  readonly #queue: CallQueue<Pending>;
  readonly #inFlight = new Map<number, Pending>();
  readonly #streams = new Map<number, RpcStream>();
  readonly #lagging = new Set<number>();
  readonly #resolveClosed: (reason: CloseReason) => void;
  #reason: CloseReason | undefined;
  #lastSerial = 0;
  #corked = false;

  constructor(transport: Duplex, limits: ConnectionLimits, handlers: ConnectionHandlers) {
    this.#transport = transport;
    this.#limits = limits;
    this.#handlers = handlers;
    this.#splitter = new PacketSplitter(limits.packetBytes);
    this.#queue = new CallQueue(limits);
    let resolveClosed: (reason: CloseReason) => void = () => undefined;
    this.closed = new Promise((resolve) => {
      resolveClosed = resolve;
    });
    this.#resolveClosed = resolveClosed;
    this.#keepalive = new Keepalive({
      intervalMs: limits.keepaliveIntervalMs,
      count: limits.keepaliveCount,
      send: (packet) => this.#write(packet),
      deaf: () => this.#lagging.size > 0,
      dead: () => this.#close({ kind: 'KEEPALIVE', message: 'the daemon gives no sign of life' }),
    });
    transport.on('data', (chunk: Buffer) => this.#receive(chunk));
    transport.on('error', (error) => this.#close({ kind: 'SOCKET_ERROR', message: error.message, cause: error }));
    for (const ending of ['end', 'close'])
      transport.on(ending, () => this.#close({ kind: 'PEER', message: 'the daemon closed it' }));
  }

  async call<A, R>(procedure: Procedure<A, R>, args: A, options: CallOptions = {}): Promise<R> {
    return this.#request(procedure, args, options, { accept: (body) => decodeReply(procedure, body) });
  }

  async openStream<A, R>(procedure: Procedure<A, R>, args: A, options: StreamOptions = {}): Promise<Duplex> {
    const idleMs = options.idleMs === undefined ? this.#limits.streamIdleMs : options.idleMs;
    const open = (serial: number): RpcStream => this.#stream(procedure, serial, idleMs);
    const stream = await this.#request(procedure, args, options, {
      accept: (_body, serial) => open(serial),
      late: (serial) => open(serial).destroy(),
    });
    return options.signal ? addAbortSignal(options.signal, stream) : stream;
  }

  /** Ends the connection at once; what is open fails with ConnectionClosedError. Calling it again does nothing. */
  close(): void {
    this.#close({ kind: 'LOCAL', message: 'closed here' });
  }

  // ---- calls

  async #request<A, R, T>(
    procedure: Procedure<A, R>,
    args: A,
    options: CallOptions,
    reply: ReplyHandler<T>,
  ): Promise<T> {
    const { signal, long = false } = options;
    const deadlineMs = options.deadlineMs === undefined ? this.#limits.callDeadlineMs : options.deadlineMs;
    if (this.#reason) throw new ConnectionClosedError(this.#reason, 'NOT_SENT');
    if (signal?.aborted) throw new CallAbortedError(procedure.name, 'NOT_SENT', signal.reason);
    const header = {
      program: procedure.program,
      procedure: procedure.number,
      type: PacketType.CALL,
      serial: 0,
      status: PacketStatus.OK,
    };
    const packet = encodePacket(header, procedure.args, args, this.#limits.packetBytes);
    return new Promise<T>((resolve, reject) => {
      const settle = (): boolean => {
        if (call.settled) return false;
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        call.settled = true;
        return true;
      };
      const call: Pending = {
        procedure,
        packet,
        long,
        serial: 0,
        settled: false,
        answer(serial, status, body) {
          if (settle()) {
            try {
              if (status === PacketStatus.ERROR) throw decodeError(procedure.name, body);
              resolve(reply.accept(body, serial));
            } catch (error) {
              reject(error);
            }
          } else if (status === PacketStatus.OK) reply.late?.(serial);
        },
        reject: (error) => {
          if (settle()) reject(error);
        },
      };
      const giveUp = (why: (outcome: 'NOT_SENT' | 'UNKNOWN') => Error): void => {
        if (call.serial === 0) this.#queue.leave(call);
        call.reject(why(call.serial === 0 ? 'NOT_SENT' : 'UNKNOWN'));
      };
      const onAbort = (): void => giveUp((outcome) => new CallAbortedError(procedure.name, outcome, signal?.reason));
      const onDeadline = (): void =>
        giveUp((outcome) => new DeadlineExceededError(procedure.name, deadlineMs ?? 0, outcome));
      const timer = deadlineMs === null ? undefined : setTimeout(onDeadline, deadlineMs);
      signal?.addEventListener('abort', onAbort, { once: true });

      const admitted = this.#queue.enter(call);
      if (admitted === 'START') this.#send(call);
      else if (admitted === 'FULL') call.reject(new QueueFullError(procedure.name, this.#limits.callsWaiting));
    });
  }

  /** Sends the call, or the first of those that wait behind it that may be sent. */
  #send(first: Pending): void {
    let call: Pending | undefined = first;
    while (call !== undefined && !isLook(call.procedure.name) && this.#handlers.mayChange?.() === false) {
      call.reject(new CallWithheldError(call.procedure.name));
      call = this.#queue.finish(call);
    }
    if (call !== undefined) this.#sendNow(call);
  }

  #sendNow(call: Pending): void {
    do this.#lastSerial = (this.#lastSerial + 1) >>> 0;
    while (this.#lastSerial === 0 || this.#inFlight.has(this.#lastSerial) || this.#streams.has(this.#lastSerial));
    call.serial = this.#lastSerial;
    setSerial(call.packet, call.serial);
    this.#inFlight.set(call.serial, call);
    this.#write(call.packet);
  }

  /** Writes of one turn of the event loop go to the kernel together. */
  #write(packet: Buffer, written?: (error?: Error | null) => void): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#transport.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#transport.uncork();
      });
    }
    this.#transport.write(packet, written);
  }

  // ---- what arrives

  #receive(chunk: Buffer): void {
    this.#keepalive.heard();
    try {
      for (const { header, body } of this.#splitter.push(chunk)) {
        if (this.#reason) return;
        this.#dispatch(header, body);
      }
    } catch (error) {
      if (!(error instanceof ProtocolViolationError)) throw error;
      this.#close({ kind: 'PROTOCOL', message: error.message, cause: error });
    }
  }

  #dispatch(header: PacketHeader, body: Buffer): void {
    const { program, version, procedure, type, serial, status } = header;
    if (version !== PROTOCOL_VERSION) throw new ProtocolViolationError(`version ${version} of program ${program}`);
    if (program === KEEPALIVE_PROGRAM) this.#keepalive.receive(procedure);
    else if (type === PacketType.REPLY) this.#reply(header, body);
    else if (type === PacketType.STREAM) {
      // Of a stream that has ended here, packets may still be on the way: they are dropped.
      if (this.#streams.get(serial)?.receive(status, body)) this.#streams.delete(serial);
    } else if (type === PacketType.MESSAGE && program === REMOTE_PROGRAM) this.#handlers.onMessage(procedure, body);
    else throw new ProtocolViolationError(`a packet of type ${type} of program ${program}`);
  }

  #reply({ program, procedure, serial, status }: PacketHeader, body: Buffer): void {
    const call = this.#inFlight.get(serial);
    if (!call || call.procedure.program !== program || call.procedure.number !== procedure) {
      throw new ProtocolViolationError(
        `a reply to no call (program ${program}, procedure ${procedure}, serial ${serial})`,
      );
    }
    if (status !== PacketStatus.OK && status !== PacketStatus.ERROR)
      throw new ProtocolViolationError(`a reply with status ${status}`);
    this.#inFlight.delete(serial);
    const next = this.#queue.finish(call);
    if (next) this.#send(next);
    call.answer(serial, status, body);
  }

  // ---- streams

  #stream(procedure: AnyProcedure, serial: number, idleMs: number | null): RpcStream {
    const channel: StreamChannel = {
      send: (status, body, sent) => {
        if (this.#reason) sent(new ConnectionClosedError(this.#reason, 'NOT_SENT'));
        else this.#write(encodeRawPacket({ ...streamHeader(procedure, serial), status }, body), sent);
      },
      lagging: (lags) => this.#setLagging(serial, lags),
      decodeError: (body) => decodeError(procedure.name, body),
    };
    const stream = new RpcStream(channel, {
      name: procedure.name,
      bufferBytes: this.#limits.streamBufferBytes,
      idleMs,
    });
    this.#streams.set(serial, stream);
    return stream;
  }

  #setLagging(serial: number, lags: boolean): void {
    if (lags) this.#lagging.add(serial);
    else if (!this.#lagging.delete(serial)) return;
    if (this.#lagging.size > 0) this.#transport.pause();
    else this.#transport.resume();
  }

  // ---- the end

  #close(reason: CloseReason): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#keepalive.stop();
    this.#transport.destroy();
    for (const call of this.#queue.drain()) call.reject(new ConnectionClosedError(reason, 'NOT_SENT'));
    for (const call of this.#inFlight.values()) call.reject(new ConnectionClosedError(reason, 'UNKNOWN'));
    for (const stream of this.#streams.values()) stream.connectionClosed(reason);
    this.#inFlight.clear();
    this.#streams.clear();
    this.#resolveClosed(reason);
  }
}

const streamHeader = ({ program, number }: AnyProcedure, serial: number) => ({
  program,
  procedure: number,
  type: PacketType.STREAM,
  serial,
});

function decodeReply<A, R>({ name, reply }: Procedure<A, R>, body: Buffer): R {
  const from = new XdrReader(body);
  try {
    const value = reply.read(from);
    from.end();
    return value;
  } catch (error) {
    if (!(error instanceof ProtocolViolationError)) throw error;
    throw new ProtocolViolationError(`${name}: ${error.message}`);
  }
}

function decodeError(procedure: string, body: Buffer): LibvirtError {
  const { code, domain, level, message } = errorBody.read(new XdrReader(body));
  return new LibvirtError(code, domain, level, message ?? `libvirt error ${code}`, procedure);
}
