// The composition root: every part made once and given to those that need it, started in order, and stopped in the
// opposite order.

import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { AccessFileError } from './access/access-file.js';
import { AuditTrail } from './access/audit-trail.js';
import { type Access, OPEN_ACCESS, openAccess } from './access/principals.js';
import type { RunningAuthority } from './authority/authority.js';
import { randomIds } from './authority/ids.js';
import { createAuthority } from './authority/leader.js';
import { realClock } from './clock/real.js';
import { importNodeInfo } from './commands/import-node-info.js';
import { type Config, ConfigError } from './config.js';
import { Fencing } from './controllers/fencing.js';
import { createRestarts } from './controllers/restarts.js';
import { fenceCommand } from './fencing/command.js';
import { createMetrics, type Metrics } from './http/metrics.js';
import { startHttp } from './http/server.js';
import { hostUriProblem } from './hypervisor/host-uri.js';
import { hypervisorByScheme } from './hypervisor/hypervisor.js';
import { libvirtHypervisor } from './hypervisor/libvirt/hypervisor.js';
import { SimulatedHypervisor } from './hypervisor/simulated/driver.js';
import { keepDatacenter } from './hypervisor/simulated/persistence.js';
import { openPglite } from './inventory/pglite.js';
import { openPostgres } from './inventory/postgres.js';
import { LIMITS } from './limits.js';
import { crashPoints } from './operations/crash-points.js';
import { createExecutor } from './operations/executor.js';
import { RECIPES } from './operations/recipes.js';
import type { Clock } from './ports/clock.js';
import { type Failpoints, NO_FAILPOINTS } from './ports/failpoints.js';
import type { Fence } from './ports/fence.js';
import { type Hypervisor, HypervisorError } from './ports/hypervisor.js';
import type { Inventory } from './ports/inventory.js';
import { createReconciler } from './reconcile/reconciler.js';
import type { UriRules } from './rpc/host-uris.js';
import type { RpcParts } from './rpc/parts.js';
import { startServer } from './rpc/server.js';
import { HostEvents } from './telemetry/host-events.js';
import { Watches, type WatchLimits } from './watch/watch.js';
import { renderDomain } from './xml/domain.js';
import { parseNodeInfo } from './xml/node-info.js';

const HOUR_MS = 3_600_000;

/** What stands around the service: real where nothing is given. A simulation brings its own, and keeps what it brings. */
export interface Surroundings {
  readonly clock?: Clock;
  /** Connects to the database; closed with the service. */
  readonly inventory?: () => Inventory;
  /** Connects to the hosts; closed with the service. */
  readonly hypervisor?: () => Hypervisor;
  /** Switches hosts off; the configured one where nothing is given. */
  readonly fence?: () => Fence;
  readonly watchLimits?: Partial<WatchLimits>;
  /** In place of those of the configuration. */
  readonly failpoints?: Failpoints;
}

export interface RunningService {
  readonly grpcPort: number;
  readonly httpPort: number;
  /** Graceful: calls in flight finish, watches end with a place to resume, migrations go on and are adopted later. */
  stop(): Promise<void>;
}

/** What was started, in order; stopped the other way round. */
class Started {
  private readonly stops: (() => Promise<void>)[] = [];

  add(stop: () => Promise<void> | void): void {
    this.stops.push(async () => stop());
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.splice(0).reverse()) await stop();
  }
}

export async function startService(config: Config, log: Logger, around: Surroundings = {}): Promise<RunningService> {
  const started = new Started();
  try {
    return await start(config, log, around, started);
  } catch (error) {
    await started.stop();
    throw error;
  }
}

async function start(config: Config, log: Logger, around: Surroundings, started: Started): Promise<RunningService> {
  const { clock = realClock } = around;
  const inventory = around.inventory?.() ?? (await openInventory(config));
  started.add(() => inventory.close());
  let mayChange = (): boolean => false;
  const hypervisor = around.hypervisor?.() ?? (await openHypervisor(config, log, started, () => mayChange()));
  started.add(() => hypervisor.close());
  const access = await openAccessOf(config, clock, log);
  started.add(() => access.close());
  const trail = new AuditTrail(inventory, clock, log);
  started.add(() => trail.stop());
  const holder = holderOf(config);
  const authority = campaign(config, log, clock, inventory, holder);
  started.add(() => authority.close());
  mayChange = () => authority.mayAct();
  authority.onHealth(({ state, reason }) => log.info({ state, reason, epoch: authority.epoch }, 'the authority'));
  await authority.serving();
  if (config.nodeinfo !== undefined) await importAtStart(config, config.nodeinfo, authority, log);

  const events = new HostEvents();
  const driver = (name: string) => {
    const host = authority.fleet.get('host', name);
    // A host is not removed while anything is open on it; should it be gone all the same, nothing can be sent to it.
    if (host === undefined) throw new HypervisorError('UNREACHABLE', name, `there is no host ${name} any more`);
    return hypervisor.host(host);
  };
  const failpoints = around.failpoints ?? failpointsOf(config, log);
  const fence = around.fence?.() ?? fenceOf(config);
  const executor = createExecutor({ authority, clock, log, recipes: RECIPES, events, failpoints, driver, fence });
  const reconciler = createReconciler({ authority, clock, log, events, hypervisor });
  const watches = new Watches({
    authority,
    inventory,
    clock,
    limits: {
      maxEntries: LIMITS.ringEvents,
      maxBytes: LIMITS.ringBytes,
      maxAnswerBytes: LIMITS.watchAnswerBytes,
      maxWatchers: LIMITS.maxWatchers,
      blockedMs: LIMITS.watchBlockedMs,
      lookMs: LIMITS.watchLookMs,
      restMs: LIMITS.watchRestMs,
      logPage: LIMITS.logPageEntries,
      logPagesKept: LIMITS.logPagesKept,
      ...around.watchLimits,
    },
  });
  const stopping = new AbortController();
  const uris: UriRules = {
    template: config.libvirtUri,
    problem: (uri) => hostUriProblem(uri, config.insecureTransports),
  };
  const parts: RpcParts = {
    authority,
    executor,
    reconciler,
    hypervisor,
    watches,
    failpoints,
    trail,
    auditLog: inventory,
    clock,
    log,
    uris,
    stopping: stopping.signal,
  };

  reconciler.start();
  started.add(() => reconciler.stop());
  executor.start();
  started.add(() => executor.stop());
  const restarts = createRestarts({ authority, clock, log });
  restarts.start();
  started.add(() => restarts.stop());
  if (config.fence !== undefined) {
    const fencing = new Fencing({ authority, clock, log, afterMs: config.fence.afterMs });
    fencing.start();
    started.add(() => fencing.stop());
  }
  const metrics = createMetrics(
    authority,
    () => watches.count,
    () => trail.lost,
  );
  const http = await startHttp(config.httpListen, {
    metrics,
    fleet: () => authority.fleet,
    unhealthyReason: () => (isServing(authority) ? '' : `${authority.health.state}: ${authority.health.reason}`),
  });
  started.add(() => http.stop());
  const server = await serve(config, parts, metrics, authority, access, holder);
  started.add(async () => {
    stopping.abort();
    watches.close();
    await server.stop();
  });
  return { grpcPort: server.port, httpPort: http.port, stop: () => started.stop() };
}

function failpointsOf({ failpoints }: Config, log: Logger): Failpoints {
  return failpoints.length === 0 ? NO_FAILPOINTS : crashPoints(failpoints, log);
}

function fenceOf({ fence }: Config): Fence | undefined {
  if (fence === undefined) return undefined;
  const { words, deadlineMs } = fence;
  return fenceCommand({ words, deadlineMs, toldChars: LIMITS.fenceToldChars });
}

function openInventory(config: Config): Promise<Inventory> {
  return config.databaseUrl === undefined ? openPglite(join(config.dataDir, 'db')) : openPostgres(config.databaseUrl);
}

async function openHypervisor(
  config: Config,
  log: Logger,
  started: Started,
  mayChange: () => boolean,
): Promise<Hypervisor> {
  const render = renderDomain;
  const options = { clock: realClock, seed: 1, render };
  const kept = await keepDatacenter(join(config.dataDir, 'simulated-hosts.json'), options, (error) => {
    log.error({ err: error }, 'the simulated hosts could not be written down');
  });
  started.add(() => kept.close());
  const simulated = new SimulatedHypervisor(kept.datacenter, 'virtdc');
  const libvirt = libvirtHypervisor({
    insecureTransports: config.insecureTransports,
    mayChange,
    ...(config.pkiDirectory === undefined ? {} : { pkiDirectory: config.pkiDirectory }),
    ...(config.ssh === undefined ? {} : { ssh: config.ssh }),
  });
  return hypervisorByScheme({ simulated, libvirt });
}

/** The embedded database is locked to one process, so whoever held its lease before is gone. */
function holderOf({ databaseUrl }: Config): string {
  return databaseUrl === undefined ? 'embedded' : `${hostname()}/${process.pid}/${randomUUID()}`;
}

function campaign(config: Config, log: Logger, clock: Clock, inventory: Inventory, holder: string): RunningAuthority {
  const { logEntries, logHours, requestHours, auditDays } = config.retention;
  return createAuthority({
    inventory,
    clock,
    ids: randomIds,
    log,
    holder,
    address: config.advertise,
    retention: {
      logKeptEntries: logEntries,
      logKeptMs: logHours * HOUR_MS,
      requestIdKeptMs: requestHours * HOUR_MS,
      auditKeptMs: auditDays * 24 * HOUR_MS,
      endedOperationsKept: LIMITS.endedOperationsKept,
    },
  });
}

async function openAccessOf({ access }: Config, clock: Clock, log: Logger): Promise<Access> {
  if (access === undefined) return OPEN_ACCESS;
  try {
    return await openAccess(access, clock, log);
  } catch (error) {
    if (error instanceof AccessFileError) throw new ConfigError(error.message);
    throw error;
  }
}

/** Also while it follows: what it cannot answer itself it passes on. */
function isServing({ health: { state } }: RunningAuthority): boolean {
  return state === 'LEADING' || state === 'FOLLOWING';
}

async function serve(
  config: Config,
  parts: RpcParts,
  metrics: Metrics,
  authority: RunningAuthority,
  access: Access,
  holder: string,
) {
  const server = await startServer(parts, { listen: config.listen, tls: config.tls, access, holder }, metrics);
  const told = (): void => server.setHealthy(isServing(authority));
  authority.onHealth(told);
  told();
  return server;
}

/** VIRTDC_NODEINFO: hosts are added and updated, never removed; by whoever leads, where there are several replicas. */
async function importAtStart(config: Config, file: string, authority: RunningAuthority, log: Logger): Promise<void> {
  const bounds = {
    maxTextBytes: LIMITS.maxTextBytes,
    maxXmlDepth: LIMITS.maxXmlDepth,
    maxNodes: LIMITS.maxNodes,
    maxCpu: LIMITS.maxCpu,
    maxKib: LIMITS.maxKib,
  };
  const read = parseNodeInfo(await readFile(file, 'utf8'), bounds);
  if (!read.ok) {
    throw new ConfigError(
      read.violations.map(({ field, description }) => `VIRTDC_NODEINFO: ${file}${field}: ${description}`).join('\n'),
    );
  }
  if (!authority.leads) {
    log.info({ file }, 'another replica leads: it imports its nodeinfo, and this one is left alone');
    return;
  }
  const command = importNodeInfo({ nodes: read.value, prune: false, uriTemplate: config.libvirtUri });
  const answer = await authority.execute(command, { principal: 'virtdc', method: 'VIRTDC_NODEINFO' });
  if (!answer.accepted) throw new ConfigError(`VIRTDC_NODEINFO: ${answer.refusal.message}`);
  const changes = answer.result.diff.map(({ hostname: name, change }) => `${name} ${change}`);
  log.info({ file, changes }, 'nodeinfo imported');
}
