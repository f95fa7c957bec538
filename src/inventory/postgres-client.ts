// One life of a connection to Postgres: postgres.js over a socket that is dialled once. By itself postgres.js connects
// again under a transaction whose backend died, and leaves queries waiting for ever.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import postgres from 'postgres';
import { LIMITS } from '../limits.js';
import { DeadlineError } from '../ports/clock.js';
import { InventoryError } from '../ports/inventory.js';

export interface ConnectionSettings {
  readonly url: string;
  /** Shown by pg_stat_activity. */
  readonly name: string;
  /** How long a statement may take: by the server's clock, and a little longer by ours. */
  readonly statementMs: number;
}

export interface PostgresClient {
  readonly sql: postgres.Sql;
  /** Ends it at once, whatever it is doing. */
  destroy(): void;
}

export interface ClientEvents {
  onclose(): void;
  /** A notification came, on whatever channel was listened to. */
  onnotify?(channel: string, payload: string): void;
}

export async function connectOnce(settings: ConnectionSettings, events: ClientEvents): Promise<PostgresClient> {
  const { url, name, statementMs } = settings;
  let socket: Socket | undefined;
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    idle_timeout: 0,
    max_lifetime: 0,
    onnotice: () => undefined,
    ...events,
    connection: {
      application_name: name,
      statement_timeout: statementMs,
      idle_in_transaction_session_timeout: LIMITS.databaseIdleInTransactionMs,
      tcp_user_timeout: statementMs,
    },
    socket: async (options: DialOptions) => {
      if (socket !== undefined) throw new InventoryError('UNAVAILABLE', 'this connection has ended');
      socket = await dial(options);
      return socket;
    },
  } as postgres.Options<Record<string, never>>);
  const destroy = () => {
    socket?.destroy();
    // Nothing is left to be said to the server; this only settles what postgres.js still holds.
    void sql.end({ timeout: 0 });
  };
  try {
    await within(LIMITS.databaseConnectMs, sql`select 1`);
  } catch (error) {
    destroy();
    throw error;
  }
  return { sql, destroy };
}

interface DialOptions {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path: string | false | undefined;
}

async function dial({ host, port, path }: DialOptions): Promise<Socket> {
  const hostname = host[0] ?? 'localhost';
  const socket = path ? connect(path) : connect(port[0] ?? 5432, hostname);
  // Where postgres.js looks for the name that a TLS certificate has to be for.
  Object.assign(socket, { host: hostname });
  const late = setTimeout(() => socket.destroy(new DeadlineError(LIMITS.databaseConnectMs)), LIMITS.databaseConnectMs);
  try {
    await once(socket, 'connect');
  } finally {
    clearTimeout(late);
  }
  return socket;
}

export async function within<R>(ms: number, work: Promise<R>): Promise<R> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(ms)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
