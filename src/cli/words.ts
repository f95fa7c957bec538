// Values of the API in the words of a table: enums without their prefix, times as people write them, absent as a dash.

import type { Cause } from '#gen/virtdc/v1/cause.js';
import type { CheckVerdict } from '#gen/virtdc/v1/check.js';
import type { Paint } from './paint.js';

/** `GUEST_STATE_RUNNING` with `GUEST_STATE` is `RUNNING`; what a newer server may send stays as it is. */
export function bare(value: string, prefix: string): string {
  return value.startsWith(`${prefix}_`) ? value.slice(prefix.length + 1) : value;
}

export function orDash(value: string | number | bigint | undefined): string {
  return value === undefined || value === '' ? '-' : String(value);
}

/** In local time, to the second. */
export function timeOf(date: Date | undefined): string {
  if (date === undefined) return '';
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

export function labelsOf(labels: { readonly [key: string]: string }): string {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => (value === '' ? key : `${key}=${value}`))
    .join(', ');
}

export function causeOf(cause: Cause | undefined): string {
  if (cause === undefined) return '';
  return cause.operation === '' ? bare(cause.kind, 'CAUSE_KIND').toLowerCase() : cause.operation;
}

/** Green is as it should be, red is not, yellow is neither. */
export function paintVerdict(verdict: CheckVerdict, paint: Paint): (text: string) => string {
  switch (verdict) {
    case 'CHECK_VERDICT_PASS':
      return paint.green;
    case 'CHECK_VERDICT_FAIL':
      return paint.red;
    default:
      return paint.yellow;
  }
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
