// What the watchers of one topic and filter have in common: an answer is made for the first of them that needs it, and given
// to all others that stand at the same place.

import type { Authority } from '../authority/authority.js';
import { type Answer, answerOf, type Stretch } from './answer.js';
import { InitialState } from './initial-state.js';
import type { Ring } from './ring.js';
import { initialEntries, type Topic } from './topic.js';

/** Answers kept for others: watchers that lag stand at many places, few at each. */
const KEPT = 16;

export class Audience<F> {
  watchers = 0;
  private readonly made = new Map<number, Answer>();
  private madeAsOf = -1;
  private reading: Promise<InitialState<F>> | undefined;
  private state: InitialState<F> | undefined;

  constructor(
    private readonly topic: Topic<F>,
    private readonly filter: F,
    private readonly maxAnswerBytes: number,
  ) {}

  /** What the ring tells after the cursor. */
  fromRing(ring: Ring, cursor: number): Answer {
    if (this.madeAsOf !== ring.lastRevision) {
      this.made.clear();
      this.madeAsOf = ring.lastRevision;
    }
    let answer = this.made.get(cursor);
    if (answer === undefined) {
      answer = this.from(ring.after(cursor), cursor);
      if (this.made.size < KEPT) this.made.set(cursor, answer);
    }
    return answer;
  }

  from(stretches: Iterable<Stretch>, cursor: number): Answer {
    return answerOf(this.topic, this.filter, cursor, stretches, this.maxAnswerBytes);
  }

  notice(type: 'synced' | 'progress', revision: number): Uint8Array {
    return this.topic.encodeAnswer([this.topic.encodeEvent({ type, revision })], revision, true);
  }

  /** The state as it is, one for all who ask while it is read, or before anything else is committed. To be let go again. */
  async takeState(authority: Authority, ring: Ring): Promise<InitialState<F>> {
    let { state } = this;
    if (state?.revision !== ring.lastRevision) {
      this.reading ??= this.readState(authority);
      state = await this.reading;
    }
    state.readers++;
    return state;
  }

  letGo(state: InitialState<F>): void {
    if (--state.readers === 0 && this.state === state) this.state = undefined;
  }

  private async readState(authority: Authority): Promise<InitialState<F>> {
    try {
      const { value, revision } = await authority.read((fleet) => initialEntries(this.topic, this.filter, fleet));
      this.state = new InitialState(revision, this.topic, value, this.maxAnswerBytes);
      return this.state;
    } finally {
      this.reading = undefined;
    }
  }
}
