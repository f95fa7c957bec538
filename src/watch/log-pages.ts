// Pages of the log for watchers that are older than the ring. They begin where all watchers' pages begin, so that a crowd
// that resumes after a restart reads and encodes each page once.

import type { Inventory } from '../ports/inventory.js';
import { InventoryError } from '../ports/inventory.js';
import { type Stretch, Told } from './answer.js';

export interface LogPageLimits {
  /** Entries of a page. */
  readonly logPage: number;
  /** Pages kept for the next who asks. */
  readonly logPagesKept: number;
}

export class LogPages {
  /** By where they begin, the one used last at the end. */
  private readonly pages = new Map<number, Promise<Stretch>>();

  constructor(
    private readonly inventory: Pick<Inventory, 'readLog'>,
    private readonly limits: LogPageLimits,
  ) {}

  /** A stretch with the entry after the revision in it; empty where there is none yet. Rejects as readLog() does. */
  async after(revision: number): Promise<Stretch> {
    const start = revision - (revision % this.limits.logPage);
    try {
      return await this.page(start);
    } catch (error) {
      // What lies before the revision may be gone while the revision itself is not.
      if (start === revision || !(error instanceof InventoryError && error.kind === 'COMPACTED')) throw error;
      return await this.read(revision, start + this.limits.logPage - revision);
    }
  }

  private page(start: number): Promise<Stretch> {
    const page = this.pages.get(start) ?? this.read(start, this.limits.logPage);
    this.pages.delete(start);
    this.pages.set(start, page);
    const [oldest] = this.pages.keys();
    if (oldest !== undefined && this.pages.size > this.limits.logPagesKept) this.pages.delete(oldest);
    // A page that is not full yet, or could not be read, is read again by whoever asks next.
    const forget = (): void => {
      if (this.pages.get(start) === page) this.pages.delete(start);
    };
    page.then(({ endsCommit }) => endsCommit && forget(), forget);
    return page;
  }

  private async read(after: number, limit: number): Promise<Stretch> {
    const entries = await this.inventory.readLog(after, limit);
    const last = entries.at(-1)?.revision ?? after;
    const told = entries.filter(({ kind }) => kind === 'guest' || kind === 'host').map((entry) => new Told(entry));
    // The log does not say where commits ended, but its end is an end of one.
    return { after, last, told, endsCommit: entries.length < limit };
  }
}
