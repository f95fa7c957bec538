// The service HostInfo: hosts, their pools, and the base images in them.

import type { CallContext } from 'nice-grpc';
import {
  type CheckHostsRequest,
  type CheckHostsResponse,
  HostInfoDefinition,
  type HostInfoServiceImplementation,
  type RegisterHostRequest as RegisterHostMessage,
  type UpdateHostRequest as UpdateHostMessage,
} from '#gen/virtdc/v1/host_info_service.js';
import { PoolKind as PoolKindMessage } from '#gen/virtdc/v1/pool.js';
import { cordonHost } from '../commands/cordon-host.js';
import { type ImportNodeInfoResult, importNodeInfo, type NodeDiff } from '../commands/import-node-info.js';
import { findHost, type OnHost } from '../commands/preconditions.js';
import { registerHost } from '../commands/register-host.js';
import { registerPool } from '../commands/register-pool.js';
import { removeHost } from '../commands/remove-host.js';
import { removePool } from '../commands/remove-pool.js';
import { uncordonHost } from '../commands/uncordon-host.js';
import { updateHost } from '../commands/update-host.js';
import { updatePool } from '../commands/update-pool.js';
import type { Command } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import { fillUri, type Host, type HostFacts, migrationUriOf } from '../fleet/host.js';
import { fits, NOTHING } from '../fleet/resources.js';
import type { PoolKind } from '../fleet/storage.js';
import { LIMITS } from '../limits.js';
import type { HostAddress } from '../ports/hypervisor.js';
import { listHosts } from '../queries/hosts.js';
import { listImages, listPools } from '../queries/storage.js';
import { parseNodeInfo } from '../xml/node-info.js';
import { readXml, XML_BOUNDS } from './base-guests.js';
import { Check } from './check.js';
import { decideHostDead } from './confirm-host-dead.js';
import { toResources } from './convert/amounts.js';
import { toHost, toImage, toPool } from './convert/host.js';
import { toOperation } from './convert/operation.js';
import { readHostFilter, readPage } from './filters.js';
import { checkHosts } from './host-checks.js';
import { checkAddress, checkUri } from './host-uris.js';
import { pushImage } from './images.js';
import { type CallerKnown, type Calling, decide, type RpcParts } from './parts.js';
import { query } from './query.js';
import { readCapacity, readLabelEdits, readRatios, readReserve } from './reading.js';
import { statusError } from './status.js';

const POOL_KINDS: readonly PoolKind[] = ['LOCAL', 'SHARED'];
const MOST_CHECKED = 100;

interface OnHostMessage {
  readonly hostname: string;
  readonly revision: bigint;
  readonly requestId: string;
}

/** WatchHosts is served beside it, as its answers are encoded already: see watches.ts. */
export function hostInfoService(parts: RpcParts): Omit<HostInfoServiceImplementation<CallerKnown>, 'watchHosts'> {
  const told = async (host: Host) => {
    const { value: load } = await query(parts, (fleet) => loadOf(fleet, host.hostname));
    return toHost(host, load, parts.reconciler.lastSeen(host.hostname));
  };
  async function cordon(
    method: 'cordonHost' | 'uncordonHost',
    request: OnHostMessage,
    context: Calling,
    command: (on: OnHost) => Command<Host>,
  ) {
    const { result } = await decide(parts, context, HostInfoDefinition, method, request, command(readOnHost(request)));
    return { host: await told(result) };
  }

  return {
    async importNodeInfo(request, context) {
      const check = new Check();
      check.requestId(request.requestId);
      const bounds = { ...XML_BOUNDS, maxNodes: LIMITS.maxNodes, maxCpu: LIMITS.maxCpu, maxKib: LIMITS.maxKib };
      const nodes = readXml(check, 'xml', parseNodeInfo(request.xml, bounds)) ?? [];
      check.done();
      const command = importNodeInfo({ nodes, prune: request.prune, uriTemplate: parts.uris.template });
      const { result } = await decide(parts, context, HostInfoDefinition, 'importNodeInfo', request, command);
      if (!request.validateOnly) await firstContact(parts, result);
      return { changes: result.diff.map(toNodeChange) };
    },
    async registerHost(request, context) {
      const read = readRegistration(parts, request);
      const command = async () => {
        await parts.failpoints.reach('RegisterHost connecting');
        const known = parts.authority.fleet.get('host', read.hostname);
        // Refused by the decision with its own reason: no need to connect first.
        const facts = known?.observed ?? (await contact(parts, read));
        await parts.failpoints.reach('RegisterHost connected');
        return registerHost({ ...read, facts });
      };
      const { result } = await decide(parts, context, HostInfoDefinition, 'registerHost', request, command);
      return { host: await told(result) };
    },
    async updateHost(request, context) {
      const read = readUpdate(parts, request);
      const known = parts.authority.fleet.get('host', read.hostname);
      if (known !== undefined && read.uri !== undefined && read.uri !== known.uri) {
        await contact(parts, { ...known, uri: read.uri, migrationUri: read.migrationUri ?? known.migrationUri });
      }
      const { result } = await decide(parts, context, HostInfoDefinition, 'updateHost', request, updateHost(read));
      return { host: await told(result) };
    },
    cordonHost: (request, context) => cordon('cordonHost', request, context, cordonHost),
    uncordonHost: (request, context) => cordon('uncordonHost', request, context, uncordonHost),
    async removeHost(request, context) {
      await decide(parts, context, HostInfoDefinition, 'removeHost', request, removeHost(readOnHost(request)));
      return {};
    },
    async confirmHostDead(request, context) {
      const { host, operation } = await decideHostDead(parts, request, context);
      return {
        host: await told(host),
        operation: request.validateOnly ? undefined : toOperation(operation, undefined),
      };
    },
    checkHosts: (request, context) => streamChecks(parts, request, context),
    async getHost(request) {
      const check = new Check();
      const hostname = check.hostname('hostname', request.hostname);
      check.done();
      const { value: host } = await query(parts, (fleet) => findHost(fleet, hostname));
      return { host: await told(host) };
    },
    async listHosts(request) {
      const check = new Check();
      const filter = readHostFilter(check, request.filter);
      const page = readPage(check, request);
      check.done();
      const { value, revision } = await query(parts, (fleet) => listHosts(fleet, filter, page));
      const hosts = value.items.map((view) => toHost(view.host, view, parts.reconciler.lastSeen(view.host.hostname)));
      return { hosts, nextPageToken: value.nextToken, revision: BigInt(revision) };
    },
    async registerPool(request, context) {
      const check = new Check();
      const kind = check.enum('kind', 'POOL_KIND', request.kind, POOL_KINDS);
      if (request.kind === PoolKindMessage.UNSPECIFIED) check.add('kind', 'has to be LOCAL or SHARED');
      if (request.hostnames.length === 0) check.add('hostnames', 'at least one host has to be named');
      const read = {
        name: check.pool('name', request.name),
        kind: kind ?? 'LOCAL',
        locking: request.locking,
        hosts: readHostnames(check, 'hostnames', request.hostnames),
        capacityKib: check.amount('capacity_kib', request.capacityKib, 0, LIMITS.maxKib),
        exportedBy: check.optionalHostname('exported_by', request.exportedBy),
      };
      check.requestId(request.requestId);
      check.done();
      const { result } = await decide(parts, context, HostInfoDefinition, 'registerPool', request, registerPool(read));
      return { pool: toPool(result, parts.authority.fleet.poolUsedKib(result.name)) };
    },
    async updatePool(request, context) {
      const check = new Check();
      const read = {
        name: check.pool('name', request.name),
        expectedRevision: check.revision(request.revision),
        addHosts: readHostnames(check, 'add_hostnames', request.addHostnames),
        removeHosts: readHostnames(check, 'remove_hostnames', request.removeHostnames),
        locking: request.locking,
        capacityKib:
          request.capacityKib === undefined
            ? undefined
            : check.amount('capacity_kib', request.capacityKib, 0, LIMITS.maxKib),
        exportedBy:
          request.exportedBy === undefined ? undefined : check.optionalHostname('exported_by', request.exportedBy),
      };
      check.requestId(request.requestId);
      check.done();
      const { result } = await decide(parts, context, HostInfoDefinition, 'updatePool', request, updatePool(read));
      return { pool: toPool(result, parts.authority.fleet.poolUsedKib(result.name)) };
    },
    async removePool(request, context) {
      const check = new Check();
      const read = { name: check.pool('name', request.name), expectedRevision: check.revision(request.revision) };
      check.requestId(request.requestId);
      check.done();
      await decide(parts, context, HostInfoDefinition, 'removePool', request, removePool(read));
      return {};
    },
    async listPools(request) {
      const check = new Check();
      const hostname = check.optionalHostname('filter.hostname', request.filter?.hostname ?? '');
      const kind = check.enum('filter.kind', 'POOL_KIND', request.filter?.kind ?? 'POOL_KIND_UNSPECIFIED', POOL_KINDS);
      const page = readPage(check, request);
      check.done();
      const { value, revision } = await query(parts, (fleet) => listPools(fleet, { hostname, kind }, page));
      const pools = value.items.map(({ pool, usedKib }) => toPool(pool, usedKib));
      return { pools, nextPageToken: value.nextToken, revision: BigInt(revision) };
    },
    async pushImage(messages, context) {
      const images = await pushImage(parts, messages, context);
      return { images: images.map(toImage) };
    },
    async listImages(request) {
      const check = new Check();
      const filter = {
        pool: check.optionalPool('filter.pool', request.filter?.pool ?? ''),
        hostname: check.optionalHostname('filter.hostname', request.filter?.hostname ?? ''),
        name: check.optionalVolume('filter.name', request.filter?.name ?? ''),
      };
      const page = readPage(check, request);
      check.done();
      const { value, revision } = await query(parts, (fleet) => listImages(fleet, filter, page));
      return { images: value.items.map(toImage), nextPageToken: value.nextToken, revision: BigInt(revision) };
    },
  };
}

function loadOf(fleet: FleetView, hostname: string) {
  return { claimed: fleet.claimed(hostname), guests: fleet.guestsOn(hostname).length };
}

function readOnHost(request: OnHostMessage): OnHost {
  const check = new Check();
  const on = {
    hostname: check.hostname('hostname', request.hostname),
    expectedRevision: check.revision(request.revision),
  };
  check.requestId(request.requestId);
  check.done();
  return on;
}

function readHostnames(check: Check, field: string, names: readonly string[]): string[] {
  return check.list(field, names, LIMITS.maxNodes, (one, name) => check.hostname(one, name));
}

/** New hosts are usable when the answer is there, if they answer soon. */
async function firstContact(parts: RpcParts, { diff }: ImportNodeInfoResult): Promise<void> {
  const fresh = diff
    .filter((node) => node.change === 'ADDED' || node.change === 'UPDATED')
    .map((node) => node.hostname);
  const waiting = new AbortController();
  await Promise.race([
    parts.reconciler.lookNow(fresh),
    parts.clock.sleep(LIMITS.firstContactWaitMs, waiting.signal).catch(() => {}),
  ]);
  waiting.abort();
}

function toNodeChange(node: NodeDiff) {
  const { hostname, change, fields, reserve, over, keptBy } = node;
  const kept = Object.values(reserve).some((amount) => amount > 0)
    ? `kept in reserve, as the file does not make it available: ${reserve.cpu} CPUs, ${reserve.memoryKib} KiB of memory, ${reserve.ioKib} KiB of disk`
    : '';
  return {
    hostname,
    kind: `NODE_INFO_CHANGE_KIND_${change}` as const,
    fields: fields.map((field) => ({ ...field })),
    over: fits(over, NOTHING) ? undefined : toResources(over),
    detail: keptBy?.message ?? kept,
  };
}

/** Connects and asks; UNAVAILABLE with the reason where that does not succeed. */
async function contact(parts: RpcParts, address: HostAddress): Promise<HostFacts> {
  return parts.hypervisor.host(address).facts();
}

function readRegistration(parts: RpcParts, request: RegisterHostMessage) {
  const check = new Check();
  const hostname = check.hostname('hostname', request.hostname);
  checkAddress(check, 'ip_address', request.ipAddress);
  if (request.ipAddress === '' && request.uri === '')
    check.add('ip_address', 'one of ip_address and uri has to be given');
  const uri = request.uri === '' ? fillUri(parts.uris.template, hostname, request.ipAddress) : request.uri;
  checkUri(check, 'uri', uri, parts.uris);
  const migrationUri =
    request.migrationUri === '' ? migrationUriOf(uri, hostname, request.ipAddress) : request.migrationUri;
  checkUri(check, 'migration_uri', migrationUri, parts.uris);
  const read = {
    hostname,
    ipAddress: request.ipAddress,
    uri,
    migrationUri,
    capacity: readCapacity(check, request),
    ratios: readRatios(check, 'ratios', request.ratios),
    reserve: readReserve(check, 'reserve', request.reserve),
    maxIoKibPerS: 0,
    labels: check.labels('labels', request.labels),
    zone: check.name('zone', request.zone),
  };
  check.requestId(request.requestId);
  check.done();
  return read;
}

function readUpdate(parts: RpcParts, request: UpdateHostMessage) {
  const check = new Check();
  const hostname = check.hostname('hostname', request.hostname);
  const { ipAddress, uri } = request;
  if (ipAddress !== undefined) checkAddress(check, 'ip_address', ipAddress);
  if (uri !== undefined) checkUri(check, 'uri', uri, parts.uris);
  const migrationUri = readMigrationUri(parts, check, request);
  const read = {
    hostname,
    expectedRevision: check.revision(request.revision),
    ipAddress,
    uri,
    migrationUri,
    capacity: readCapacity(check, request),
    ratios: readRatios(check, 'ratios', request.ratios),
    reserve: readReserve(check, 'reserve', request.reserve),
    maxIoKibPerS: undefined,
    zone: request.zone === undefined ? undefined : check.name('zone', request.zone),
    ...readLabelEdits(check, request),
  };
  check.requestId(request.requestId);
  check.done();
  return read;
}

/** Empty means: from the address, as for a new host. */
function readMigrationUri(parts: RpcParts, check: Check, request: UpdateHostMessage): string | undefined {
  if (request.migrationUri === undefined) return undefined;
  const known = parts.authority.fleet.get('host', request.hostname);
  const uri = request.uri ?? known?.uri ?? '';
  const migrationUri =
    request.migrationUri === ''
      ? migrationUriOf(uri, request.hostname, request.ipAddress ?? known?.ipAddress ?? '')
      : request.migrationUri;
  checkUri(check, 'migration_uri', migrationUri, parts.uris);
  return migrationUri;
}

async function* streamChecks(
  parts: RpcParts,
  request: CheckHostsRequest,
  context: CallContext,
): AsyncGenerator<CheckHostsResponse> {
  const check = new Check();
  const wanted = check.list('hostnames', request.hostnames, MOST_CHECKED, (field, name) => check.hostname(field, name));
  const all = [...parts.authority.fleet.all('host')].map((host) => host.hostname).sort();
  if (wanted.length === 0 && all.length > MOST_CHECKED)
    check.add('hostnames', `name at most ${MOST_CHECKED} of the ${all.length} hosts`);
  check.done();
  const missing = wanted.filter((name) => !all.includes(name));
  if (missing.length > 0) {
    throw statusError('HOST_NOT_FOUND', `there is no host ${missing.join(', ')}`, {
      metadata: { hostname: missing.join(', ') },
    });
  }
  for await (const one of checkHosts(parts, wanted.length === 0 ? all : [...new Set(wanted)], context.signal)) {
    yield { check: { ...one, kind: `HOST_CHECK_KIND_${one.kind}`, verdict: `CHECK_VERDICT_${one.verdict}` } };
  }
}
