// MIGRATE_GUEST: peer-to-peer live migration. Until the owner's change is committed the guest is the source's;
// where no storage lock protects it, it arrives paused and is resumed once the source is seen gone.

import { type Change, put, remove } from '../fleet/change.js';
import { claimKey } from '../fleet/claim.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest, GuestDisk, GuestState } from '../fleet/guest.js';
import type { MigrationResult, Operation, OperationInput } from '../fleet/operation.js';
import { LIMITS } from '../limits.js';
import { type DomainEvent, HypervisorError, isActive, type MigrateOptions } from '../ports/hypervisor.js';
import { makeDisks, removeDisks } from './disks.js';
import { letGo, letGuestGo, unlessHostDead } from './guest-changes.js';
import { type Ends, failureOfRest, look, settle } from './settle-migration.js';
import { type Act, type Recipe, type Step, StepFailure } from './step.js';
import { watchMigration } from './watch-migration.js';

type MigrateInput = Extract<OperationInput, { kind: 'MIGRATE_GUEST' }>;

function inputOf(operation: Operation): MigrateInput {
  if (operation.input.kind !== 'MIGRATE_GUEST') throw new Error(`not a migration: ${operation.input.kind}`);
  return operation.input;
}

function endsOf(act: Act): Ends {
  const { sourceHost, destHost } = inputOf(act.operation());
  return { source: act.driver(sourceHost), dest: act.driver(destHost) };
}

/** Disks on pools of the host alone: they are copied. */
function isLocal(fleet: FleetView): (disk: GuestDisk) => boolean {
  return (disk) => fleet.get('pool', disk.pool)?.kind === 'LOCAL';
}

/** The seed is not copied: it is read only, and made anew on the target. */
function copiedTargets(fleet: FleetView, guest: Guest): string[] {
  const copied = guest.disks.filter((disk) => disk.role === 'DISK' && isLocal(fleet)(disk));
  return copied.map((disk) => disk.target);
}

const preflightStep: Step = {
  name: 'preflight',
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const { source, dest } = endsOf(act);
    const guest = act.guest();
    const [here, there] = await Promise.all([source.domain(guest.uuid), dest.domain(guest.uuid)]);
    if (!isActive(here)) {
      throw new StepFailure('GUEST_NOT_RUNNING', `${guest.vmid} does not run on ${source.address.hostname}`, {
        vmid: guest.vmid,
      });
    }
    if (there !== undefined) {
      throw new StepFailure('DOMAIN_EXISTS', `${dest.address.hostname} already has a domain ${guest.uuid}`, {
        hostname: dest.address.hostname,
        uuid: guest.uuid,
      });
    }
  },
};

const makeTargetDisksStep: Step = {
  name: 'make-target-disks',
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    if (!inputOf(act.operation()).copyStorage) return;
    const disks = await makeDisks(endsOf(act).dest, act.guest(), isLocal(act.fleet));
    await act.note({ targetDisks: JSON.stringify(disks) });
  },
  async undo(act) {
    if (!inputOf(act.operation()).copyStorage) return;
    // Disks under a domain that is still there are not removed, whoever started it.
    const guest = act.guest();
    const { dest } = endsOf(act);
    if ((await dest.domain(guest.uuid)) !== undefined) {
      throw new StepFailure('DOMAIN_EXISTS', `${dest.address.hostname} still has a domain ${guest.uuid}`);
    }
    await removeDisks(dest, guest, isLocal(act.fleet));
  },
};

function targetDisks(operation: Operation): GuestDisk[] | undefined {
  const { targetDisks: text } = operation.notes;
  return text === undefined ? undefined : (JSON.parse(text) as GuestDisk[]);
}

function optionsOf(act: Act): MigrateOptions {
  const input = inputOf(act.operation());
  const guest = act.guest();
  const disks = targetDisks(act.operation());
  return {
    bandwidthMibPerS: input.policy.bandwidthMibPerS,
    maxDowntimeMs: input.policy.maxDowntimeMs,
    autoConverge: input.policy.autoConverge,
    postcopy: input.policy.onTimeout === 'POSTCOPY',
    arrivePaused: input.arrivesPaused,
    copyDisks: input.copyStorage ? copiedTargets(act.fleet, guest) : [],
    persistent: guest.persistent,
    definition: disks === undefined ? undefined : act.definition(guest, disks),
  };
}

const performStep: Step = {
  name: 'perform',
  /** A job of a process that is gone goes on without it: adopt it, wait for its end, then see where the guest is. */
  async observe(act) {
    const { source, dest } = endsOf(act);
    const input = inputOf(act.operation());
    let seen = await look(act, source);
    // A host that stood still may begin what it was asked for only after it answers again: it is looked at twice.
    for (let looks = 1; seen === 'UNREACHABLE' || (seen === 'RUNNING' && looks < 2); seen = await look(act, source)) {
      looks = seen === 'UNREACHABLE' ? 1 : looks + 1;
      await act.clock.sleep(LIMITS.stepRetryMs, act.signal);
    }
    let stopped: StepFailure | undefined;
    if (seen === 'JOB') {
      act.log.info('adopted a migration that was already running');
      stopped = await watchMigration(act, source, input.policy, (progress) => progress === undefined);
    } else if (act.cancelled.aborted) stopped = new StepFailure('CANCELLED', 'cancelled on request');
    const rest = await settle(act, { source, dest }, input);
    if (rest !== 'MOVED') throw (rest === 'STAYED' && stopped) || failureOfRest(rest, act.guest().vmid);
    return 'DONE';
  },
  async do(act) {
    const { source, dest } = endsOf(act);
    const guest = act.guest();
    const input = inputOf(act.operation());
    const blackout = new Blackout(act, source.address.hostname, dest.address.hostname, guest.uuid);
    try {
      let over = false;
      const performed = source
        .migrate(guest.uuid, dest.address, optionsOf(act), act.signal)
        .then(
          () => undefined,
          (error: Error) => error,
        )
        .finally(() => {
          over = true;
        });
      const watching = watchMigration(act, source, input.policy, () => over);
      // Not only at the watch's next turn: a guest that arrives paused stands still from now on.
      await Promise.race([performed, watching, blackout.failed]);
      const failure = await performed;
      act.signal.throwIfAborted();
      if (failure instanceof HypervisorError && failure.kind === 'UNKNOWN_OUTCOME') throw failure;
      if (failure !== undefined && !(failure instanceof HypervisorError)) throw failure;
      const rest = await settle(act, { source, dest }, input);
      blackout.over();
      const stopped = await watching;
      if (rest !== 'MOVED') throw stopped ?? explained(failure, rest, guest);
      await act.note({ figures: JSON.stringify(await blackout.figures()) });
    } finally {
      blackout.stop();
    }
  },
  /** Whatever went wrong: nothing is released before the guest is surely in one place, and where that is the target, it is its. */
  async undo(act) {
    if (act.operation().step !== performStep.name) return;
    const { source, dest } = endsOf(act);
    if ((await look(act, source)) === 'JOB') await source.abortJob(act.guest().uuid);
    const rest = await settle(act, { source, dest }, inputOf(act.operation()));
    if (rest === 'MOVED') await act.note({}, handOver);
  },
};

function explained(failure: HypervisorError | undefined, rest: 'STAYED' | 'ENDED' | 'LOST', guest: Guest): StepFailure {
  if (rest !== 'STAYED' || failure === undefined) return failureOfRest(rest, guest.vmid);
  return new StepFailure('MIGRATION_FAILED', failure.message, { vmid: guest.vmid, hostname: failure.hostname });
}

/** Measures how long the guest stood still: from the source's stop to the run on the target, by this process's clock. */
class Blackout {
  private readonly startedMs: number;
  private stoppedAtMs: number | undefined;
  private resumedAtMs: number | undefined;
  private job: MigrationResult | undefined;
  private readonly following: readonly { stop(): void }[];
  /** Never resolves. */
  readonly failed: Promise<never>;
  private fail: (error: unknown) => void = () => {};

  constructor(
    private readonly act: Act,
    sourceHost: string,
    destHost: string,
    uuid: string,
  ) {
    this.startedMs = act.clock.monotonicMs();
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.following = [
      act.events(sourceHost, uuid, (event) => this.heardSource(event)),
      act.events(destHost, uuid, (event) => this.heardDest(event)),
    ];
  }

  private heardSource(event: DomainEvent): void {
    if (event.type === 'LIFECYCLE' && event.event === 'SUSPENDED') {
      this.stoppedAtMs = this.act.clock.monotonicMs();
      this.act.reach('perform source-paused').catch(this.fail);
    }
    if (event.type === 'JOB_COMPLETED') {
      const { elapsedMs, downtimeMs, bytesTotal } = event.progress;
      this.job = { totalMs: elapsedMs, blackoutMs: undefined, downtimeMs, bytesTotal };
    }
  }

  private heardDest(event: DomainEvent): void {
    if (event.type === 'LIFECYCLE' && event.event === 'RESUMED') this.resumedAtMs = this.act.clock.monotonicMs();
  }

  over(): void {
    this.resumedAtMs ??= this.act.clock.monotonicMs();
  }

  async figures(): Promise<MigrationResult> {
    const ms = (from: number | undefined, to: number | undefined): number | undefined =>
      from === undefined || to === undefined ? undefined : Math.max(0, Math.round(to - from));
    return {
      totalMs: ms(this.startedMs, this.act.clock.monotonicMs()) ?? 0,
      blackoutMs: ms(this.stoppedAtMs, this.resumedAtMs) ?? this.job?.downtimeMs,
      downtimeMs: this.job?.downtimeMs,
      bytesTotal: this.job?.bytesTotal,
    };
  }

  stop(): void {
    for (const one of this.following) one.stop();
  }
}

/** From here on the guest is the target's. */
const handOverStep: Step = {
  name: 'hand-over',
  intent: (fleet, operation) => handOver(fleet, operation),
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const { source, dest } = endsOf(act);
    const guest = act.guest();
    if (guest.persistent && guest.restartPolicy === 'WITH_HOST') {
      await insist(act, () => dest.setAutostart(guest.uuid, true));
    }
    if (inputOf(act.operation()).copyStorage) {
      await insist(act, () => removeDisks(source, guest, isLocal(act.fleet)));
    }
  },
};

/**
 * The guest has moved, and nothing takes that back: a host that does not answer is waited for, and what one refuses for
 * good is left to the audit.
 */
async function insist(act: Act, deed: () => Promise<void>): Promise<void> {
  for (let refusals = 0; refusals < LIMITS.stepRetries; ) {
    try {
      return await deed();
    } catch (error) {
      // After an unknown outcome it is done again by the executor, once the host answers.
      if (!(error instanceof HypervisorError) || error.kind === 'UNKNOWN_OUTCOME') throw error;
      if (error.kind !== 'UNREACHABLE') refusals++;
      act.log.warn({ err: error, refusals }, 'what a migration leaves behind is not cleared yet');
      await act.clock.sleep(LIMITS.stepRetryMs, act.signal);
    }
  }
  act.log.error('what a migration leaves behind is left to the audit');
}

function handOver(fleet: FleetView, operation: Operation): readonly Change[] {
  const { destHost, sourceHost } = inputOf(operation);
  const guest = fleet.get('guest', operation.target);
  const incoming = fleet.get('claim', claimKey(destHost, operation.target));
  if (guest === undefined || incoming === undefined || guest.hostname === destHost) return [];
  return [
    put('guest', { ...guest, hostname: destHost, disks: targetDisks(operation) ?? guest.disks }),
    put('claim', { ...incoming, kind: 'GUEST' }),
    remove('claim', claimKey(sourceHost, operation.target), 'RELEASED'),
  ];
}

/** Before Perform: a persistent guest must not come up on the source by itself while it is on its way. */
const autostartOffStep: Step = {
  name: 'autostart-off',
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const guest = act.guest();
    if (guest.persistent) await endsOf(act).source.setAutostart(guest.uuid, false);
  },
  async undo(act) {
    const guest = act.guest();
    if (!guest.persistent || guest.restartPolicy !== 'WITH_HOST') return;
    const { source } = endsOf(act);
    if ((await source.domain(guest.uuid)) !== undefined) await source.setAutostart(guest.uuid, true);
  },
};

export const migrateGuest: Recipe = {
  kind: 'MIGRATE_GUEST',
  steps: [preflightStep, makeTargetDisksStep, autostartOffStep, performStep, handOverStep],
  cancellableBefore: (step) => step !== handOverStep.name,
  succeeded: (fleet, operation) => {
    const state: GuestState = inputOf(operation).wasPaused ? 'PAUSED' : 'RUNNING';
    return letGuestGo(fleet, operation, state);
  },
  migration: ({ notes }) => (notes.figures === undefined ? undefined : (JSON.parse(notes.figures) as MigrationResult)),
  failed: (fleet, operation) => {
    const guest = fleet.get('guest', operation.target);
    const { destHost, wasPaused } = inputOf(operation);
    const released = remove('claim', claimKey(destHost, operation.target), 'RELEASED');
    // Once it was handed over the target is its host, and the claim there its own.
    if (guest === undefined || guest.hostname === destHost) {
      return letGuestGo(fleet, operation, wasPaused ? 'PAUSED' : 'RUNNING');
    }
    // A terminate that superseded the migration keeps the guest's state, and its claims go with it.
    if (guest.state === 'TERMINATING') return [released];
    const reason = operation.error?.reason ?? '';
    const state: GuestState =
      reason === 'MIGRATION_LOST'
        ? 'LOST'
        : reason === 'MIGRATION_ENDED'
          ? 'STOPPED'
          : wasPaused
            ? 'PAUSED'
            : 'RUNNING';
    const after = unlessHostDead(fleet, letGo(guest, operation, state, operation.error?.message));
    return [put('guest', after), released];
  },
};
