// Who calls, and whether they may: identify() is the outermost interceptor, so that all that follows knows the caller;
// authorize() ends a call that its caller may not make before anything of it is looked at.

import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { CallContext, ServerMiddlewareCall } from 'nice-grpc';
import { type Access, judge, onBehalf } from '../../access/principals.js';
import { neededFor, REPLICA } from '../../access/roles.js';
import type { Calling } from '../parts.js';
import { statusError } from '../status.js';
import { passedOnFor } from './passed-on.js';

/** Where the names of a verified certificate stand among a call's headers. Nothing that a caller writes there gets past. */
const NAMES_HEADER = 'virtdc-certificate-names-bin';

/** nice-grpc does not show certificates to its middleware, so what stands in them travels in the headers. */
export const certificateInterceptor: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start(next) {
      next({
        onReceiveMetadata(metadata, proceed) {
          metadata.remove(NAMES_HEADER);
          const { subjectaltname } = call.getAuthContext().sslPeerCertificate ?? {};
          if (subjectaltname !== undefined) metadata.set(NAMES_HEADER, Buffer.from(subjectaltname));
          proceed(metadata);
        },
      });
    },
  });

/** Goes with certificateInterceptor: without it, anybody could write that header. */
export function identifyInterceptor(access: Access) {
  return async function* identify<Request, Response>(
    call: ServerMiddlewareCall<Request, Response, Pick<Calling, 'caller'>>,
    context: CallContext,
  ) {
    const names = context.metadata.get(NAMES_HEADER);
    const shown = access.identify({
      authorization: context.metadata.getAll('authorization'),
      subjectAltName: names && Buffer.from(names).toString(),
    });
    const named = passedOnFor(context.metadata);
    const caller = named === undefined ? shown : onBehalf(access, shown, named);
    return yield* call.next(call.request, { ...context, caller });
  };
}

export async function* authorizeInterceptor<Request, Response>(
  call: ServerMiddlewareCall<Request, Response>,
  context: Calling,
) {
  const { path } = call.method;
  const { principal, role = 'none' } = context.caller;
  switch (judge(context.caller, path)) {
    case 'ALLOWED':
      return yield* call.next(call.request, context);
    case 'NO_CREDENTIALS':
      throw statusError('NO_CREDENTIALS', 'the call shows neither a token nor a certificate with a name');
    case 'BAD_TOKEN':
      throw statusError('BAD_TOKEN', 'the header authorization has no token that is valid');
    case 'NO_REPLICA':
      throw statusError('ROLE_REQUIRED', `${principal} passes on a call of somebody else's, which takes replica`, {
        metadata: { principal, role: 'none', required_role: REPLICA },
      });
    case 'ROLE_REQUIRED': {
      const needed = neededFor(path) ?? 'none';
      throw statusError('ROLE_REQUIRED', `${principal} has the role ${role}, ${path} takes ${needed}`, {
        metadata: { principal, role, required_role: needed },
      });
    }
  }
}
