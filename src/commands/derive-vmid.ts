// A vmid for a domain that somebody else named: as much of its name as a vmid may have, and told apart from all others.

import { LIMITS } from '../limits.js';

const UUID_LIKE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function deriveVmid(domainName: string, taken: (vmid: string) => boolean): string {
  const base = sanitise(domainName);
  if (!taken(base)) return base;
  for (let number = 2; ; number++) {
    const suffix = `-${number}`;
    const vmid = trimEnd(base.slice(0, LIMITS.maxVmidChars - suffix.length)) + suffix;
    if (!taken(vmid)) return vmid;
  }
}

function sanitise(domainName: string): string {
  const text = trimEnd(
    domainName
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, '-')
      .replace(/^[._-]+/, ''),
  );
  if (text === '') return 'guest';
  const prefixed = /^[a-z]/.test(text) && !UUID_LIKE.test(text) ? text : `vm-${text}`;
  return trimEnd(prefixed.slice(0, LIMITS.maxVmidChars));
}

/** A vmid ends in a letter or digit. */
function trimEnd(text: string): string {
  return text.replace(/[._-]+$/, '');
}
