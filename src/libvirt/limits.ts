// Every bound of the libvirt client, with its default. All are arguments: nothing in this directory
// reads a configuration of the program around it.

/** Bounds of one connection. */
export interface ConnectionLimits {
  /** Until a connection is usable, from dialling to CONNECT_OPEN's answer, in milliseconds. */
  readonly connectDeadlineMs: number;
  /** Of a call without a deadline of its own, in milliseconds, waiting for a free slot included. */
  readonly callDeadlineMs: number;
  /** Calls sent and not answered. A call given up stays counted until its answer comes. */
  readonly callsInFlight: number;
  /**
   * Of these, calls marked long (a migration). libvirtd stops reading from a client, keepalive pings included, while
   * `max_client_requests` of its calls run, by default 5: this must stay well below, or the connection is lost.
   */
  readonly longCallsInFlight: number;
  /** Calls waiting for a slot; one more is refused with QueueFullError. */
  readonly callsWaiting: number;
  /** Largest packet accepted or sent, in bytes, the length word included. */
  readonly packetBytes: number;
  /** Between two keepalive pings, in milliseconds. */
  readonly keepaliveIntervalMs: number;
  /** Pings in a row without any sign of life before the connection is closed. */
  readonly keepaliveCount: number;
  /** Bytes of a stream kept for a slow reader before the connection stops reading. */
  readonly streamBufferBytes: number;
  /** How long a transfer (upload, download) may make no progress, in milliseconds. */
  readonly streamIdleMs: number;
}

export const defaultConnectionLimits: ConnectionLimits = {
  connectDeadlineMs: 10_000,
  callDeadlineMs: 10_000,
  callsInFlight: 64,
  longCallsInFlight: 3,
  callsWaiting: 1024,
  packetBytes: 33_554_432,
  keepaliveIntervalMs: 5_000,
  keepaliveCount: 3,
  streamBufferBytes: 1_048_576,
  streamIdleMs: 30_000,
};

/** Bounds of a supervised connection: the wait before the n-th attempt doubles from least to most, less a random half. */
export interface ReconnectLimits {
  readonly leastDelayMs: number;
  readonly mostDelayMs: number;
}

export const defaultReconnectLimits: ReconnectLimits = { leastDelayMs: 250, mostDelayMs: 10_000 };

/** Bytes of a stream in one packet: what every libvirt release takes. */
export const STREAM_CHUNK_BYTES = 262_120;
