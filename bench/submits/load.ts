// A caller that costs as little as it can beside what it calls: unary gRPC calls over one HTTP/2 connection of Node's own, their
// bodies made before, their answers counted and not read, so many of them in flight all the time.

import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';

export interface Called {
  readonly calls: number;
  readonly tookS: number;
  /** Of each call, ms. */
  readonly latencies: readonly number[];
}

const PREFIX_BYTES = 5;

/** The message as it goes over the wire. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

export class Caller {
  private constructor(private readonly session: ClientHttp2Session) {}

  static async connected(port: number): Promise<Caller> {
    const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 1 << 24 } });
    await once(session, 'connect');
    session.setLocalWindowSize(1 << 26);
    return new Caller(session);
  }

  close(): void {
    this.session.close();
  }

  /** Rejects where the call does not end with OK. */
  call(path: string, body: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const stream = this.session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      let status: unknown;
      let message: unknown;
      const seen = (headers: { readonly [name: string]: unknown }): void => {
        status ??= headers['grpc-status'];
        message ??= headers['grpc-message'];
      };
      stream.on('response', seen).on('trailers', seen).on('error', reject);
      stream.on('close', () => (status === '0' ? resolve() : reject(new Error(`${path}: ${status} ${message}`))));
      stream.resume();
      stream.end(body);
    });
  }

  /** `bodies` are made while nothing is measured; it must be long enough, or the measuring ends early. */
  async keep(path: string, inFlight: number, seconds: number, bodies: readonly Buffer[]): Promise<Called> {
    const latencies: number[] = [];
    let next = 0;
    const since = performance.now();
    const until = since + seconds * 1_000;
    const worker = async (): Promise<void> => {
      for (let body = bodies[next++]; body !== undefined && performance.now() < until; body = bodies[next++]) {
        const began = performance.now();
        await this.call(path, body);
        latencies.push(performance.now() - began);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
    return { calls: latencies.length, tookS: (performance.now() - since) / 1_000, latencies };
  }
}
