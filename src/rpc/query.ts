// Reads: a query on the fleet, answered when all it saw is committed; a refusal is thrown as its status.

import type { FleetView } from '../fleet/fleet.js';
import { isRefusal, type Refusal } from '../fleet/refusal.js';
import type { RpcParts } from './parts.js';
import { refusalError } from './status.js';

export async function query<R extends object>(
  parts: RpcParts,
  ask: (fleet: FleetView) => R | Refusal,
): Promise<{ readonly value: R; readonly revision: number }> {
  const { value, revision } = await parts.authority.read(ask);
  if (isRefusal(value)) throw refusalError(value, revision);
  return { value, revision };
}
