// Pools, base images and base guests, in pages.

import type { BaseGuest } from '../fleet/base-guest.js';
import type { FleetView } from '../fleet/fleet.js';
import { isRefusal, type Refusal } from '../fleet/refusal.js';
import { type Image, imageKey, type Pool, type PoolKind } from '../fleet/storage.js';
import { filterKey } from './filters.js';
import { type Page, type PageRequest, pageOf } from './page.js';

export interface PoolView {
  readonly pool: Pool;
  /** Space that guests take of it, over all its hosts. */
  readonly usedKib: number;
}

export interface PoolFilter {
  /** Empty: of all hosts. */
  readonly hostname: string;
  /** undefined: of either. */
  readonly kind: PoolKind | undefined;
}

/** By name. */
export function listPools(fleet: FleetView, filter: PoolFilter, request: PageRequest): Page<PoolView> | Refusal {
  const { hostname, kind } = filter;
  const pools = [...fleet.all('pool')].filter(
    (pool) => (hostname === '' || pool.hosts.includes(hostname)) && (kind === undefined || kind === pool.kind),
  );
  const page = pageOf(pools, { filterKey: `pools ${filterKey(filter)}`, keyOf: (pool) => pool.name }, request);
  if (isRefusal(page)) return page;
  return { ...page, items: page.items.map((pool) => ({ pool, usedKib: fleet.poolUsedKib(pool.name) })) };
}

/** What is empty is not looked at. */
export interface ImageFilter {
  readonly pool: string;
  readonly hostname: string;
  readonly name: string;
}

/** By pool, host and name. */
export function listImages(fleet: FleetView, filter: ImageFilter, request: PageRequest): Page<Image> | Refusal {
  const { pool, hostname, name } = filter;
  const images = [...fleet.all('image')].filter(
    (image) =>
      (pool === '' || pool === image.pool) &&
      (hostname === '' || hostname === image.hostname) &&
      (name === '' || name === image.name),
  );
  const keyOf = (image: Image): string => imageKey(image.pool, image.hostname, image.name);
  return pageOf(images, { filterKey: `images ${filterKey(filter)}`, keyOf }, request);
}

/** By name. */
export function listBaseGuests(fleet: FleetView, request: PageRequest): Page<BaseGuest> | Refusal {
  return pageOf(fleet.all('baseGuest'), { filterKey: 'base guests', keyOf: (base) => base.name }, request);
}
