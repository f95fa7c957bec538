// A TCP proxy on the way to a server, for faults of that way: answers that are lost, silence, connections that are cut.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  /** Of the proxy, host:port. */
  readonly address: string;
  /** From now on what the server says is thrown away. */
  swallowAnswers(): void;
  /** Nothing passes, and nothing is closed. */
  freeze(): void;
  thaw(): void;
  /** Ends every connection; new ones pass again. */
  cut(): void;
  close(): Promise<void>;
}

export interface ProxyOptions {
  /**
   * Called with each piece of what the server says before it is passed on, and with the first thing that the client said
   * on this connection; true throws it away and cuts the connection.
   */
  readonly eats?: (answer: Buffer, hello: Buffer) => boolean;
  /** Called with each piece of what the client said once it is passed on; true resets the client's connection. */
  readonly resetAfter?: (sent: Buffer) => boolean;
}

/** A way to host:port. */
export async function openProxy(to: string, { eats, resetAfter }: ProxyOptions = {}): Promise<TcpProxy> {
  const [host = '', port] = to.split(':');
  const pairs = new Set<readonly [Socket, Socket]>();
  let swallows = false;
  let frozen = false;
  const server = createServer((client) => {
    const upstream = connect(Number(port), host);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    let hello: Buffer | undefined;
    if (frozen) for (const socket of pair) socket.pause();
    client.on('data', (chunk) => {
      hello ??= chunk;
      upstream.write(chunk, () => {
        if (resetAfter?.(chunk) === true) client.resetAndDestroy();
      });
    });
    upstream.on('data', (chunk) => {
      if (eats?.(chunk, hello ?? chunk) === true) client.destroy();
      else if (!swallows) client.write(chunk);
    });
    for (const socket of pair) {
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  const cut = (): void => {
    swallows = false;
    for (const [client] of pairs) client.destroy();
  };
  const all = (act: (socket: Socket) => void): void => {
    for (const pair of pairs) pair.forEach(act);
  };
  return {
    address: `127.0.0.1:${bound.port}`,
    swallowAnswers: () => {
      swallows = true;
    },
    freeze: () => {
      frozen = true;
      all((socket) => socket.pause());
    },
    thaw: () => {
      frozen = false;
      all((socket) => socket.resume());
    },
    cut,
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The URL with the proxy's address in place of the server's. */
export function through(proxy: TcpProxy, url: string): string {
  const way = new URL(url);
  way.host = proxy.address;
  return way.href;
}

/** host:port of a database's URL. */
export function addressOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || '5432'}`;
}
