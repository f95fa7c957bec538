// The fleet that each process has in memory against the oracle's, which was built from the log alone: at the same revision
// they are the same, whoever leads and whoever follows.

import { isDeepStrictEqual } from 'node:util';
import { KEY_OF } from '../../src/fleet/change.js';
import type { FleetView } from '../../src/fleet/fleet.js';
import type { Oracle } from './oracle.js';
import type { World } from './world.js';

const KINDS = Object.keys(KEY_OF) as (keyof typeof KEY_OF)[];

/** Those that have something on top of what is committed, or are behind, are looked at another time. */
export function compareCopies(world: World, oracle: Oracle): void {
  for (const { name, authority } of world.processes) {
    const { fleet } = authority;
    if (authority.revision !== oracle.fleet.revision || fleet.revision !== oracle.fleet.revision) continue;
    const other = KINDS.find((kind) => !isDeepStrictEqual(entitiesOf(fleet, kind), entitiesOf(oracle.fleet, kind)));
    if (other !== undefined) world.violate(`at revision ${fleet.revision} ${name} has another ${other} than the log`);
    world.tally.count('copies compared');
  }
}

function entitiesOf(fleet: FleetView, kind: keyof typeof KEY_OF): unknown {
  return new Map(
    Array.from(fleet.all(kind), (entity) => [(KEY_OF[kind] as (entity: unknown) => string)(entity), entity]),
  );
}
