// Brings a migration to rest after its job ended, or after nobody knows how it ended: looks at both hosts, acts by the table,
// and answers only when the guest is surely in one place.

import { LIMITS } from '../limits.js';
import { type HostDriver, HypervisorError } from '../ports/hypervisor.js';
import { endDomain, unlessGone } from './domain.js';
import { type Action, type Arrival, decide, type Side, sideOf } from './migration-table.js';
import { type Act, StepFailure } from './step.js';

export type Rest = 'MOVED' | 'STAYED' | 'ENDED' | 'LOST';

export interface Ends {
  readonly source: HostDriver;
  readonly dest: HostDriver;
}

/** However long the hosts need to answer: until then claims on both stay. */
export async function settle(act: Act, ends: Ends, arrival: Arrival): Promise<Rest> {
  const patience = new Patience(act);
  for (;;) {
    const [source, target] = await Promise.all([look(act, ends.source), look(act, ends.dest)]);
    const action = patience.decide(decide(source, target, arrival));
    try {
      const rest = await carryOut(act, ends, action, { source, target });
      if (rest !== undefined) return rest;
    } catch (error) {
      // Not at rest, whatever a host refused: the guest may be on either, and nothing of it is released before that is known.
      if (!(error instanceof HypervisorError)) throw error;
      act.log.warn({ action, source, target, err: error }, 'the migration is not at rest yet');
    }
    await act.clock.sleep(LIMITS.migrationPollMs, act.signal);
  }
}

/** A look that failed, for whatever reason, has shown nothing. */
export async function look(act: Act, driver: HostDriver): Promise<Side> {
  try {
    return sideOf(await driver.domain(act.guest().uuid));
  } catch (error) {
    if (error instanceof HypervisorError) return 'UNREACHABLE';
    throw error;
  }
}

/** What is done once the waiting is over. */
type Deed = Exclude<Action, 'WAIT_THEN_RESUME_SOURCE' | 'WAIT_THEN_STAY' | 'WAIT_THEN_LOSE'>;

/** What is seen once may be on its way to something else: endings and resumptions need to be seen twice, or for long. */
class Patience {
  private last: Action | undefined;
  private since = 0;
  private seen = 0;

  constructor(private readonly act: Act) {}

  decide(action: Action): Deed {
    const now = this.act.clock.monotonicMs();
    if (action !== this.last) {
      this.last = action;
      this.since = now;
      this.seen = 0;
    }
    this.seen++;
    const waitedMs = now - this.since;
    switch (action) {
      case 'WAIT_THEN_RESUME_SOURCE':
        return waitedMs >= LIMITS.migrationDoubtMs ? 'RESUME_SOURCE' : 'WAIT';
      case 'WAIT_THEN_STAY':
        return waitedMs >= LIMITS.migrationDoubtMs ? 'STAYED' : 'WAIT';
      case 'WAIT_THEN_LOSE':
        return waitedMs >= LIMITS.migrationDoubtMs ? 'LOST' : 'WAIT';
      case 'WAIT_THEN_END_SOURCE':
        return waitedMs >= LIMITS.migrationDoubtMs ? 'WAIT_THEN_END_SOURCE' : 'WAIT';
      case 'MOVED':
      case 'RESUME_TARGET':
      case 'WAIT':
        return action;
      default:
        return this.seen >= 2 ? action : 'WAIT';
    }
  }
}

async function carryOut(
  act: Act,
  { source, dest }: Ends,
  action: Deed,
  seen: { source: Side; target: Side },
): Promise<Rest | undefined> {
  const guest = act.guest();
  if (action !== 'WAIT') act.log.info({ action, ...seen }, 'migration at rest');
  switch (action) {
    case 'WAIT':
      return undefined;
    case 'RESUME_TARGET':
      await ignoreAlready(dest.resume(guest.uuid));
      return undefined;
    case 'RESUME_SOURCE':
      await endDomain(dest, guest);
      await ignoreAlready(source.resume(guest.uuid));
      return undefined;
    case 'WAIT_THEN_END_SOURCE':
      await endDomain(source, guest);
      return undefined;
    case 'SPLIT':
      // The binding in the database names the owner: the guest was not handed over yet, so it is the source's.
      act.log.error({ vmid: guest.vmid, uuid: guest.uuid }, 'split brain: the guest runs on both hosts');
      await unlessGone(dest.destroy(guest.uuid));
      return undefined;
    case 'STAYED':
      if (seen.target !== 'GONE') await endDomain(dest, guest);
      return 'STAYED';
    case 'MOVED':
      if (seen.source === 'ENDED') await endDomain(source, guest);
      return 'MOVED';
    case 'ENDED':
    case 'LOST':
      // What is left of a torn guest; its definition, where the source has one, stays.
      if (seen.source !== 'GONE' && seen.source !== 'ENDED') await unlessGone(source.destroy(guest.uuid));
      if (seen.target !== 'GONE') await endDomain(dest, guest);
      return action;
  }
}

/** It may have been resumed by libvirt meanwhile: the next look tells. */
async function ignoreAlready(call: Promise<void>): Promise<void> {
  try {
    await unlessGone(call);
  } catch (error) {
    if (!(error instanceof HypervisorError && (error.kind === 'REFUSED' || error.kind === 'CONFLICT'))) throw error;
  }
}

export function failureOfRest(rest: Exclude<Rest, 'MOVED'>, vmid: string): StepFailure {
  const sentences = {
    STAYED: 'the migration ended without a move; the guest is where it was',
    ENDED: 'the guest ended by itself during the migration',
    LOST: 'the guest is on neither host any more',
  };
  return new StepFailure(`MIGRATION_${rest}`, sentences[rest], { vmid });
}
