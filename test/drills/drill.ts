// What a drill is: one fault, injected on real components, and what must be seen of it from outside of virtdc.

import type { Stage } from './stage.js';

/** What a drill cannot do without; one that is missing here skips the drill. */
export type Need = 'postgres' | 'lab' | 'faketime';

export interface Drill {
  /** D and a number. */
  readonly name: string;
  readonly title: string;
  readonly needs: readonly Need[];
  /** What is injected and what is expected, for the list. */
  readonly inject: string;
  readonly expect: string;
  /** Bugs that can be put in, by name, with what they are: each must make the drill fail. */
  readonly plants: Readonly<Record<string, string>>;
  /** Minutes of load where --minutes says nothing; absent where the drill takes as long as its steps do. */
  readonly minutes?: number;
  /** Rejects where it cannot go on; what it only found is told by stage.check(). */
  run(stage: Stage): Promise<void>;
}
