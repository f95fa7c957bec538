// A connection to Postgres, kept: postgres.js over a socket that is dialled once. postgres.js by itself connects again
// under a transaction whose backend died, and leaves queries waiting for ever; so a client here has one life, and a
// new client takes its place when the next statement comes.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { LIMITS } from '../limits.js';
import { DeadlineError } from '../ports/clock.js';
import { InventoryError } from '../ports/inventory.js';
import type { Statement } from './commit-statement.js';
import type { DatabaseConnection, Queries, Row } from './connection.js';
import { endsSession, translated } from './sqlstate.js';

export interface ConnectionSettings {
  readonly url: string;
  /** Shown by pg_stat_activity. */
  readonly name: string;
  /** How long a statement may take: by the server's clock, and a little longer by ours. */
  readonly statementMs: number;
}

interface Client {
  readonly sql: postgres.Sql;
  readonly queries: Queries;
  /** Ends it at once, whatever it is doing. */
  destroy(): void;
}

/** How much longer than the server we wait for its own word that a statement took too long. */
const GRACE_MS = 500;

export class PostgresConnection implements DatabaseConnection {
  private client: Promise<Client> | undefined;
  private closed = false;

  constructor(private readonly settings: ConnectionSettings) {}

  run({ text, parameters }: Statement): Promise<readonly Row[]> {
    return this.use(({ sql }) => sql.unsafe(text, [...parameters], { prepare: true, simple: false } as object));
  }

  read<R>(query: (queries: Queries) => Promise<R>): Promise<R> {
    return this.use(({ queries }) => query(queries));
  }

  /** All statements of the text in one message, hence in one transaction; the rows of the last one. */
  script(text: string): Promise<readonly Row[]> {
    return this.use(async ({ sql }) => {
      const results = await sql.unsafe(text).simple();
      const last: unknown = results.at(-1);
      return (Array.isArray(last) ? last : results) as Row[];
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    const client = await this.client?.catch(() => undefined);
    await client?.sql.end({ timeout: GRACE_MS / 1_000 });
  }

  private async use<R>(work: (client: Client) => Promise<R>): Promise<R> {
    if (this.closed) throw new InventoryError('UNAVAILABLE', 'the connection is closed');
    this.client ??= this.start();
    const { client } = this;
    let ready: Client;
    try {
      ready = await client;
    } catch (error) {
      this.forget(client);
      throw translated(error, 'NOT_SENT');
    }
    try {
      return await within(this.settings.statementMs + GRACE_MS, work(ready));
    } catch (error) {
      if (endsSession(error)) {
        this.forget(client);
        ready.destroy();
      }
      throw translated(error, 'SENT');
    }
  }

  private forget(client: Promise<Client>): void {
    if (this.client === client) this.client = undefined;
  }

  private start(): Promise<Client> {
    const client = this.connect(() => this.forget(client));
    return client;
  }

  private async connect(onclose: () => void): Promise<Client> {
    const { url, name, statementMs } = this.settings;
    let socket: Socket | undefined;
    const sql = postgres(url, {
      max: 1,
      fetch_types: false,
      idle_timeout: 0,
      max_lifetime: 0,
      onnotice: () => undefined,
      onclose,
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
    return { sql, queries: drizzle(sql), destroy };
  }
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

async function within<R>(ms: number, work: Promise<R>): Promise<R> {
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
