// The crash points: names for the places at which a death of the process has to be survived, and the failing itself.
// Places are reached in run.ts (all kinds of operation alike), in migrate-guest.ts (in the midst of a deed), and where an
// RPC decides (rpc/parts.ts).

import type { Logger } from 'pino';
import type { Failpoints } from '../ports/failpoints.js';

/** Every name, and where it is. */
export const CRASH_POINTS = {
  /** RegisterHost: before the host is connected to, after what it can do was read, after the commit before the reply. */
  rh1: ['RegisterHost connecting'],
  rh2: ['RegisterHost connected'],
  rh3: ['RegisterHost committed'],
  /** SubmitGuest: before the intent, after reservation and intent, before and after create, after the commit before the reply. */
  sg0: ['SubmitGuest deciding'],
  sg1: ['CREATE_GUEST accepted'],
  sg2: ['CREATE_GUEST create-domain entered'],
  sg3: ['CREATE_GUEST create-domain done'],
  sg4: ['SubmitGuest committed'],
  /** TerminateGuest: the guest is TERMINATING, before and after destroy, before and after the release of its claims. */
  dl1: ['TERMINATE_GUEST accepted'],
  dl2: ['TERMINATE_GUEST end-domain entered'],
  dl3: ['TERMINATE_GUEST end-domain done'],
  dl4: ['TERMINATE_GUEST ending'],
  dl5: ['TERMINATE_GUEST ended'],
  /** MigrateGuest: claimed on both hosts, before the call, in its midst, the source stands still, it has returned and nothing
   * is committed of it, the guest is the target's, after the end. */
  mg1: ['MIGRATE_GUEST accepted'],
  mg2: ['MIGRATE_GUEST perform entered'],
  mg3: ['MIGRATE_GUEST perform running'],
  mg4: ['MIGRATE_GUEST perform source-paused'],
  mg5: ['MIGRATE_GUEST perform done'],
  mg6: ['MIGRATE_GUEST hand-over entered'],
  mg7: ['MIGRATE_GUEST ended'],
  /** ScaleCpu and ScaleMemory: what grows is claimed, before and after the call, asked for and not seen yet. */
  sc1: ['SCALE_CPU accepted', 'SCALE_MEMORY accepted'],
  sc2: ['SCALE_CPU set-cpu entered', 'SCALE_MEMORY set-memory entered'],
  sc3: ['SCALE_CPU set-cpu done', 'SCALE_MEMORY set-memory done'],
  sc4: ['SCALE_CPU see-cpu entered', 'SCALE_MEMORY see-memory entered'],
} as const satisfies { readonly [name: string]: readonly string[] };

export type CrashPoint = keyof typeof CRASH_POINTS;

/** kill: SIGKILL to this process. freeze: SIGSTOP; it goes on once it is thawed. error: what nobody expects is thrown. */
export const CRASH_ACTIONS = ['kill', 'error', 'freeze'] as const;
export type CrashAction = (typeof CRASH_ACTIONS)[number];

export interface ArmedPoint {
  readonly name: CrashPoint;
  readonly action: CrashAction;
}

/** `name` or `name:action`, kill if none is named; undefined if it is neither. */
export function parseCrashPoint(text: string): ArmedPoint | undefined {
  const [name = '', action = 'kill', ...more] = text.split(':');
  const isAction = (CRASH_ACTIONS as readonly string[]).includes(action);
  if (!Object.hasOwn(CRASH_POINTS, name) || !isAction || more.length > 0) return undefined;
  return { name: name as CrashPoint, action: action as CrashAction };
}

/** Each fails once: where a process goes on, it is not caught again at the same place. */
export function crashPoints(armed: readonly ArmedPoint[], log: Logger): Failpoints {
  const byPlace = new Map(armed.flatMap((point) => CRASH_POINTS[point.name].map((place) => [place as string, point])));
  const hit = new Set<ArmedPoint>();
  return {
    async reach(place) {
      const point = byPlace.get(place);
      if (point === undefined || hit.has(point)) return;
      hit.add(point);
      const { name, action } = point;
      log.warn({ failpoint: name, action, place }, 'failpoint reached');
      if (action === 'error') throw new Error(`failpoint ${name}: ${place}`);
      process.kill(process.pid, action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
    },
  };
}
