// Many watchers that cost next to nothing beside the server they load: HTTP/2 by hand, with neither header compression nor
// messages decoded. What arrives is searched for stamps, each of which is an event, and tells when it was made.

import { connect, type Socket } from 'node:net';

/** In front of a stamp: microseconds of the clock that all processes share, in hexadecimal. */
const MARK = '~T';
const DIGITS = 14;
const STAMP_BYTES = MARK.length + DIGITS;
const FRAME_HEAD_BYTES = 9;
const STREAMS_PER_CONNECTION = 100;
const GRANT_AFTER_BYTES = 8 * 1024 * 1024;
const LARGEST_WINDOW = 2 ** 31 - 1;
const GRANTED_WINDOW = 2 ** 30;

const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const;
const FLAG = { ack: 1, endStream: 1, endHeaders: 4 } as const;

export interface Watched {
  readonly port: number;
  /** /package.Service/Method. */
  readonly path: string;
  /** The request, encoded. */
  readonly request: Uint8Array;
  /** Whether the request's stream stays open, as a method with two streams wants it. */
  readonly keepsAsking: boolean;
  /** What shows that a watch has begun. */
  readonly beginsWith: 'headers' | 'message';
}

export interface Heard {
  readonly events: number;
  /** From the first event to the last. */
  readonly tookMs: number;
  readonly lagsMs: Float64Array;
}

export function stamp(): string {
  return MARK + nowUs().toString(16).padStart(DIGITS, '0');
}

function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

export class BlindWatchers {
  /** Streams that were ended by the server. */
  ended = 0;
  private readonly connections: Connection[] = [];
  private begun = 0;
  private heard = 0;
  private firstUs = 0;
  private lastUs = 0;
  private lags = new Float64Array(0);
  private wake = (): void => {};

  /** Resolves when all have begun. */
  static async open(watched: Watched, count: number): Promise<BlindWatchers> {
    const watchers = new BlindWatchers();
    for (let left = count; left > 0; left -= STREAMS_PER_CONNECTION) {
      const streams = Math.min(left, STREAMS_PER_CONNECTION);
      watchers.connections.push(new Connection(watched, streams, watchers));
    }
    await watchers.until(() => watchers.begun >= count);
    return watchers;
  }

  /** Counts anew; resolves once so many events were heard, or nothing more for quietMs. */
  async hear(events: number, quietMs: number): Promise<Heard> {
    this.lags = new Float64Array(events);
    [this.heard, this.firstUs, this.lastUs] = [0, 0, nowUs()];
    await this.until(() => this.heard >= events || nowUs() - this.lastUs > quietMs * 1_000);
    const { heard, lags, firstUs, lastUs } = this;
    return { events: heard, tookMs: (lastUs - firstUs) / 1_000, lagsMs: lags.subarray(0, Math.min(heard, events)) };
  }

  /** From now on nothing is read. */
  stall(): void {
    for (const connection of this.connections) connection.stall();
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }

  began(): void {
    this.begun++;
    this.wake();
  }

  event(madeUs: number, atUs: number): void {
    if (this.heard < this.lags.length) this.lags[this.heard] = (atUs - madeUs) / 1_000;
    if (this.heard++ === 0) this.firstUs = atUs;
    this.lastUs = atUs;
    if (this.heard === this.lags.length) this.wake();
  }

  private async until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

interface Stream {
  begun: boolean;
  /** What may be the beginning of a stamp whose rest is in the next frame. */
  rest: Buffer;
}

const NOTHING = Buffer.alloc(0);

class Connection {
  private readonly socket: Socket;
  private readonly streams: Stream[];
  private unread = NOTHING;
  private ungranted = 0;

  constructor(
    private readonly watched: Watched,
    count: number,
    private readonly watchers: BlindWatchers,
  ) {
    this.streams = Array.from({ length: count }, () => ({ begun: false, rest: NOTHING }));
    this.socket = connect({ port: watched.port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk: Buffer) => this.read(chunk));
    this.socket.write(Buffer.concat([opening(), ...this.streams.flatMap((_, index) => call(2 * index + 1, watched))]));
  }

  stall(): void {
    this.socket.pause();
  }

  close(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    const atUs = nowUs();
    const bytes = this.unread.length === 0 ? chunk : Buffer.concat([this.unread, chunk]);
    let at = 0;
    while (bytes.length - at >= FRAME_HEAD_BYTES) {
      const length = bytes.readUIntBE(at, 3);
      const begin = at + FRAME_HEAD_BYTES;
      if (bytes.length < begin + length) break;
      const [type = 0, flags = 0] = [bytes[at + 3], bytes[at + 4]];
      this.frame(type, flags, bytes.readUInt32BE(at + 5), bytes.subarray(begin, begin + length), atUs);
      at = begin + length;
    }
    this.unread = at === bytes.length ? NOTHING : Buffer.from(bytes.subarray(at));
  }

  private frame(type: number, flags: number, id: number, payload: Buffer, atUs: number): void {
    const stream = this.streams[(id - 1) / 2];
    if (type === FRAME.settings && (flags & FLAG.ack) === 0)
      this.socket.write(frame(FRAME.settings, FLAG.ack, 0, NOTHING));
    else if (type === FRAME.ping && (flags & FLAG.ack) === 0)
      this.socket.write(frame(FRAME.ping, FLAG.ack, 0, payload));
    else if (type === FRAME.reset || type === FRAME.goAway) this.watchers.ended++;
    if (stream === undefined || (type !== FRAME.data && type !== FRAME.headers)) return;
    if ((flags & FLAG.endStream) !== 0) this.watchers.ended++;
    if (!stream.begun && (type === FRAME.data || this.watched.beginsWith === 'headers')) {
      stream.begun = true;
      this.watchers.began();
    }
    if (type === FRAME.data) this.data(stream, payload, atUs);
  }

  private data(stream: Stream, payload: Buffer, atUs: number): void {
    const text = stream.rest.length === 0 ? payload : Buffer.concat([stream.rest, payload]);
    let from = 0;
    for (;;) {
      const mark = text.indexOf(MARK, from, 'latin1');
      if (mark < 0 || mark + STAMP_BYTES > text.length) {
        from = mark < 0 ? Math.max(from, text.length - MARK.length + 1) : mark;
        break;
      }
      from = mark + STAMP_BYTES;
      this.watchers.event(Number.parseInt(text.toString('latin1', mark + MARK.length, from), 16), atUs);
    }
    stream.rest = from === text.length ? NOTHING : Buffer.from(text.subarray(from));
    this.ungranted += payload.length;
    if (this.ungranted < GRANT_AFTER_BYTES) return;
    this.socket.write(frame(FRAME.windowUpdate, 0, 0, uint32(this.ungranted)));
    this.ungranted = 0;
  }
}

function opening(): Buffer {
  const HEADER_TABLE_SIZE = 1;
  const INITIAL_WINDOW_SIZE = 4;
  const settings = Buffer.concat([
    ...[uint16(INITIAL_WINDOW_SIZE), uint32(LARGEST_WINDOW)],
    ...[uint16(HEADER_TABLE_SIZE), uint32(0)],
  ]);
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(FRAME.settings, 0, 0, settings),
    frame(FRAME.windowUpdate, 0, 0, uint32(GRANTED_WINDOW)),
  ]);
}

/** A call's headers and its request. */
function call(id: number, { path, port, request, keepsAsking }: Watched): Buffer[] {
  const METHOD_POST = Buffer.of(0x83);
  const SCHEME_HTTP = Buffer.of(0x86);
  const headers = Buffer.concat([
    ...[METHOD_POST, SCHEME_HTTP, Buffer.of(0x04), text(path), Buffer.of(0x01), text(`127.0.0.1:${port}`)],
    ...[Buffer.of(0x0f, 0x10), text('application/grpc'), Buffer.of(0x00), text('te'), text('trailers')],
  ]);
  const message = Buffer.concat([Buffer.of(0), uint32(request.length), request]);
  return [
    frame(FRAME.headers, FLAG.endHeaders, id, headers),
    frame(FRAME.data, keepsAsking ? 0 : FLAG.endStream, id, message),
  ];
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Shorter than 127 bytes, and not compressed. */
function text(value: string): Buffer {
  return Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
