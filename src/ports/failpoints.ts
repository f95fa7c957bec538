// Places in the service that a test may have it fail at: die, freeze or throw, exactly there.

export interface Failpoints {
  /**
   * Told by whoever comes to a place, as `RPC moment`, `KIND moment` or `KIND step moment`. Resolves at once, unless the
   * process was started to fail there.
   */
  reach(place: string): Promise<void>;
}

export const NO_FAILPOINTS: Failpoints = { reach: () => Promise.resolve() };
