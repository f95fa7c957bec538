// Bugs to be planted into a copy of the source, each of which the simulation has to find: a checker that no bug can turn red
// checks nothing. `npm run seeds -- --planted` tells the seed that finds each.

export interface Bug {
  readonly name: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly find: string;
  readonly replace: string;
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
    find: `await driver.domains()`,
    replace: `await driver.domains().catch(() => [])`,
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
];
