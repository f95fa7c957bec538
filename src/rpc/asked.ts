// What a call was about, as it says itself, for the logs: nothing of it was checked where the call was denied, so it is
// bounded, and what could pass for the end of a line is escaped.

import { LIMITS } from '../limits.js';

export interface Asked {
  /** Empty where the request names nothing, or several things. */
  readonly target: string;
  readonly requestId: string;
  readonly validateOnly: boolean;
}

const UNKNOWN: Asked = { target: '', requestId: '', validateOnly: false };

/** The request of a unary call; undefined for a stream of them. */
export function askedOf(request: unknown): Asked {
  if (typeof request !== 'object' || request === null) return UNKNOWN;
  const { vmid, hostname, name, operation, guests, requestId, validateOnly } = request as {
    readonly [field: string]: unknown;
  };
  const target = [vmid, hostname, name, operation].find((field) => typeof field === 'string' && field !== '');
  return {
    target: harmless(target ?? vmidsOf(guests)),
    requestId: harmless(requestId),
    validateOnly: validateOnly === true,
  };
}

/** Those of the first guests, as far as the bound reaches. */
function vmidsOf(guests: unknown): string {
  if (!Array.isArray(guests)) return '';
  let text = '';
  for (const { vmid } of guests as readonly { readonly vmid?: unknown }[]) {
    if (text.length > LIMITS.maxLoggedChars) break;
    text += text === '' ? String(vmid) : ` ${String(vmid)}`;
  }
  return text;
}

function harmless(text: unknown): string {
  if (typeof text !== 'string') return '';
  const most = LIMITS.maxLoggedChars;
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text
    .slice(0, most)
    .replace(/[^\x20-\x7e]/g, escaped)
    .slice(0, most);
}
