// One stream of a connection as a Node Duplex: bytes of a volume or a console, both ways, with backpressure.
import { Duplex } from 'node:stream';
import { type CloseReason, ConnectionClosedError, DeadlineExceededError, ProtocolViolationError } from './errors.js';
import { PacketStatus } from './framing.js';
import { STREAM_CHUNK_BYTES } from './limits.js';

/** What a stream needs of its connection. */
export interface StreamChannel {
  /** Sends one packet of the stream; `sent` is called once the kernel has it, or it failed. */
  send(status: number, body: Uint8Array | undefined, sent: (error?: Error | null) => void): void;
  /** Says whether this stream's reader lags. */
  lagging(lags: boolean): void;
  /** What the daemon's error body says. */
  decodeError(body: Buffer): Error;
}

export interface RpcStreamOptions {
  readonly name: string;
  readonly bufferBytes: number;
  readonly idleMs: number | null;
}

type Callback = (error?: Error | null) => void;

export class RpcStream extends Duplex {
  readonly #channel: StreamChannel;
  readonly #name: string;
  readonly #idleMs: number | null;
  #idle: NodeJS.Timeout | undefined;
  /** The end of the stream, in either direction, has been sent. */
  #ending = false;
  /** The daemon has answered our end, or ended the stream by itself: nothing more travels. */
  #over = false;
  #confirmed: Callback | undefined;

  constructor(channel: StreamChannel, { name, bufferBytes, idleMs }: RpcStreamOptions) {
    // Not half-open: once the daemon's bytes have been read to the end, our side ends too, which is the handshake
    // the daemon waits for.
    super({ readableHighWaterMark: bufferBytes, writableHighWaterMark: STREAM_CHUNK_BYTES, allowHalfOpen: false });
    this.#channel = channel;
    this.#name = name;
    this.#idleMs = idleMs;
    this.#progress();
  }

  /** A packet for this stream. Answers true when it is the last one. */
  receive(status: number, body: Buffer): boolean {
    const last = status !== PacketStatus.CONTINUE;
    if (this.destroyed) return last;
    this.#progress();
    if (status === PacketStatus.CONTINUE) this.#data(body);
    else if (status === PacketStatus.OK) this.#ended();
    else if (status === PacketStatus.ERROR) this.#fail(this.#channel.decodeError(body));
    else throw new ProtocolViolationError(`a stream packet with status ${status}`);
    return last;
  }

  connectionClosed(reason: CloseReason): void {
    this.#fail(new ConnectionClosedError(reason, 'UNKNOWN'));
  }

  override _read(): void {
    this.#progress();
    this.#channel.lagging(false);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Callback): void {
    if (this.#ending || this.#over) {
      done(
        new ConnectionClosedError(
          { kind: 'PEER', message: `${this.#name}: the daemon has ended the stream` },
          'NOT_SENT',
        ),
      );
      return;
    }
    const piece = chunk.subarray(0, STREAM_CHUNK_BYTES);
    this.#channel.send(PacketStatus.CONTINUE, piece, (error) => {
      this.#progress();
      if (error || piece.length === chunk.length) done(error);
      else this._write(chunk.subarray(piece.length), _encoding, done);
    });
  }

  override _final(done: Callback): void {
    if (this.#over) {
      done();
      return;
    }
    this.#ending = true;
    this.#confirmed = done;
    this.#channel.send(PacketStatus.OK, undefined, (error) => {
      if (error) this.#fail(error);
    });
  }

  override _destroy(error: Error | null, done: Callback): void {
    clearTimeout(this.#idle);
    this.#channel.lagging(false);
    const aborting = !this.#ending && !this.#over;
    this.#over = true;
    // Not awaited: a frozen daemon must not hold up who gives the stream up.
    if (aborting) this.#channel.send(PacketStatus.ERROR, undefined, () => undefined);
    done(error);
  }

  #data(body: Buffer): void {
    if (body.length === 0) this.push(null);
    else if (!this.push(body)) {
      clearTimeout(this.#idle);
      this.#channel.lagging(true);
    }
  }

  #ended(): void {
    this.#over = true;
    this.push(null);
    const confirmed = this.#confirmed;
    this.#confirmed = undefined;
    confirmed?.();
  }

  #fail(error: Error): void {
    this.#over = true;
    this.destroy(error);
  }

  #progress(): void {
    if (this.#idleMs === null || this.#over) return;
    clearTimeout(this.#idle);
    const idleMs = this.#idleMs;
    this.#idle = setTimeout(() => this.destroy(new DeadlineExceededError(this.#name, idleMs, 'UNKNOWN')), idleMs);
  }
}
