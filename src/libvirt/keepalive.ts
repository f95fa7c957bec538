// The keepalive program: pings the daemon and answers its pings. Whatever arrives is a sign of life.
import { encodeRawPacket, PacketStatus, PacketType } from './framing.js';

export const KEEPALIVE_PROGRAM = 0x6b656570;
const PING = 1;
const PONG = 2;

const packet = (procedure: number): Buffer =>
  encodeRawPacket({
    program: KEEPALIVE_PROGRAM,
    procedure,
    type: PacketType.MESSAGE,
    serial: 0,
    status: PacketStatus.OK,
  });

export interface KeepaliveOptions {
  readonly intervalMs: number;
  /** Intervals in a row that may pass without a sign of life. */
  readonly count: number;
  send(packet: Buffer): void;
  /** True while this side does not read (a stream's reader lags): silence then says nothing about the peer. */
  deaf(): boolean;
  dead(): void;
}

export class Keepalive {
  readonly #options: KeepaliveOptions;
  readonly #timer: NodeJS.Timeout;
  #heard = true;
  #silent = 0;

  constructor(options: KeepaliveOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), options.intervalMs).unref();
  }

  /** Something arrived. */
  heard(): void {
    this.#heard = true;
  }

  /** A packet of the keepalive program arrived. */
  receive(procedure: number): void {
    if (procedure === PING) this.#options.send(packet(PONG));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  // A ping goes out at every tick, also when we do not read: it keeps the daemon from taking us for dead.
  #tick(): void {
    this.#silent = this.#heard || this.#options.deaf() ? 0 : this.#silent + 1;
    this.#heard = false;
    if (this.#silent > this.#options.count) this.#options.dead();
    else this.#options.send(packet(PING));
  }
}
