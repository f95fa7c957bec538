// Requests as they come off the wire, read strictly: what is no valid message (wrong bytes, or text that is not UTF-8) is
// the caller's mistake, and refused as such, where the transport would call it an internal error of the server.

import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { CallContext, ServerMiddlewareCall } from 'nice-grpc';
import { statusError } from './status.js';

/** What stands in a request's place until the interceptor meets it. */
class Malformed {
  constructor(readonly reason: string) {}
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface Decoder<Message> {
  decode(input: BinaryReader): Message;
}

export function decodeStrictly<Message>(type: Decoder<Message>): (bytes: Uint8Array) => Message {
  return (bytes) => {
    try {
      return type.decode(new BinaryReader(bytes, (text) => UTF8.decode(text)));
    } catch (error) {
      return new Malformed(error instanceof Error ? error.message : String(error)) as Message;
    }
  };
}

interface Service {
  readonly methods: { readonly [name: string]: { readonly requestType: Decoder<unknown> } };
}

/** The service with its requests decoded strictly. */
export function strict<S extends Service>(service: S): S {
  const methods = Object.entries(service.methods).map(([name, method]) => {
    const requestType = { ...method.requestType, decode: decodeStrictly(method.requestType) };
    return [name, { ...method, requestType }];
  });
  return { ...service, methods: Object.fromEntries(methods) };
}

function refuseMalformed<Message>(message: Message): Message {
  if (!(message instanceof Malformed)) return message;
  const description = `the message cannot be read: ${message.reason}`;
  throw statusError('INVALID_FIELDS', description, { violations: [{ field: '', description }] });
}

async function* eachWellFormed<Message>(messages: AsyncIterable<Message>): AsyncGenerator<Message> {
  for await (const message of messages) yield refuseMalformed(message);
}

/** Refuses what strict() could not read. */
export async function* wellFormedInterceptor<Request, Response>(
  call: ServerMiddlewareCall<Request, Response>,
  context: CallContext,
) {
  if (call.requestStream) return yield* call.next(eachWellFormed(call.request), context);
  return yield* call.next(refuseMalformed(call.request), context);
}
