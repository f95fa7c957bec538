// Skipping with a reason: a test that cannot run here says why, and the reporter prints it.

import { type Context, Test } from 'mocha';

/** Skips the running test, or from a before hook its whole suite. Never returns. Reason: one phrase for a reader. */
export function skip(context: Context, reason: string): never {
  const running = context.runnable();
  const skipped = running instanceof Test ? running : running.parent;
  Object.assign(skipped ?? running, { skipReason: reason });
  return context.skip();
}
