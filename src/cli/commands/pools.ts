// virtdc pools: which storage pools virtdc may use, and whether their hosts see the same volumes.

import type { Command } from 'commander';
import { ListPoolsResponse } from '#gen/virtdc/v1/host_info_service.js';
import { Pool, PoolKind } from '#gen/virtdc/v1/pool.js';
import { everyOf } from '../../client/pages.js';
import type { Bind, Invocation } from '../invocation.js';
import { choice, each, given, type IfRevision, ifRevision, size, valuesOf } from '../options.js';
import { poolColumns } from '../tables/storage.js';
import { safe } from '../text.js';

interface Known {
  readonly capacity?: bigint;
  readonly exportedBy?: string;
}

export function addPools(program: Command, bind: Bind): void {
  const pools = program.command('pools').description('the storage pools');
  bind(
    pools
      .command('list', { isDefault: true })
      .description('the table of pools')
      .option('--host <name>', 'that this host has'),
    list,
  );
  bind(
    pools
      .command('register')
      .description('make a libvirt storage pool known; it is made on the hosts beforehand')
      .argument('<pool>')
      .addOption(
        choice(
          '--kind <kind>',
          'whether its hosts see the same volumes',
          'POOL_KIND',
          valuesOf(PoolKind),
        ).makeOptionMandatory(),
      )
      .option('--host <name>', 'a host that has it; may be repeated', each)
      .option('--locking', 'it is locked against two writers (SHARED only)')
      .option('--capacity <size>', 'space that may be sold (SHARED only)', size)
      .option('--exported-by <host>', 'the host that exports it to the others (SHARED only)'),
    register,
  );
  bind(
    ifRevision(
      pools
        .command('update')
        .description('change what is known of a pool')
        .argument('<pool>')
        .option('--add-host <name>', 'has it too; may be repeated', each)
        .option('--remove-host <name>', 'has it no more; may be repeated', each)
        .option('--locking', 'it is locked against two writers')
        .option('--no-locking', 'it is not')
        .option('--capacity <size>', 'space that may be sold', size)
        .option('--exported-by <host>', 'the host that exports it'),
    ),
    update,
  );
  bind(ifRevision(pools.command('remove').description('forget a pool that no guest uses').argument('<pool>')), remove);
}

async function list(it: Invocation, { host }: { host?: string }): Promise<void> {
  const filter = given({ hostname: host });
  let revision = 0n;
  const pools = await everyOf(
    async (pageToken) => {
      const page = await it.client.hosts.listPools({ filter, pageToken, pageSize: 1_000 }, it.call);
      ({ revision } = page);
      return page;
    },
    (page) => page.pools,
  );
  if (it.json) it.printJson(ListPoolsResponse.toJSON({ pools, nextPageToken: '', revision }));
  else if (pools.length > 0) it.out.table(poolColumns(it.size), pools);
  else it.err.line('no pools yet; add one with: virtdc pools register');
}

async function register(
  it: Invocation,
  options: Known & { kind: PoolKind; host?: readonly string[]; locking?: boolean },
  name: string,
): Promise<void> {
  const { kind, host = [], locking = false, capacity = 0n, exportedBy = '' } = options;
  const request = {
    name,
    kind,
    locking,
    hostnames: [...host],
    capacityKib: capacity,
    exportedBy,
    requestId: it.requestId,
  };
  show(it, (await it.client.hosts.registerPool(request, it.call)).pool);
}

async function update(
  it: Invocation,
  options: Known & IfRevision & { addHost?: readonly string[]; removeHost?: readonly string[]; locking?: boolean },
  name: string,
): Promise<void> {
  const { addHost = [], removeHost = [], locking, capacity, exportedBy, ifRevision: revision = 0n } = options;
  const request = {
    ...given({ locking, capacityKib: capacity, exportedBy }),
    name,
    addHostnames: [...addHost],
    removeHostnames: [...removeHost],
    revision,
    requestId: it.requestId,
  };
  show(it, (await it.client.hosts.updatePool(request, it.call)).pool);
}

function show(it: Invocation, pool: Pool | undefined): void {
  if (pool === undefined) return;
  if (it.json) it.printJson(Pool.toJSON(pool));
  else it.out.table(poolColumns(it.size), [pool]);
}

async function remove(it: Invocation, { ifRevision: revision = 0n }: IfRevision, name: string): Promise<void> {
  await it.client.hosts.removePool({ name, revision, requestId: it.requestId }, it.call);
  if (it.json) it.printJson({});
  else it.out.line(`${safe(name)} is forgotten; nothing was done to the hosts`);
}
