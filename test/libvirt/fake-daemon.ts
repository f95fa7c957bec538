// A daemon in the test's own hands at the other end of a pair of streams: it shows what the client sent and answers what
// the test wants, whole, in pieces, late or wrong.

import { type Duplex, duplexPair } from 'node:stream';
import { struct } from '../../src/libvirt/codec.js';
import { type ConnectionHandlers, RpcConnection } from '../../src/libvirt/connection.js';
import { encodePacket, encodeRawPacket, type PacketHeader, PacketSplitter } from '../../src/libvirt/framing.js';
import { type ConnectionLimits, defaultConnectionLimits } from '../../src/libvirt/limits.js';
import type { Procedure } from '../../src/libvirt/procedures.js';
import { errorBody } from '../../src/libvirt/wire.js';
import { XdrReader } from '../../src/libvirt/xdr.js';

export const CALL = 0;
export const REPLY = 1;
export const MESSAGE = 2;
export const STREAM = 3;
export const OK = 0;
export const ERROR = 1;
export const CONTINUE = 2;
export const KEEPALIVE = 0x6b656570;
const MOST_BYTES = 33_554_432;
const nothing = struct({});

export interface Packet {
  readonly header: PacketHeader;
  readonly body: Buffer;
}

export class FakeDaemon {
  readonly #packets: Packet[] = [];
  readonly #keepalives: number[] = [];
  #wakers: (() => void)[] = [];

  constructor(readonly socket: Duplex) {
    const splitter = new PacketSplitter(MOST_BYTES);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const packet of splitter.push(chunk)) {
        if (packet.header.program === KEEPALIVE) this.#keepalives.push(packet.header.procedure);
        else this.#packets.push(packet);
      }
      for (const wake of this.#wakers.splice(0)) wake();
    });
  }

  /** The next packet the client sends, or has sent. Keepalive packets, which come at any time, are kept apart. */
  next(): Promise<Packet> {
    return this.#taken(this.#packets);
  }

  /** The procedure of the next keepalive packet: 1 a ping, 2 an answer. */
  nextKeepalive(): Promise<number> {
    return this.#taken(this.#keepalives);
  }

  async #taken<T>(from: T[]): Promise<T> {
    for (;;) {
      const item = from.shift();
      if (item !== undefined) return item;
      await new Promise<void>((resolve) => this.#wakers.push(resolve));
    }
  }

  /** Packets that have come and were not taken by `next`. */
  get pending(): number {
    return this.#packets.length;
  }

  args<A, R>(procedure: Procedure<A, R>, { body }: Packet): A {
    return procedure.args.read(new XdrReader(body));
  }

  reply<A, R>(procedure: Procedure<A, R>, { header }: Packet, value: R): void {
    this.socket.write(replyPacket(procedure, header.serial, value));
  }

  replyError({ header }: Packet, code: number, message: string | null = 'no'): void {
    this.socket.write(errorPacket({ ...header, type: REPLY }, code, message));
  }

  stream({ header }: Packet, status: number, body?: Uint8Array): void {
    this.socket.write(encodeRawPacket({ ...header, type: STREAM, status }, body));
  }

  streamError({ header }: Packet, code: number, message: string): void {
    this.socket.write(errorPacket({ ...header, type: STREAM }, code, message));
  }

  keepalive(procedure: number): void {
    this.socket.write(encodeRawPacket({ program: KEEPALIVE, procedure, type: MESSAGE, serial: 0, status: OK }));
  }
}

export function replyPacket<A, R>(procedure: Procedure<A, R>, serial: number, value: R): Buffer {
  const header = { program: procedure.program, procedure: procedure.number, type: REPLY, serial, status: OK };
  return encodePacket(header, procedure.reply, value, MOST_BYTES);
}

/** Any packet, also one that must not be. */
export function packet(header: Partial<PacketHeader>, body = Buffer.alloc(0)): Buffer {
  const bytes = encodePacket(
    { program: 0x20008086, procedure: 1, type: REPLY, serial: 1, status: OK, ...header },
    nothing,
    {},
    MOST_BYTES,
  );
  if (header.version !== undefined) bytes.writeUInt32BE(header.version, 8);
  bytes.writeUInt32BE(bytes.length + body.length, 0);
  return Buffer.concat([bytes, body]);
}

function errorPacket(header: PacketHeader, code: number, message: string | null): Buffer {
  const empty = { dom: null, str1: null, str2: null, str3: null, int1: 0, int2: 0, net: null };
  const value = { code, domain: 10, message, level: 2, ...empty };
  return encodePacket({ ...header, status: ERROR }, errorBody, value, MOST_BYTES);
}

export interface Pair {
  readonly connection: RpcConnection;
  readonly daemon: FakeDaemon;
}

const open: RpcConnection[] = [];

/** A connection to a fake daemon. */
export function pair(limits: Partial<ConnectionLimits> = {}, handlers: Partial<ConnectionHandlers> = {}): Pair {
  const [near, far] = duplexPair();
  const connection = new RpcConnection(
    near,
    { ...defaultConnectionLimits, ...limits },
    { onMessage: () => undefined, ...handlers },
  );
  open.push(connection);
  return { connection, daemon: new FakeDaemon(far) };
}

/** For afterEach: ends every connection made by `pair`. */
export function closePairs(): void {
  for (const connection of open.splice(0)) connection.close();
}
