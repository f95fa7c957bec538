// All hosts weighed for one guest: what speaks against each, and the score of those that fit. Guests of one kind (that ask
// for the same pools, images, networks and machine type) are refused by the same hosts whatever room these have, and guests of
// one shape (of a kind, and of one size) weigh all hosts alike; so both are remembered.

import type { FleetView } from '../fleet/fleet.js';
import type { Host } from '../fleet/host.js';
import type { HostTable } from '../fleet/host-table.js';
import { LIMITS } from '../limits.js';
import { FILTERS, hostRejections, roomRejections } from './feasible.js';
import { lookUp, type Needs, type PlacementRequest } from './needs.js';
import { once, Remembered, type Work } from './remembered.js';
import { score, WEIGHTS } from './score.js';

interface Weights {
  /** By row of the table: the bits of FILTERS that speak against the host; 0: it fits. */
  readonly against: Uint16Array;
  /** By row: higher is better; of a host that does not fit, -Infinity. */
  readonly scores: Float64Array;
  /** Hosts that each row of FILTERS speaks against; a host counts under each. */
  readonly rejected: number[];
}

/** Good until the fleet changes. */
export interface Weighed extends Readonly<Weights> {
  readonly needs: Needs;
  readonly table: HostTable;
}

const masksByKind = new Remembered<Uint16Array>(LIMITS.guestShapesRemembered);
const weightsByShape = new Remembered<Weights>(LIMITS.guestShapesRemembered);

export function weigh(fleet: FleetView, request: PlacementRequest): Weighed {
  const table = fleet.hostTable();
  const needs = lookUp(fleet, request);
  return { ...weightsOf(table, needs), needs, table };
}

function weightsOf(table: HostTable, needs: Needs): Weights {
  const kind = kindOf(needs);
  const masking = new Masking(table, needs);
  if (kind === undefined) return once(table, new Weighing(table, needs, once(table, masking)));
  const masks = masksByKind.of(table, kind, masking);
  return weightsByShape.of(table, shapeOf(kind, needs), new Weighing(table, needs, masks));
}

class Masking implements Work<Uint16Array> {
  constructor(
    private readonly table: HostTable,
    private readonly needs: Needs,
  ) {}

  begin(rows: number): Uint16Array {
    return new Uint16Array(rows);
  }

  workOut(masks: Uint16Array, row: number): void {
    masks[row] = hostRejections(this.table.hosts[row] as Host, this.needs);
  }
}

class Weighing implements Work<Weights> {
  constructor(
    private readonly table: HostTable,
    private readonly needs: Needs,
    private readonly masks: Uint16Array,
  ) {}

  begin(rows: number): Weights {
    const rejected = new Array<number>(FILTERS.length).fill(0);
    return { against: new Uint16Array(rows), scores: new Float64Array(rows), rejected };
  }

  workOut({ against, scores, rejected }: Weights, row: number): void {
    const { table, needs, masks } = this;
    const mask = (masks[row] as number) | roomRejections(needs, table, row);
    count(rejected, against[row] as number, -1);
    count(rejected, mask, 1);
    against[row] = mask;
    const fits = mask === 0;
    scores[row] = fits ? score(WEIGHTS[needs.strategy], needs.required, table, row) : Number.NEGATIVE_INFINITY;
  }
}

function count(rejected: number[], mask: number, by: 1 | -1): void {
  for (let bits = mask; bits !== 0; bits &= bits - 1) {
    const row = 31 - Math.clz32(bits & -bits);
    rejected[row] = (rejected[row] as number) + by;
  }
}

/**
 * All that hostRejections() looks at besides hosts, pools and images; undefined where some of it is one guest's own, as it
 * is in a move.
 */
function kindOf({ pools, images, nics, machineType, cpu, excluded, notMachine }: Needs): string | undefined {
  const isOwn = excluded.size > 0 || notMachine !== '' || cpu.sameAs !== '' || cpu.refusedBy.size > 0;
  if (isOwn) return undefined;
  return JSON.stringify([
    machineType,
    cpu.arch,
    pools.map(({ name }) => name),
    images.map(({ pool, name, sha256 }) => [pool, name, sha256]),
    nics.map(({ kind, source }) => [kind, source]),
  ]);
}

function shapeOf(kind: string, { required, retakeKib, poolFull, strategy }: Needs): string {
  const { cpu, memoryKib, ioKib } = required;
  return `${cpu} ${memoryKib} ${ioKib} ${retakeKib} ${poolFull} ${strategy} ${kind}`;
}

/** Rows of the table of hosts; -1: none. */
export interface Choice {
  readonly winner: number;
  readonly runnerUp: number;
}

/** The best two. Rows go by name, so of equal hosts the first one stays. */
export function bestTwo(scores: Float64Array): Choice {
  let winner = -1;
  let runnerUp = -1;
  let best = Number.NEGATIVE_INFINITY;
  let second = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < scores.length; row++) {
    const reached = scores[row] as number;
    if (reached <= second) continue;
    if (reached > best) {
      runnerUp = winner;
      second = best;
      winner = row;
      best = reached;
    } else {
      runnerUp = row;
      second = reached;
    }
  }
  return { winner, runnerUp };
}
