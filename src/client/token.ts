// Shows the caller's bearer token with every call.

import { type ClientMiddleware, Metadata } from 'nice-grpc';

export function showToken(token: string): ClientMiddleware {
  return async function* shown(call, options) {
    const metadata = Metadata(options.metadata).set('authorization', `Bearer ${token}`);
    return yield* call.next(call.request, { ...options, metadata });
  };
}
