// How the domains are told that this adapter makes for itself (peer.ts). They are nobody's guests: they hold no claim, are
// not listed, and nobody is told of their events.

export const PROBE_NAME = 'virtdc-probe-';

export function isProbe(domainName: string): boolean {
  return domainName.startsWith(PROBE_NAME);
}
