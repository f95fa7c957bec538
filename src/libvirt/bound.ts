// Typed calls as methods that exist once, whatever number of connections there is: a fleet has thousands of them, and some
// hundred functions for each would take more memory than all their guests.
import type { Caller } from './caller.js';

/** The same methods, with what carries the calls as their first argument. */
export type Unbound<Calls> = {
  readonly [Name in keyof Calls]: Calls[Name] extends (...args: infer Args) => infer Result
    ? (caller: Caller, ...args: Args) => Result
    : never;
};

/** Answers what makes the calls of a caller out of these methods. */
export function bound<Calls extends object>(methods: Unbound<Calls>): (caller: Caller) => Calls {
  class Bound {
    readonly #caller: Caller;
    constructor(caller: Caller) {
      this.#caller = caller;
    }
    static {
      for (const [name, method] of Object.entries<(caller: Caller, ...args: unknown[]) => unknown>(methods)) {
        Object.defineProperty(Bound.prototype, name, {
          value(this: Bound, ...args: unknown[]) {
            return method(this.#caller, ...args);
          },
        });
      }
    }
  }
  return (caller) => new Bound(caller) as unknown as Calls;
}
