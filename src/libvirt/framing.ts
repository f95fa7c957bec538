// Packets: a length word that counts itself, a header of six words, a body. Encodes them, and splits a byte stream
// into them however it is cut up.
import type { Codec } from './codec.js';
import { ProtocolViolationError } from './errors.js';
import { XdrWriter } from './xdr.js';

export const PacketType = { CALL: 0, REPLY: 1, MESSAGE: 2, STREAM: 3 } as const;
export const PacketStatus = { OK: 0, ERROR: 1, CONTINUE: 2 } as const;
export const PROTOCOL_VERSION = 1;

export interface PacketHeader {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly type: number;
  readonly serial: number;
  readonly status: number;
}

const LENGTH_BYTES = 4;
const HEADER_BYTES = 24;
const LEAST_BYTES = LENGTH_BYTES + HEADER_BYTES;
const SERIAL_AT = LENGTH_BYTES + 16;

/** A whole packet. `most` bounds its bytes; more is a RangeError, before anything is sent. */
export function encodePacket<T>(header: Omit<PacketHeader, 'version'>, body: Codec<T>, value: T, most: number): Buffer {
  const to = new XdrWriter();
  writeHeader(to, header);
  body.write(to, value);
  return finished(to, most);
}

/** A packet whose body is raw bytes (of a stream), or nothing. Bytes of a stream are not padded. */
export function encodeRawPacket(header: Omit<PacketHeader, 'version'>, body?: Uint8Array): Buffer {
  const to = new XdrWriter(LEAST_BYTES);
  writeHeader(to, header);
  if (body === undefined) return finished(to, LEAST_BYTES);
  const packet = Buffer.concat([to.bytes(), body]);
  packet.writeUInt32BE(packet.length, 0);
  return packet;
}

/** Sets the serial of an encoded packet, which is only known when it is sent. */
export function setSerial(packet: Buffer, serial: number): void {
  packet.writeUInt32BE(serial, SERIAL_AT);
}

function writeHeader(to: XdrWriter, header: Omit<PacketHeader, 'version'>): void {
  to.uint(0);
  to.uint(header.program);
  to.uint(PROTOCOL_VERSION);
  to.int(header.procedure);
  to.int(header.type);
  to.uint(header.serial);
  to.int(header.status);
}

function finished(to: XdrWriter, most: number): Buffer {
  const packet = to.bytes();
  if (packet.length > most) throw new RangeError(`a packet of ${packet.length} bytes, at most ${most}`);
  packet.writeUInt32BE(packet.length, 0);
  return packet;
}

/** Puts packets together again. Bytes are copied only where a packet is spread over several chunks. */
export class PacketSplitter {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Length of the packet being collected, once its first word is there. */
  #wanted = LENGTH_BYTES;
  #lengthKnown = false;

  constructor(private readonly most: number) {}

  /** Takes a chunk and yields the packets it completes. Throws ProtocolViolationError on an impossible length. */
  *push(chunk: Buffer): Generator<{ header: PacketHeader; body: Buffer }> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= this.#wanted) {
      const joined = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#bytes);
      if (!this.#lengthKnown) {
        this.#chunks = [joined];
        this.#wanted = this.#checked(joined.readUInt32BE(0));
        this.#lengthKnown = true;
        continue;
      }
      const packet = joined.subarray(0, this.#wanted);
      const rest = joined.subarray(this.#wanted);
      this.#chunks = rest.length > 0 ? [rest] : [];
      this.#bytes = rest.length;
      this.#wanted = LENGTH_BYTES;
      this.#lengthKnown = false;
      yield { header: readHeader(packet), body: packet.subarray(LEAST_BYTES) };
    }
  }

  #checked(length: number): number {
    if (length < LEAST_BYTES || length > this.most) {
      throw new ProtocolViolationError(`a packet of ${length} bytes, ${LEAST_BYTES} to ${this.most} are allowed`);
    }
    return length;
  }
}

function readHeader(packet: Buffer): PacketHeader {
  return {
    program: packet.readUInt32BE(4),
    version: packet.readUInt32BE(8),
    procedure: packet.readInt32BE(12),
    type: packet.readInt32BE(16),
    serial: packet.readUInt32BE(SERIAL_AT),
    status: packet.readInt32BE(24),
  };
}
