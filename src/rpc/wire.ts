// Requests as they come off the wire, read strictly: what is no valid message (wrong bytes, or text that is not UTF-8) is
// the caller's mistake, and refused as such, where the transport would call it an internal error of the server. What is to
// be passed on keeps its bytes beside it, as a field that is not known here is known there, perhaps.

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

const BYTES = new WeakMap<object, Uint8Array>();

/** What the message was read from; undefined if that was not kept. */
export function bytesOf(message: unknown): Uint8Array | undefined {
  return typeof message === 'object' && message !== null ? BYTES.get(message) : undefined;
}

/** An answer that is encoded already. */
export class EncodedAnswer {
  constructor(readonly bytes: Uint8Array) {}
}

const never = (): boolean => false;

export function decodeStrictly<Message>(
  type: Decoder<Message>,
  keepsBytes: () => boolean = never,
): (bytes: Uint8Array) => Message {
  return (bytes) => {
    try {
      const message = type.decode(new BinaryReader(bytes, (text) => UTF8.decode(text)));
      if (keepsBytes()) BYTES.set(message as object, bytes);
      return message;
    } catch (error) {
      return new Malformed(error instanceof Error ? error.message : String(error)) as Message;
    }
  };
}

interface Encoder {
  encode(message: unknown): { finish(): Uint8Array };
  fromPartial?(message: unknown): unknown;
}

interface Service {
  readonly methods: {
    readonly [name: string]: { readonly requestType: Decoder<unknown>; readonly responseType: object };
  };
}

/** The service with its requests decoded strictly, and their bytes kept where that is wished when they come. */
export function strictly<S extends Service>(service: S, keepsBytes: () => boolean): S {
  const methods = Object.entries(service.methods).map(([name, method]) => {
    const requestType = { ...method.requestType, decode: decodeStrictly(method.requestType, keepsBytes) };
    return [name, { ...method, requestType, responseType: takingEncoded(method.responseType as Encoder) }];
  });
  return { ...service, methods: Object.fromEntries(methods) };
}

function takingEncoded(type: Encoder): Encoder {
  return {
    ...type,
    encode: (answer) => (answer instanceof EncodedAnswer ? { finish: () => answer.bytes } : type.encode(answer)),
    fromPartial: (answer) => (answer instanceof EncodedAnswer ? answer : (type.fromPartial?.(answer) ?? answer)),
  };
}

function refuseMalformed<Message>(message: Message): Message {
  if (!(message instanceof Malformed)) return message;
  const description = `the message cannot be read: ${message.reason}`;
  throw statusError('INVALID_FIELDS', description, { violations: [{ field: '', description }] });
}

async function* eachWellFormed<Message>(messages: AsyncIterable<Message>): AsyncGenerator<Message> {
  for await (const message of messages) yield refuseMalformed(message);
}

/** Refuses what strictly() could not read. */
export async function* wellFormedInterceptor<Request, Response>(
  call: ServerMiddlewareCall<Request, Response>,
  context: CallContext,
) {
  if (call.requestStream) return yield* call.next(eachWellFormed(call.request), context);
  return yield* call.next(refuseMalformed(call.request), context);
}
