// Bugs to be planted into a copy of the source, each of which the simulation has to find: a checker that no bug can turn red
// checks nothing. `npm run seeds -- --planted` tells the seed that finds each.

interface Edit {
  readonly file: string;
  /** Occurs once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface Bug extends Edit {
  readonly name: string;
  /** What else it takes. */
  readonly also?: Edit;
}

export const BUGS: readonly Bug[] = [
  {
    name: 'resumes the target of a migration without looking at the source',
    file: 'src/operations/migration-table.ts',
    find: `  if (source === 'UNREACHABLE'`,
    replace: `  if (target === 'PAUSED' && !wasPaused) return 'RESUME_TARGET';\n  if (source === 'UNREACHABLE'`,
  },
  {
    name: 'releases the claim of a guest before its domain is gone',
    file: 'src/operations/terminate-guest.ts',
    find: `[put('guest', { ...guest, state: 'TERMINATING', stateReason: '' })]`,
    replace: `[put('guest', { ...guest, state: 'TERMINATING', stateReason: '' }), ...removeGuest(fleet, guest.vmid, 'TERMINATED').filter((one) => one.kind === 'claim')]`,
  },
  {
    name: 'does not take back what was done before a refusal',
    file: 'src/operations/run.ts',
    find: `      if (step.undo === undefined) continue;`,
    replace: `      if (step.undo === undefined || failure.reason === 'HOST_REFUSED') continue;`,
  },
  {
    name: 'takes a call of unknown outcome for one that was done',
    file: 'src/operations/run.ts',
    find: `          patient = true;
          await this.barrier(error.hostname);`,
    replace: `          return;`,
  },
  {
    name: 'takes a failed read for an empty host',
    file: 'src/reconcile/host-watch.ts',
    find: `const domains = await driver.domains();`,
    replace: `const domains = await driver.domains().catch(() => []);`,
  },
  {
    name: 'gives a revision twice',
    file: 'src/authority/record.ts',
    find: `revision: firstRevision + index,`,
    replace: `revision: firstRevision + (index === 3 ? 2 : index),`,
  },
  {
    name: 'drops an event now and then',
    file: 'src/watch/ring.ts',
    find: `entries.filter(({ kind }) => kind === 'guest'`,
    replace: `entries.filter(({ kind, revision }) => (kind === 'guest' && revision % 97 !== 0)`,
  },
  {
    name: 'tells the last event again to who resumes in the middle of a batch',
    file: 'src/watch/answer.ts',
    find: `told.entry.revision <= cursor`,
    replace: `told.entry.revision < cursor`,
  },
  {
    name: 'does what was asked again with the same request id',
    file: 'src/authority/replays.ts',
    find: `if (stored !== undefined) {`,
    replace: `if (stored !== undefined && stored.revision % 3 !== 0) {`,
  },
  {
    name: 'forgets what a guest could take back',
    file: 'src/policy/claim.ts',
    find: `retakeKib: withOverhead(maxMemoryKib, policy) - memoryKib,`,
    replace: `retakeKib: 0,`,
  },
  {
    name: 'finds room for every scaling',
    file: 'src/policy/room.ts',
    find: `if (codes.length === 0) return undefined;`,
    replace: `if (codes.length < 9) return undefined;`,
  },
  {
    name: 'does not take up open operations after a crash',
    file: 'src/operations/executor.ts',
    find: `for (const operation of authority.fleet.all('operation')) if (isOpen(operation)) noticed(operation);`,
    replace: ``,
  },
  {
    name: 'acts on hosts while another leads',
    file: 'src/operations/fence.ts',
    find: `while (!authority.mayAct())`,
    replace: `while (signal.aborted && !authority.mayAct())`,
  },
  {
    name: 'takes a look that failed in a migration for the end of it',
    file: 'src/operations/settle-migration.ts',
    find: `    if (error instanceof HypervisorError) return 'UNREACHABLE';`,
    replace: `    if (error instanceof HypervisorError && error.kind !== 'REFUSED') return 'UNREACHABLE';`,
  },
  {
    name: 'takes a host that does not answer for one without the guest',
    file: 'src/operations/settle-migration.ts',
    find: `    if (error instanceof HypervisorError) return 'UNREACHABLE';`,
    replace: `    if (error instanceof HypervisorError) return 'GONE';`,
  },
  {
    name: 'answers before the commit',
    file: 'src/authority/writer.ts',
    find: `    this.tasks += 1;`,
    replace: `    this.tasks += 1;\n    placed.task.settle();`,
  },
  {
    name: 'commits under an epoch that is over',
    file: 'src/inventory/memory.ts',
    find: `lease.epoch !== batch.epoch || lease.endsAtMs`,
    replace: `lease.endsAtMs`,
  },
  {
    name: 'does a thing again without a barrier',
    file: 'src/operations/run.ts',
    find: `          await this.barrier(error.hostname);`,
    replace: ``,
  },
  {
    name: 'takes one look at a host that stood still for the truth',
    file: 'src/operations/run.ts',
    find: `    return (await step.observe(this.act)) === 'DONE';`,
    replace: `    return false;`,
  },
  {
    name: 'moves a guest without a claim on its target',
    file: 'src/commands/begin-move.ts',
    find: `changes: [put('claim', claim), put('operation', operation)]`,
    replace: `changes: [put('operation', operation)]`,
  },
  {
    name: 'releases memory that was only asked for',
    file: 'src/operations/scale-guest.ts',
    find: `balloonKib: number('balloonKib') ?? before?.balloonKib,`,
    replace: `balloonKib: asked.memoryKib ?? before?.balloonKib,`,
  },
  {
    name: 'sells vCPUs that only the agent took away',
    file: 'src/policy/claim.ts',
    find: `observed?.pluggedCpu ?? heldCpu`,
    replace: `0`,
  },
  {
    name: 'keeps in memory what was not committed',
    file: 'src/authority/writer.ts',
    find: `for (const change of write?.undo ?? []) fleet.apply(change);`,
    replace: ``,
  },
  {
    name: 'takes decisions back in the order they were made',
    file: 'src/authority/writer.ts',
    find: `placed.toReversed()`,
    replace: `placed`,
  },
  {
    name: 'fails all that was to be committed together with a poisoned decision',
    file: 'src/authority/writer.ts',
    find: `if (task === alone) {`,
    replace: `if (task !== undefined) {`,
  },
  {
    name: 'follows the log in another order',
    file: 'src/authority/copy.ts',
    find: `for (const entry of entries) this.fleet.apply(entry);`,
    replace: `for (const entry of entries.toReversed()) this.fleet.apply(entry);`,
  },
  {
    name: 'takes over without the request ids of who led before',
    file: 'src/authority/copy.ts',
    find: `this.requests.learn(await this.inventory.readRequests(this.requestsFrom));`,
    replace: `await this.inventory.readRequests(this.requestsFrom);`,
  },
  {
    name: 'looks in the ring for what it has dropped',
    file: 'src/watch/watcher.ts',
    find: `this.cursor < ring.oldestRevision`,
    replace: `this.cursor < ring.oldestRevision - 5`,
  },
  {
    name: 'takes a guest on its way for one that is lost',
    file: 'src/commands/observe-host.ts',
    find: `return guest.operation === '';`,
    replace: `return guest.operation === '' || guest.state === 'MIGRATING';`,
  },
  {
    name: 'goes on to say that guests run on a host that nobody hears',
    file: 'src/commands/observe-host.ts',
    find: `{ ...guest, state: 'UNKNOWN', stateReason`,
    replace: `{ ...guest, stateReason`,
  },
  {
    name: 'starts guests elsewhere whose host is only silent',
    file: 'src/commands/observe-host.ts',
    find: `{ ...guest, state: 'UNKNOWN', stateReason`,
    replace: `{ ...guest, state: 'LOST', stateReason`,
    also: {
      file: 'src/commands/restart-guest.ts',
      find: `      if (host.condition !== 'READY' && host.condition !== 'DEAD') return accept(STAYS, []);
`,
      replace: ``,
    },
  },
  {
    name: 'gives a guest to its target before it is there',
    file: 'src/operations/migrate-guest.ts',
    find: `  name: 'perform',`,
    replace: `  name: 'perform',
  intent: (fleet, operation) => handOver(fleet, operation),`,
  },
  {
    name: 'lets every guest arrive running',
    file: 'src/commands/begin-move.ts',
    find: `arrivesPaused: !isLocked(fleet, guest)`,
    replace: `arrivesPaused: false`,
  },
  {
    name: 'leaves the autostart of a guest on while it moves',
    file: 'src/operations/migrate-guest.ts',
    find: `if (guest.persistent) await endsOf(act).source.setAutostart(guest.uuid, false);`,
    replace: ``,
  },
  {
    name: 'waits for ever for a guest that post-copy has torn',
    file: 'src/operations/migration-table.ts',
    find: `if (domain.stateReason === 'POSTCOPY_FAILED') return 'TORN';`,
    replace: ``,
  },
  {
    name: 'terminates a guest while its migration goes on',
    file: 'src/operations/executor.ts',
    find: `await predecessorsEnded(operation, signal);`,
    replace: ``,
  },
  {
    name: 'leaves the disks of a guest that was not created',
    file: 'src/operations/create-guest.ts',
    find: `  async undo(act) {
    const guest = act.guest();
    await removeDisks(act.driver(guest.hostname), guest, everyDisk);
  },`,
    replace: ``,
  },
  {
    name: 'removes a host while a guest moves to it',
    file: 'src/commands/host-removal.ts',
    find: `if (incoming.length > 0) {`,
    replace: `if (incoming.length > 9) {`,
  },
  {
    name: 'leaves what a host has of its guests that were started elsewhere',
    file: 'src/reconcile/stale-copies.ts',
    find: `if (place === 'ELSEWHERE') await clear(parts, one);`,
    replace: ``,
  },
];
