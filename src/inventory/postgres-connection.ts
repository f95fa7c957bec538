// A connection to Postgres, kept: a client has one life (see postgres-client.ts), and a new one takes its place when the
// next statement comes.

import { drizzle } from 'drizzle-orm/postgres-js';
import { InventoryError } from '../ports/inventory.js';
import type { Statement } from './commit-statement.js';
import type { DatabaseConnection, Queries, Row } from './connection.js';
import { type ConnectionSettings, connectOnce, type PostgresClient, within } from './postgres-client.js';
import { endsSession, translated } from './sqlstate.js';

interface Client extends PostgresClient {
  readonly queries: Queries;
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
    const client = await connectOnce(this.settings, { onclose });
    return { ...client, queries: drizzle(client.sql) };
  }
}
