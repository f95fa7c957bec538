// Several addresses of one service as one channel: calls go to one of them until that one does not answer any more, and
// then to the next.

import type { Channel, ClientMiddleware } from 'nice-grpc';
import { VirtdcError } from './error.js';

type Call = ReturnType<Channel['createCall']>;

export class Channels implements Pick<Channel, keyof Channel> {
  private current = 0;

  /** At least one; the first is tried first. */
  constructor(private readonly channels: readonly Channel[]) {}

  createCall(...args: Parameters<Channel['createCall']>): Call {
    return this.used.createCall(...args);
  }

  getTarget(): string {
    return this.used.getTarget();
  }

  getConnectivityState(tryToConnect: boolean): ReturnType<Channel['getConnectivityState']> {
    return this.used.getConnectivityState(tryToConnect);
  }

  watchConnectivityState(...args: Parameters<Channel['watchConnectivityState']>): void {
    this.used.watchConnectivityState(...args);
  }

  getChannelzRef(): ReturnType<Channel['getChannelzRef']> {
    return this.used.getChannelzRef();
  }

  close(): void {
    for (const channel of this.channels) channel.close();
  }

  private get used(): Channel {
    return this.channels[this.current] as Channel;
  }

  /** Which address is in use, by its place. */
  get place(): number {
    return this.current;
  }

  /** Turns to the next, unless somebody has done so already. */
  leave(place: number): void {
    if (this.current === place) this.current = (place + 1) % this.channels.length;
  }
}

/** Leaves an address once a call to it found nobody, or nobody who could answer. Whoever calls again calls the next one. */
export function leaveTheAway(channels: Channels): ClientMiddleware {
  return async function* leaveTheAway(call, options) {
    const { place } = channels;
    try {
      return yield* call.next(call.request, options);
    } catch (error) {
      if (error instanceof VirtdcError && error.isTransient) channels.leave(place);
      throw error;
    }
  };
}
