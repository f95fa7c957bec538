// Lists in pages: in the order of their keys, each page going on after the last key of the one before, whatever changed
// meanwhile. A page's token is bound to the list and filter it came from.

import { createHash } from 'node:crypto';
import { invalidFields, type Refusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';

export interface PageRequest {
  /** 0: LIMITS.defaultPageSize. */
  readonly size: number;
  /** nextToken of the page before; empty: the first page. */
  readonly token: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Empty after the last page. */
  readonly nextToken: string;
}

export interface Listing<T> {
  /** Name of the list and its filter; equal for equal filters. */
  readonly filterKey: string;
  keyOf(item: T): string;
}

/** The page of the items that pass; a size or token that is none is a violation. */
export function pageOf<T>(items: Iterable<T>, listing: Listing<T>, request: PageRequest): Page<T> | Refusal {
  if (!Number.isSafeInteger(request.size) || request.size < 0 || request.size > LIMITS.maxPageSize) {
    const description = `${request.size} is not a whole number from 0 to ${LIMITS.maxPageSize}`;
    return invalidFields([{ field: 'page_size', description }]);
  }
  const after = request.token === '' ? '' : lastKeyOf(request.token, listing.filterKey);
  if (after === undefined) {
    return invalidFields([{ field: 'page_token', description: 'is no token of this list with this filter' }]);
  }
  const size = request.size === 0 ? LIMITS.defaultPageSize : request.size;
  const found = firstAfter(items, listing, after, size + 1);
  const page = found.slice(0, size);
  const last = page.at(-1);
  const nextToken = found.length > size && last !== undefined ? tokenOf(last.key, listing.filterKey) : '';
  return { items: page.map((entry) => entry.item), nextToken };
}

interface Keyed<T> {
  readonly key: string;
  readonly item: T;
}

/** The first `limit` items after the key, in order, without sorting all the rest. */
function firstAfter<T>(items: Iterable<T>, listing: Listing<T>, after: string, limit: number): readonly Keyed<T>[] {
  const first: Keyed<T>[] = [];
  for (const item of items) {
    const key = listing.keyOf(item);
    if (key <= after) continue;
    const last = first.at(-1);
    if (first.length === limit && last !== undefined && key > last.key) continue;
    first.splice(placeOf(first, key), 0, { key, item });
    if (first.length > limit) first.pop();
  }
  return first;
}

/** Where the key belongs in a sorted list. */
function placeOf<T>(sorted: readonly Keyed<T>[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as Keyed<T>).key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What asks for the items after the key. */
export function tokenOf(lastKey: string, filterKey: string): string {
  return Buffer.from(JSON.stringify([digest(filterKey), lastKey])).toString('base64url');
}

/** The key in a token of this list and filter; undefined if it is none. */
export function lastKeyOf(token: string, filterKey: string): string | undefined {
  const [hash, lastKey] = parsed(Buffer.from(token, 'base64url').toString());
  return hash === digest(filterKey) && typeof lastKey === 'string' ? lastKey : undefined;
}

function parsed(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function digest(filterKey: string): string {
  return createHash('sha256').update(filterKey).digest('base64url').slice(0, 16);
}

/** A key under which the newest comes first. */
export function newestFirst(at: Date, name: string): string {
  return `${String(LATEST_MS - at.getTime()).padStart(16, '0')} ${name}`;
}

/** The latest instant that a Date can be. */
const LATEST_MS = 8.64e15;
