// A change: one entity of the fleet as it is after a decision. Decisions are lists of changes, and so are the log and the watch.

import type { BaseGuest, Template } from './base-guest.js';
import { type Claim, claimKey } from './claim.js';
import type { ClusterPolicy } from './cluster-policy.js';
import type { Guest } from './guest.js';
import type { Host } from './host.js';
import type { Operation } from './operation.js';
import { type Image, imageKey, type Pool } from './storage.js';

export interface Entities {
  host: Host;
  guest: Guest;
  claim: Claim;
  pool: Pool;
  image: Image;
  template: Template;
  baseGuest: BaseGuest;
  operation: Operation;
  policy: ClusterPolicy;
}

export type EntityKind = keyof Entities;

/** What brought a change about: EXTERNAL (somebody else's doing), OBSERVED (figures that move), an operation, or empty: a request. */
export type Cause = string;

/** Why an entity went away, told to watchers. */
export type DeleteReason = 'TERMINATED' | 'REMOVED' | 'FAILED' | 'RELEASED' | 'EXPIRED';

export type ChangeOf<K extends EntityKind> = {
  readonly kind: K;
  readonly key: string;
  /** The entity after the change (its revision field is set at commit), or undefined if it is deleted. */
  readonly after: Entities[K] | undefined;
  readonly deleteReason: DeleteReason | undefined;
  /** Where it differs from the cause of the whole decision. */
  readonly cause?: Cause;
};

export type Change = { [K in EntityKind]: ChangeOf<K> }[EntityKind];

export const KEY_OF: { readonly [K in EntityKind]: (entity: Entities[K]) => string } = {
  host: (host) => host.hostname,
  guest: (guest) => guest.vmid,
  claim: (claim) => claimKey(claim.hostname, claim.vmid),
  pool: (pool) => pool.name,
  image: (image) => imageKey(image.pool, image.hostname, image.name),
  template: (template) => template.key,
  baseGuest: (base) => base.name,
  operation: (operation) => operation.name,
  policy: () => 'cluster',
};

export function put<K extends EntityKind>(kind: K, entity: Entities[K], cause?: Cause): Change {
  const change = { kind, key: KEY_OF[kind](entity), after: entity, deleteReason: undefined };
  return (cause === undefined ? change : { ...change, cause }) as ChangeOf<K> as Change;
}

export function remove<K extends EntityKind>(kind: K, key: string, deleteReason: DeleteReason): Change {
  return { kind, key, after: undefined, deleteReason } as ChangeOf<K> as Change;
}
