// The state that a watch begins with, in answers that are made when the first of its readers comes to them.

import type { LogEntry } from '../ports/inventory.js';
import type { Topic } from './topic.js';

export class InitialState<F> {
  /** How many send it. */
  readers = 0;
  private readonly answers: Uint8Array[] = [];
  private encoded = 0;

  constructor(
    /** As of which it is. */
    readonly revision: number,
    private readonly topic: Topic<F>,
    private readonly entries: readonly LogEntry[],
    private readonly maxAnswerBytes: number,
  ) {}

  /** undefined: there are no more. In the middle of a state nobody can resume, so an answer has no revision. */
  answer(index: number): Uint8Array | undefined {
    while (index >= this.answers.length && this.encoded < this.entries.length) this.answers.push(this.next());
    return this.answers[index];
  }

  private next(): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let bytes = 0; this.encoded < this.entries.length; this.encoded++) {
      const entry = this.entries[this.encoded] as LogEntry;
      const event = this.topic.encodeEvent({ type: 'upserted', revision: entry.revision, entry });
      bytes += event.length;
      if (parts.length > 0 && bytes > this.maxAnswerBytes) break;
      parts.push(event);
    }
    return this.topic.encodeAnswer(parts, 0, false);
  }
}
