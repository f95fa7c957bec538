// The streams beneath the calls that are open, for what grpc-js has no way to do: to send bytes that were framed once for a
// thousand readers, and to cut off one that takes nothing any more, for whom an end in order would wait, too.

import { randomUUID } from 'node:crypto';
import { constants, type ServerHttp2Stream } from 'node:http2';
import {
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import type { CallContext } from 'nice-grpc';
import type { Taker } from '../../watch/watcher.js';

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

  /**
   * Takes messages that are framed already, past the rest of grpc-js; how the call ends is left to its handler. Cut, its
   * caller sees RESOURCE_EXHAUSTED.
   */
  taker(headers: CallContext['metadata']): Taker {
    const call = this.calls.get(String(headers.get(KEY)));
    // Nothing that grpc-js declares shows a call's stream, but this is where it keeps it.
    const { stream } = (call ?? {}) as { stream?: ServerHttp2Stream };
    return {
      send(answer, taken) {
        if (call === undefined || stream === undefined || !stream.writable) return;
        if (!stream.headersSent) call.sendMetadata(new Metadata());
        stream.write(answer, (error) => {
          if (!error) taken();
        });
      },
      cut: () => stream?.close(constants.NGHTTP2_ENHANCE_YOUR_CALM),
    };
  }
}
