// What switches a host off for sure, or says that it could not.

export interface FencedHost {
  readonly hostname: string;
  /** Its IP address; its name where it has none. */
  readonly address: string;
}

export interface FenceOutcome {
  /** Proven: whatever ran on the host has ended. */
  readonly isOff: boolean;
  /** What there is to know of it, for a person. */
  readonly detail: string;
}

export interface Fence {
  /** Ends within a deadline of its own. To be called again after an end that nobody has seen: off twice is off. */
  switchOff(host: FencedHost, signal: AbortSignal): Promise<FenceOutcome>;
}
