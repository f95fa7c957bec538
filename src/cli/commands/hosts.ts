// virtdc hosts: the hosts, what they are and what is left of them.

import type { Command } from 'commander';
import { Host, HostAdminState } from '#gen/virtdc/v1/host.js';
import { GetHostResponse, ImportNodeInfoResponse, ListHostsResponse } from '#gen/virtdc/v1/host_info_service.js';
import { HostEvent } from '#gen/virtdc/v1/watch.js';
import { followHosts } from '../../client/follow.js';
import { everyOf } from '../../client/pages.js';
import { finish, took } from '../finish.js';
import type { Bind, Invocation } from '../invocation.js';
import { readInput } from '../invocation.js';
import { nodeInfoLines } from '../node-info.js';
import {
  type DryRun,
  dryRun,
  each,
  given,
  type IfRevision,
  ifRevision,
  label,
  type Portions,
  portions,
  ratiosOf,
  reserveOf,
  revisionNumber,
  size,
  whole,
} from '../options.js';
import { fieldLines } from '../table.js';
import { hostColumns, hostFields } from '../tables/hosts.js';
import { safe } from '../text.js';
import { printEvents } from '../watching.js';
import { plural } from '../words.js';
import { checkHosts } from './host-checks.js';

interface Declared extends Portions {
  readonly ip?: string;
  readonly uri?: string;
  readonly migrationUri?: string;
  readonly cpu?: number;
  readonly memory?: bigint;
  readonly io?: bigint;
  readonly zone?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly removeLabel?: readonly string[];
}

function declared(command: Command): Command {
  return portions(
    command
      .option('--ip <address>', 'IP address')
      .option('--uri <uri>', 'how virtdc reaches its libvirt: qemu+tls://..., qemu+ssh://..., qemu+unix:///...')
      .option('--migration-uri <uri>', 'what other hosts dial for a migration to it')
      .option('--cpu <n>', 'declared CPUs', whole)
      .option('--memory <size>', 'declared memory', size)
      .option('--io <size>', 'declared disk space for guests', size)
      .option('--zone <name>', 'where it stands')
      .option('--label <key=value>', 'label; may be repeated', label),
  );
}

function declaredOf(options: Declared) {
  const { ip, uri, migrationUri, cpu, memory, io, zone } = options;
  return given({
    ipAddress: ip,
    uri,
    migrationUri,
    maxCpu: cpu,
    maxMemoryKib: memory,
    maxIoKib: io,
    zone,
    ratios: ratiosOf(options),
    reserve: reserveOf(options),
  });
}

export function addHosts(program: Command, bind: Bind): void {
  const hosts = program.command('hosts').description('the hosts, and what is left of them');
  bind(
    hosts
      .command('list', { isDefault: true })
      .description('the table of hosts')
      .option('--zone <name>', 'in this zone')
      .option('--label <key=value>', 'with this label', label),
    list,
  );
  bind(hosts.command('show').description('everything about one host').argument('<host>'), show);
  bind(
    declaredAnd(dryRun, hosts.command('register').description('add a host: connects to it first').argument('<host>')),
    register,
  );
  bind(
    dryRun(
      hosts
        .command('import')
        .description('bring the hosts in line with a nodeinfo.xml, and say what differed')
        .argument('<file>', 'a file, or - for the input'),
    ).option('--prune', 'remove hosts that the file does not name'),
    importFile,
  );
  bind(
    declaredAnd(
      (command) => dryRun(ifRevision(command)),
      hosts.command('update').description('change what is declared of a host').argument('<host>'),
    ).option('--remove-label <key>', 'label to remove; may be repeated', each),
    update,
  );
  bind(ifRevision(hosts.command('cordon').description('keep new guests away from a host').argument('<host>')), cordon);
  bind(ifRevision(hosts.command('uncordon').description('let a host take guests again').argument('<host>')), uncordon);
  bind(
    dryRun(ifRevision(hosts.command('remove').description('forget a host that has no guests').argument('<host>'))),
    remove,
  );
  bind(
    dryRun(
      ifRevision(
        hosts
          .command('confirm-dead')
          .description('state that a host is off: its guests may be started elsewhere')
          .argument('<host>'),
      ),
    ),
    confirmDead,
  );
  bind(
    hosts
      .command('check')
      .description('look at hosts from here and from each other; exit code 22 if a check fails')
      .argument('[host...]'),
    checkHosts,
  );
  bind(
    hosts
      .command('watch')
      .description('the hosts as they change, until ^C')
      .argument('[host...]')
      .option('--from <revision>', 'every change after this revision, instead of all hosts first', revisionNumber),
    watch,
  );
}

function declaredAnd(more: (command: Command) => Command, command: Command): Command {
  return more(declared(command));
}

/** All of them, as of the last page. */
export async function listHosts({ client, call }: Invocation, filter: object = {}): Promise<ListHostsResponse> {
  let revision = 0n;
  const hosts = await everyOf(
    async (pageToken) => {
      const page = await client.hosts.listHosts({ filter, pageToken, pageSize: 1_000 }, call);
      ({ revision } = page);
      return page;
    },
    (page) => page.hosts,
  );
  return { hosts, nextPageToken: '', revision };
}

async function list(it: Invocation, options: { zone?: string; label?: Record<string, string> }): Promise<void> {
  const answer = await listHosts(it, given({ zone: options.zone, labels: options.label }));
  if (it.json) it.printJson(ListHostsResponse.toJSON(answer));
  else if (answer.hosts.length > 0) it.out.table(hostColumns(it.size), answer.hosts);
  else it.err.line('no hosts yet; add some with: virtdc hosts import nodeinfo.xml');
}

async function show(it: Invocation, _options: unknown, hostname: string): Promise<void> {
  const answer = await it.client.hosts.getHost({ hostname }, it.call);
  printHost(it, answer.host, GetHostResponse.toJSON(answer));
}

function printHost(it: Invocation, host: Host | undefined, json: unknown): void {
  if (it.json) it.printJson(json);
  else if (host !== undefined) it.out.lines(fieldLines(hostFields(host, it.size), it.out.paint));
}

async function register(it: Invocation, options: Declared & DryRun, hostname: string): Promise<void> {
  const request = {
    ...declaredOf(options),
    ...given({ labels: options.label }),
    hostname,
    validateOnly: options.dryRun === true,
    requestId: it.requestId,
  };
  tableOf(it, (await it.client.hosts.registerHost(request, it.call)).host);
}

async function update(it: Invocation, options: Declared & DryRun & IfRevision, hostname: string): Promise<void> {
  const request = {
    ...declaredOf(options),
    ...given({ setLabels: options.label, removeLabels: options.removeLabel && [...options.removeLabel] }),
    hostname,
    revision: options.ifRevision ?? 0n,
    validateOnly: options.dryRun === true,
    requestId: it.requestId,
  };
  tableOf(it, (await it.client.hosts.updateHost(request, it.call)).host);
}

function tableOf(it: Invocation, host: Host | undefined): void {
  if (host === undefined) return;
  if (it.json) it.printJson(Host.toJSON(host));
  else it.out.table(hostColumns(it.size), [host]);
}

async function cordon(it: Invocation, { ifRevision: revision = 0n }: IfRevision, hostname: string): Promise<void> {
  const { host } = await it.client.hosts.cordonHost({ hostname, revision, requestId: it.requestId }, it.call);
  tellAdminState(it, host, 'takes no new guests');
}

async function uncordon(it: Invocation, { ifRevision: revision = 0n }: IfRevision, hostname: string): Promise<void> {
  const { host } = await it.client.hosts.uncordonHost({ hostname, revision, requestId: it.requestId }, it.call);
  tellAdminState(it, host, 'takes guests again');
}

function tellAdminState(it: Invocation, host: Host | undefined, sentence: string): void {
  if (host === undefined) return;
  if (it.json) {
    it.printJson(Host.toJSON(host));
    return;
  }
  const stay =
    host.adminState === HostAdminState.CORDONED && host.guests > 0 ? `; ${plural(host.guests, 'guest')} stay` : '';
  it.out.line(`${safe(host.hostname)} ${sentence}${stay}`);
}

async function remove(it: Invocation, options: DryRun & IfRevision, hostname: string): Promise<void> {
  const validateOnly = options.dryRun === true;
  const request = { hostname, revision: options.ifRevision ?? 0n, validateOnly, requestId: it.requestId };
  await it.client.hosts.removeHost(request, it.call);
  if (it.json) it.printJson({});
  else it.out.line(validateOnly ? `${safe(hostname)} could be removed` : `${safe(hostname)} is forgotten`);
}

async function confirmDead(it: Invocation, options: DryRun & IfRevision, hostname: string): Promise<void> {
  const validateOnly = options.dryRun === true;
  const request = { hostname, revision: options.ifRevision ?? 0n, validateOnly, requestId: it.requestId };
  const { host, operation } = await it.client.hosts.confirmHostDead(request, it.call);
  if (operation === undefined) return tableOf(it, host);
  const ended = await finish(it, operation, `ending what was on ${safe(hostname)}`);
  if (ended === undefined || it.json) return;
  const filter = { parent: operation.name };
  const parts = await everyOf(
    (pageToken) => it.client.operations.listOperations({ filter, pageToken, pageSize: 1_000 }, it.call),
    (page) => page.operations,
  );
  const restarted = parts.filter(({ state }) => state === 'OPERATION_STATE_SUCCEEDED').length;
  it.out.line(`${safe(hostname)} is dead: ${plural(restarted, 'guest')} started elsewhere${took(ended)}`);
}

async function importFile(it: Invocation, options: DryRun & { prune?: boolean }, file: string): Promise<void> {
  const xml = readInput(file).toString('utf8');
  const request = {
    xml,
    prune: options.prune === true,
    validateOnly: options.dryRun === true,
    requestId: it.requestId,
  };
  const answer = await it.client.hosts.importNodeInfo(request, it.call);
  if (it.json) it.printJson(ImportNodeInfoResponse.toJSON(answer));
  else it.out.lines(nodeInfoLines(answer.changes, it.size, it.out.paint));
}

async function watch(it: Invocation, { from }: { from?: bigint }, ...hostnames: string[]): Promise<void> {
  const options = given({ startRevision: from, filter: hostnames.length > 0 ? { hostnames } : undefined });
  await printEvents(
    it,
    (more) => followHosts(it.client.hosts, { ...options, ...more }),
    HostEvent.toJSON,
    (teller, event) => teller.host(event),
  );
}
