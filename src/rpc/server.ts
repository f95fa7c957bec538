// The gRPC server: the services, health and reflection, TLS, the bounds on connections and calls, and the graceful end.

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ServerCredentials, type ServerOptions } from '@grpc/grpc-js';
import { createServer, type Server } from 'nice-grpc';
import { errorDetailsServerMiddleware } from 'nice-grpc-error-details';
import { HealthDefinition, HealthState } from 'nice-grpc-server-health';
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection';
import { GuestInfoDefinition, type GuestInfoServiceImplementation } from '#gen/virtdc/v1/guest_info_service.js';
import { HostInfoDefinition, type HostInfoServiceImplementation } from '#gen/virtdc/v1/host_info_service.js';
import { MigrationDefinition } from '#gen/virtdc/v1/migration_service.js';
import { OperationsDefinition } from '#gen/virtdc/v1/operations_service.js';
import { PlacementDefinition } from '#gen/virtdc/v1/placement_service.js';
import { ScalingDefinition } from '#gen/virtdc/v1/scaling_service.js';
import { type Access, OPEN_ACCESS } from '../access/principals.js';
import type { ListenAddress, TlsFiles } from '../config.js';
import { LIMITS } from '../limits.js';
import { errorDescriptor } from './error-descriptor.js';
import { guestInfoService } from './guest-info.js';
import { healthService } from './health.js';
import { healthDescriptor } from './health-descriptor.js';
import { hostInfoService } from './host-info.js';
import { errorsInterceptor } from './interceptors/errors.js';
import { type ForwardParts, forwardInterceptor } from './interceptors/forward.js';
import { authorizeInterceptor, certificateInterceptor, identifyInterceptor } from './interceptors/identity.js';
import { type CallMeter, requestsInterceptor } from './interceptors/requests.js';
import { OpenStreams } from './interceptors/streams.js';
import { LeaderLink, type ReplicaIdentity } from './leader-link.js';
import { migrationService } from './migration.js';
import { operationsService } from './operations.js';
import type { CallerKnown, RpcParts } from './parts.js';
import { placementService } from './placement.js';
import { scalingService } from './scaling.js';
import { WatchGuestsDefinition, WatchHostsDefinition, watchGuests, watchHosts } from './watches.js';
import { strictly, wellFormedInterceptor } from './wire.js';

export interface ServerSettings {
  readonly listen: ListenAddress;
  /** undefined: plaintext. */
  readonly tls: TlsFiles | undefined;
  readonly access: Access;
  /** This process, as other replicas know it. */
  readonly holder: string;
}

export interface RunningServer {
  readonly port: number;
  setHealthy(healthy: boolean): void;
  /** Takes no more calls and waits for those in flight, at most LIMITS.drainMs; then cuts them. */
  stop(): Promise<void>;
}

const DESCRIPTOR = new URL('../../gen/descriptor.binpb', import.meta.url);
const SERVICES = [
  HostInfoDefinition,
  GuestInfoDefinition,
  PlacementDefinition,
  MigrationDefinition,
  ScalingDefinition,
  OperationsDefinition,
];

/** Paths of the methods that change nothing, as the protos say. */
const READS: ReadonlySet<string> = new Set(
  SERVICES.flatMap(({ fullName, methods }) =>
    Object.values(methods)
      .filter(({ options }) => 'idempotencyLevel' in options && options.idempotencyLevel === 'NO_SIDE_EFFECTS')
      .map(({ name }) => `/${fullName}/${name}`),
  ),
);

const CHANNEL = {
  'grpc.max_receive_message_length': LIMITS.maxMessageBytes,
  'grpc.max_concurrent_streams': LIMITS.maxStreamsPerConnection,
  'grpc.keepalive_time_ms': LIMITS.serverKeepaliveMs,
  'grpc.keepalive_timeout_ms': LIMITS.serverKeepaliveTimeoutMs,
  'grpc.max_connection_idle_ms': LIMITS.connectionIdleMs,
};

export async function startServer(parts: RpcParts, settings: ServerSettings, meter: CallMeter): Promise<RunningServer> {
  const health = HealthState();
  const setHealthy = (healthy: boolean): void => {
    for (const name of ['', ...SERVICES.map((service) => service.fullName)]) {
      health.setStatus(healthy ? 'healthy' : 'unhealthy', name);
    }
  };
  const pem = settings.tls && (await readPem(settings.tls));
  const link = new LeaderLink(pem);
  const streams = new OpenStreams();
  const options: ServerOptions = {
    ...CHANNEL,
    interceptors: [streams.interceptor, ...(settings.access === OPEN_ACCESS ? [] : [certificateInterceptor])],
  };
  const server: Server<CallerKnown> = createServer(options)
    .use(identifyInterceptor(settings.access))
    .use(requestsInterceptor(parts.log, parts, meter))
    .use(errorDetailsServerMiddleware)
    .use(errorsInterceptor(parts.log))
    .use(authorizeInterceptor)
    .use(wellFormedInterceptor)
    .use(forwardInterceptor({ ...parts, link, reads: READS, holder: settings.holder, naming: namingOf(settings) }));
  addServices(server, parts, streams);
  server.add(HealthDefinition, healthService(parts, health));
  addReflection(server);
  const { host, port } = settings.listen;
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const bound = await server.listen(address, credentials(pem));
  return {
    port: bound,
    setHealthy,
    async stop() {
      setHealthy(false);
      const draining = new AbortController();
      const cut = parts.clock.sleep(LIMITS.drainMs, draining.signal).then(
        () => server.forceShutdown(),
        () => {},
      );
      await Promise.race([server.shutdown(), cut]);
      draining.abort();
      link.close();
    },
  };
}

function addServices(server: Server<CallerKnown>, parts: RpcParts, streams: OpenStreams): void {
  // Whoever leads passes nothing on.
  const strict = <S extends Parameters<typeof strictly>[0]>(service: S): S =>
    strictly(service, () => !parts.authority.leads);
  server.add(
    strict(without(HostInfoDefinition, 'watchHosts')),
    hostInfoService(parts) as HostInfoServiceImplementation<CallerKnown>,
  );
  server.add(WatchHostsDefinition, { watchHosts: (request, context) => watchHosts(parts, streams, request, context) });
  server.add(
    strict(without(GuestInfoDefinition, 'watchGuests')),
    guestInfoService(parts) as GuestInfoServiceImplementation<CallerKnown>,
  );
  server.add(WatchGuestsDefinition, {
    watchGuests: (request, context) => watchGuests(parts, streams, request, context),
  });
  server.add(strict(PlacementDefinition), placementService(parts));
  server.add(strict(MigrationDefinition), migrationService(parts));
  server.add(strict(ScalingDefinition), scalingService(parts));
  server.add(strict(OperationsDefinition), operationsService(parts));
}

/** The definition without a method that is served by another; its type still has it, so that the rest stays checked. */
function without<S extends { readonly methods: object }>(service: S, method: keyof S['methods']): S {
  const methods = Object.fromEntries(Object.entries(service.methods).filter(([name]) => name !== method));
  return { ...service, methods };
}

/** Under both names: older tools ask for v1alpha only, which has the same messages. */
function addReflection(server: Server<CallerKnown>): void {
  const names = [...SERVICES, HealthDefinition].map((service) => service.fullName);
  // Sets of descriptors one after another are one set.
  const service = ServerReflection(
    Buffer.concat([readFileSync(DESCRIPTOR), healthDescriptor(), errorDescriptor()]),
    names,
  );
  const { serverReflectionInfo } = ServerReflectionService;
  const alpha = { ...serverReflectionInfo, path: serverReflectionInfo.path.replace('.v1.', '.v1alpha.') };
  server.add(ServerReflectionService, service);
  server.add({ serverReflectionInfo: alpha } as typeof ServerReflectionService, service);
}

/** Without client certificates replicas know nobody for one of theirs, unless anybody on the machine may do all. */
function namingOf({ access, tls }: ServerSettings): ForwardParts['naming'] {
  return access === OPEN_ACCESS || tls?.clientCa !== undefined ? 'CALLER' : 'TOKEN';
}

async function readPem({ cert, key, clientCa }: TlsFiles): Promise<ReplicaIdentity> {
  const ca = clientCa === undefined ? undefined : await readFile(clientCa);
  return { cert: await readFile(cert), key: await readFile(key), ca };
}

function credentials(pem: ReplicaIdentity | undefined): ServerCredentials {
  if (pem === undefined) return ServerCredentials.createInsecure();
  const { cert, key, ca } = pem;
  return ServerCredentials.createSsl(ca ?? null, [{ cert_chain: cert, private_key: key }], ca !== undefined);
}
