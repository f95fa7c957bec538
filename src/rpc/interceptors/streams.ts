// Cuts off streams whose reader takes nothing any more. What waits for such a reader cannot be ended in order: the end, too,
// would wait for it.

import { randomUUID } from 'node:crypto';
import { constants, type ServerHttp2Stream } from 'node:http2';
import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import type { CallContext } from 'nice-grpc';

/** Set by us on every stream's metadata, whatever the caller has put there. */
const KEY = 'virtdc-stream';

export class OpenStreams {
  private readonly calls = new Map<string, ServerInterceptingCallInterface>();

  readonly interceptor: ServerInterceptor = (method, call) => {
    if (!method.responseStream) return new ServerInterceptingCall(call);
    const id = randomUUID();
    this.calls.set(id, call);
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata: Metadata, next) => {
        metadata.set(KEY, id);
        next(metadata);
      })
      .withOnCancel(() => this.calls.delete(id))
      .build();
    return new ServerInterceptingCall(call, {
      start: (next) => next(listener),
      sendStatus: (status, next) => {
        this.calls.delete(id);
        next(status);
      },
    });
  };

  /** Resets the stream whose metadata these are; its caller sees RESOURCE_EXHAUSTED. */
  cut(headers: CallContext['metadata']): void {
    const call = this.calls.get(String(headers.get(KEY)));
    // Nothing that grpc-js declares ends a stream at once, but this is where it keeps it.
    const { stream } = (call ?? {}) as { stream?: ServerHttp2Stream };
    stream?.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}
