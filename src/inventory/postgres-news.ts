// What the database tells of the log as it grows: LISTEN on the channel that commits notify. Nobody relies on it, so a
// connection that is lost is made again when somebody waits the next time, and a word that was lost stays so.

import { LIMITS } from '../limits.js';
import { LOG_CHANNEL } from './commit-statement.js';
import { type ConnectionSettings, connectOnce, type PostgresClient, within } from './postgres-client.js';

export class PostgresNews {
  private client: Promise<PostgresClient> | undefined;
  private readonly waiting = new Set<(revision: number) => void>();
  /** Came while nobody waited; 0: none. */
  private latest = 0;
  private unheard = 0;
  private closed = false;

  constructor(private readonly settings: ConnectionSettings) {}

  /** Resolves with a revision beyond the given one, as far as one is heard of; rejects with the signal's reason. */
  after(revision: number, signal: AbortSignal): Promise<number> {
    this.listen();
    const { latest } = this;
    this.latest = 0;
    this.unheard = 0;
    return new Promise((resolve, reject) => {
      const hear = (told: number): void => {
        if (told <= revision) return;
        this.waiting.delete(hear);
        signal.removeEventListener('abort', abort);
        resolve(told);
      };
      const abort = (): void => {
        this.waiting.delete(hear);
        reject(signal.reason as Error);
      };
      this.waiting.add(hear);
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      else hear(latest);
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.stop();
  }

  private listen(): void {
    if (this.closed || this.client !== undefined) return;
    const client: Promise<PostgresClient> = this.connect(() => this.forget(client));
    this.client = client;
    // The one who waits has a poll, too, which meets the same trouble and tells of it.
    client.catch(() => this.forget(client));
  }

  private async connect(onclose: () => void): Promise<PostgresClient> {
    const client = await connectOnce(this.settings, {
      onclose,
      onnotify: (_channel, payload) => this.notified(Number(payload)),
    });
    try {
      await within(this.settings.statementMs, client.sql`listen ${client.sql(LOG_CHANNEL)}`);
    } catch (error) {
      client.destroy();
      throw error;
    }
    return client;
  }

  private notified(revision: number): void {
    if (this.waiting.size > 0) {
      for (const hear of [...this.waiting]) hear(revision);
      return;
    }
    this.latest = Math.max(this.latest, revision);
    this.unheard += 1;
    // Whoever leads has no use for it.
    if (this.unheard >= LIMITS.unheardNews) void this.stop();
  }

  private async stop(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    this.forget(client);
    (await client.catch(() => undefined))?.destroy();
  }

  private forget(client: Promise<PostgresClient>): void {
    if (this.client === client) this.client = undefined;
  }
}
