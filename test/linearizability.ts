// Whether a history of concurrent calls could have come from one object that does one call at a time: the algorithm of
// Wing and Gong with the memory of Lowe. A call takes effect at one instant between its invocation and its return; one
// without an answer takes effect at any later time, or never.

/** The object, one call at a time. States are never changed in place. */
export interface Model<State, Input, Output> {
  readonly initial: State;
  /**
   * What the call may lead to: the state after it, or undefined if it cannot give this output here. `output` is undefined
   * where no answer came: then what it would do if it took effect, or undefined if it would do nothing.
   */
  step(state: State, input: Input, output: Output | undefined): State | undefined;
  /** Whether a call with this output leaves every state as it is: reads, refusals. */
  changesNothing(input: Input, output: Output): boolean;
  /** Equal for equal states, and for no others. */
  key(state: State): string;
}

export interface Call<Input, Output> {
  readonly input: Input;
  /** undefined: unknown. It may have taken effect, may yet, or never will. */
  readonly output: Output | undefined;
  /** When it was invoked and when it returned, in one unit. Of unknown calls the return counts for nothing. */
  readonly invokedAt: bigint;
  readonly returnedAt: bigint;
}

export type Linearization<Input, Output> =
  | { readonly verdict: 'LINEARIZABLE'; readonly order: readonly Call<Input, Output>[] }
  /** The longest order that was found, and the calls of which one has to be next, and none can. */
  | {
      readonly verdict: 'NOT_LINEARIZABLE';
      readonly longest: readonly Call<Input, Output>[];
      readonly stuckAt: readonly Call<Input, Output>[];
    }
  /** There were too many ways to go on: nothing is known. */
  | { readonly verdict: 'UNDECIDED'; readonly looked: number };

/** Pairs of (calls done, state) that are looked at before the search is given up. */
const MOST_LOOKED_AT = 1_000_000;

export function linearize<State, Input, Output>(
  model: Model<State, Input, Output>,
  calls: readonly Call<Input, Output>[],
  mostLookedAt = MOST_LOOKED_AT,
): Linearization<Input, Output> {
  return new Search(model, calls, mostLookedAt).run();
}

interface Place<State> {
  readonly state: State;
  /** Of the calls in their order of invocation, those that have taken effect. */
  readonly done: bigint;
  /** Indexes, in order. */
  readonly order: readonly number[];
}

class Search<State, Input, Output> {
  private readonly calls: readonly Call<Input, Output>[];
  private readonly answered: bigint;
  private readonly seen = new Set<string>();
  private longest: Place<State>;

  constructor(
    private readonly model: Model<State, Input, Output>,
    calls: readonly Call<Input, Output>[],
    private readonly mostLookedAt: number,
  ) {
    this.calls = calls.toSorted((a, b) => (a.invokedAt < b.invokedAt ? -1 : a.invokedAt > b.invokedAt ? 1 : 0));
    this.answered = this.calls.reduce((all, { output }, index) => (output === undefined ? all : all | bit(index)), 0n);
    this.longest = { state: model.initial, done: 0n, order: [] };
  }

  run(): Linearization<Input, Output> {
    const open: Place<State>[] = [this.settled(this.longest)];
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      if ((place.done & this.answered) === this.answered) return { verdict: 'LINEARIZABLE', order: this.named(place) };
      const name = `${place.done.toString(36)}:${this.model.key(place.state)}`;
      if (this.seen.has(name)) continue;
      if (this.seen.size >= this.mostLookedAt) return { verdict: 'UNDECIDED', looked: this.seen.size };
      this.seen.add(name);
      if (place.order.length > this.longest.order.length) this.longest = place;
      // The one invoked first is tried first: most often that is how it was.
      open.push(...this.next(place).reverse());
    }
    const stuckAt = this.candidates(this.longest.done).map((index) => this.call(index));
    return { verdict: 'NOT_LINEARIZABLE', longest: this.named(this.longest), stuckAt };
  }

  private next(place: Place<State>): Place<State>[] {
    return this.candidates(place.done).flatMap((index) => {
      const after = this.after(place, index);
      return after === undefined ? [] : [this.settled(after)];
    });
  }

  private after({ state, done, order }: Place<State>, index: number): Place<State> | undefined {
    const { input, output } = this.call(index);
    const after = this.model.step(state, input, output);
    return after === undefined ? undefined : { state: after, done: done | bit(index), order: [...order, index] };
  }

  /**
   * With every call done that can be now and changes no state, this or another. Whatever way there is from here, there is
   * one that begins with them: they take nothing from the others but the wait for their return.
   */
  private settled(place: Place<State>): Place<State> {
    let now = place;
    for (let again = true; again; ) {
      again = false;
      for (const index of this.candidates(now.done)) {
        const { input, output } = this.call(index);
        if (output === undefined || !this.model.changesNothing(input, output)) continue;
        const after = this.after(now, index);
        if (after === undefined) continue;
        now = after;
        again = true;
      }
    }
    return now;
  }

  /** Those that may take effect next: invoked before any that is not done has returned. */
  private candidates(done: bigint): number[] {
    const found: number[] = [];
    let firstReturn: bigint | undefined;
    for (const [index, { invokedAt, returnedAt, output }] of this.calls.entries()) {
      if ((done & bit(index)) !== 0n) continue;
      if (firstReturn !== undefined && invokedAt > firstReturn) break;
      found.push(index);
      if (output !== undefined && (firstReturn === undefined || returnedAt < firstReturn)) firstReturn = returnedAt;
    }
    return found.filter((index) => firstReturn === undefined || this.call(index).invokedAt <= firstReturn);
  }

  private call(index: number): Call<Input, Output> {
    return this.calls[index] as Call<Input, Output>;
  }

  private named({ order }: Place<State>): Call<Input, Output>[] {
    return order.map((index) => this.call(index));
  }
}

function bit(index: number): bigint {
  return 1n << BigInt(index);
}

/** The room of one host in one resource, for histories that are partitioned per host. */
export type RoomInput =
  | { readonly act: 'take'; readonly amount: number }
  /** Comes with the end of an operation: it may take effect from its request on. */
  | { readonly act: 'give'; readonly amount: number };

export type RoomOutput = 'ACCEPTED' | 'NO_ROOM';

/** Nothing is taken beyond what is free, and nothing is refused that would fit. */
export function roomModel(free: number): Model<number, RoomInput, RoomOutput> {
  return {
    initial: free,
    step(state, { act, amount }, output) {
      if (act === 'give') return output === 'NO_ROOM' ? undefined : state + amount;
      const fits = amount <= state;
      if (output === 'NO_ROOM') return fits ? undefined : state;
      return fits ? state - amount : undefined;
    },
    changesNothing: (_input, output) => output === 'NO_ROOM',
    key: String,
  };
}
