// Waits until something holds, by asking again and again until a deadline: for what no event tells of.

const DEFAULT_WITHIN_MS = 15_000;
const DEFAULT_EVERY_MS = 50;

export interface Patience {
  readonly withinMs?: number;
  readonly everyMs?: number;
  /** Errors that only mean "not yet"; any other one ends the wait. Default: none is. */
  readonly tolerate?: (error: unknown) => boolean;
}

/** Answers the first value that is neither undefined nor false; rejects, saying what was seen last, when time is up. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  patience: Patience = {},
): Promise<T> {
  const { withinMs = DEFAULT_WITHIN_MS, everyMs = DEFAULT_EVERY_MS, tolerate = () => false } = patience;
  const endsAt = performance.now() + withinMs;
  let last: unknown;
  do {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = answer;
    } catch (error) {
      if (!tolerate(error)) throw error;
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  } while (performance.now() < endsAt);
  throw new Error(`not within ${withinMs} ms: ${what} (last: ${String(last)})`);
}
