// The database of a run: what is committed in it, and what befalls the calls of those who are connected to it.

import type { VirtualClock } from '../../src/clock/virtual.js';
import type { SeededRandom } from '../../src/hypervisor/simulated/random.js';
import { type Interference, type InventoryCall, MemoryDatabase } from '../../src/inventory/memory.js';
import { LIMITS } from '../../src/limits.js';
import { type Batch, type Inventory, InventoryError } from '../../src/ports/inventory.js';
import type { Trace } from './trace.js';

const QUICK_MS = 2;

export class Database {
  down = false;
  mostMs = QUICK_MS;
  commitsToLose = 0;
  /** Names of processes that it does not hear, nor they it. */
  readonly cutFrom = new Set<string>();
  /** Told after each batch that came in, whether or not its sender hears of it. */
  onCommit: (batch: Batch) => void = () => {};
  private readonly memory: MemoryDatabase;
  /** With nothing in between. */
  private readonly late: Inventory;

  constructor(
    private readonly clock: VirtualClock,
    private readonly random: SeededRandom,
    private readonly trace: Trace,
  ) {
    this.memory = new MemoryDatabase(clock);
    this.late = this.memory.connect();
  }

  get lease() {
    return this.memory.lease;
  }

  get lastRevision(): number {
    return this.memory.lastRevision;
  }

  get oldestRevision(): number {
    return this.memory.oldestRevision;
  }

  /** Text of the entry of that revision; undefined: not there yet, or not any more. */
  entryAt(revision: number): string | undefined {
    return this.memory.log[revision - this.oldestRevision - 1]?.text;
  }

  /** Whether what a process decides can be written down now. */
  takes(name: string): boolean {
    return !this.down && this.mostMs < 500 && !this.cutFrom.has(name);
  }

  connect(name: string): Inventory {
    const inventory = this.memory.connect((call) => this.interfere(name, call));
    const commit = async (batch: Batch): Promise<void> => {
      try {
        await inventory.commit(batch);
      } catch (error) {
        if (error instanceof InventoryError && error.kind === 'UNKNOWN_OUTCOME') this.perhapsLater(batch);
        throw error;
      } finally {
        if (this.memory.batches.has(batch.id)) this.onCommit(batch);
      }
    };
    return new Proxy(inventory, {
      get: (target, method) => (method === 'commit' ? commit : Reflect.get(target, method).bind(target)),
    });
  }

  /** What was sent and not answered may still be on its way: it comes in unless somebody has taken the lease since. */
  private perhapsLater(batch: Batch): void {
    if (this.memory.batches.has(batch.id) || this.random.next() < 0.5) return;
    this.clock.after(this.random.between(1, 4_000), () => {
      const done = (): void => {
        this.trace.note('a commit that was lost comes in late');
        this.onCommit(batch);
      };
      this.late.commit(batch).then(done, (error: unknown) => {
        if (!(error instanceof InventoryError)) throw error;
      });
    });
  }

  private interfere(name: string, call: InventoryCall): Interference {
    const delayMs = this.random.between(0.1, this.mostMs);
    if (this.cutFrom.has(name)) return this.unheard(call);
    if (this.down) return { delayMs, error: 'UNAVAILABLE' };
    if (call !== 'commit' || this.commitsToLose === 0) return { delayMs };
    this.commitsToLose--;
    return this.lost(delayMs);
  }

  /** Whoever is cut off waits until it gives up; a commit may have got through just before. */
  private unheard(call: InventoryCall): Interference {
    return call === 'commit'
      ? this.lost(LIMITS.databaseCommitMs)
      : { delayMs: LIMITS.databaseControlMs, error: 'UNAVAILABLE' };
  }

  private lost(delayMs: number): Interference {
    const done = this.random.next() < 0.5;
    this.trace.note(`the answer to a commit is lost, ${done ? 'done' : 'not done'}`);
    return { delayMs, error: 'UNKNOWN_OUTCOME', done };
  }

  mend(): void {
    this.down = false;
    this.mostMs = QUICK_MS;
    this.commitsToLose = 0;
    this.cutFrom.clear();
  }
}
