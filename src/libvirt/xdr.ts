// Bytes to values and back as XDR (RFC 4506) lays them out: big-endian, everything padded to four bytes. The reader
// checks every length against what is there before it takes or allocates anything.
import { ProtocolViolationError } from './errors.js';

const padding = (length: number): number => (4 - (length % 4)) % 4;

/** Node refuses a number out of range, but would silently write 0 for NaN and cut off a fraction. */
function whole(value: number): number {
  if (!Number.isInteger(value)) throw new RangeError(`${value} is not a whole number`);
  return value;
}

/** Appends values to a buffer that grows as needed. */
export class XdrWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(initialBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(initialBytes);
  }

  /** The bytes written so far; they share memory with the writer. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  int(value: number): void {
    const at = this.#take(4);
    this.#buffer.writeInt32BE(whole(value), at);
  }
  uint(value: number): void {
    const at = this.#take(4);
    this.#buffer.writeUInt32BE(whole(value), at);
  }
  hyper(value: bigint): void {
    const at = this.#take(8);
    this.#buffer.writeBigInt64BE(value, at);
  }
  uhyper(value: bigint): void {
    const at = this.#take(8);
    this.#buffer.writeBigUInt64BE(value, at);
  }
  double(value: number): void {
    const at = this.#take(8);
    this.#buffer.writeDoubleBE(value, at);
  }
  /** Bytes without a length in front, padded. */
  opaque(value: Uint8Array): void {
    const at = this.#take(value.length + padding(value.length));
    this.#buffer.set(value, at);
    this.#buffer.fill(0, at + value.length, this.#length);
  }
  /** UTF-8 with its length in front, padded. */
  string(value: string): void {
    const length = Buffer.byteLength(value);
    this.uint(length);
    const at = this.#take(length + padding(length));
    this.#buffer.write(value, at);
    this.#buffer.fill(0, at + length, this.#length);
  }

  /** Makes room, for which it may replace the buffer. */
  #take(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    return at;
  }
}

/** Takes values off a buffer. Throws ProtocolViolationError where it does not hold what is asked for. */
export class XdrReader {
  #at = 0;

  constructor(private readonly buffer: Buffer) {}

  get remaining(): number {
    return this.buffer.length - this.#at;
  }

  int(): number {
    return this.buffer.readInt32BE(this.#take(4));
  }
  uint(): number {
    return this.buffer.readUInt32BE(this.#take(4));
  }
  hyper(): bigint {
    return this.buffer.readBigInt64BE(this.#take(8));
  }
  uhyper(): bigint {
    return this.buffer.readBigUInt64BE(this.#take(8));
  }
  double(): number {
    return this.buffer.readDoubleBE(this.#take(8));
  }
  /** `length` bytes as a copy, so that a small value does not keep a large packet alive. */
  opaque(length: number): Buffer {
    const at = this.#take(length + padding(length));
    return Buffer.from(this.buffer.subarray(at, at + length));
  }
  string(length: number): string {
    const at = this.#take(length + padding(length));
    return this.buffer.toString('utf8', at, at + length);
  }
  /** A count of items, each at least `itemBytes` long; refused when more than `most`, or more than the rest can hold. */
  count(most: number, itemBytes: number): number {
    const count = this.uint();
    if (count > most) throw new ProtocolViolationError(`a length of ${count} where at most ${most} are allowed`);
    if (count * itemBytes > this.remaining) {
      throw new ProtocolViolationError(`a length of ${count} where ${this.remaining} bytes are left`);
    }
    return count;
  }
  /** Nothing may follow. */
  end(): void {
    if (this.remaining !== 0) throw new ProtocolViolationError(`${this.remaining} bytes too many`);
  }

  #take(bytes: number): number {
    if (bytes > this.remaining) {
      throw new ProtocolViolationError(`${bytes} bytes expected where ${this.remaining} are left`);
    }
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}
