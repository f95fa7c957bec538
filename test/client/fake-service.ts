// A virtdc service whose answers a test writes: real gRPC on a port of its own, with the details of its errors.

import {
  type CallContext,
  type CompatServiceDefinition,
  createServer,
  type Server,
  ServerError,
  type ServiceImplementation,
  Status,
} from 'nice-grpc';
import { type ErrorDetails, ErrorInfo, errorDetailsServerMiddleware, RichServerError } from 'nice-grpc-error-details';
import { GuestInfoDefinition } from '#gen/virtdc/v1/guest_info_service.js';
import { OperationsDefinition } from '#gen/virtdc/v1/operations_service.js';
import { PlacementDefinition } from '#gen/virtdc/v1/placement_service.js';
import { connect, type VirtdcClient } from '../../src/client/connect.js';

/** Handlers by method, as nice-grpc calls them. They answer whole messages, which its own types do not allow for. */
type Handlers = Readonly<Record<string, (request: never, context: CallContext) => unknown>>;

export interface Parts {
  readonly guests?: Handlers;
  readonly operations?: Handlers;
  readonly placement?: Handlers;
}

/** What a test did not write is UNIMPLEMENTED. */
function whole<S extends CompatServiceDefinition>(_of: S, part: Handlers = {}): ServiceImplementation<S> {
  return new Proxy(part, {
    get: (target, name) =>
      Reflect.get(target, name) ??
      (() => {
        throw new ServerError(Status.UNIMPLEMENTED, String(name));
      }),
  }) as unknown as ServiceImplementation<S>;
}

export class FakeService {
  private server: Server | undefined;
  private port = 0;
  private readonly clients: VirtdcClient[] = [];

  constructor(private readonly parts: Parts) {}

  async start(): Promise<this> {
    const server = createServer().use(errorDetailsServerMiddleware);
    server.add(GuestInfoDefinition, whole(GuestInfoDefinition, this.parts.guests));
    server.add(OperationsDefinition, whole(OperationsDefinition, this.parts.operations));
    server.add(PlacementDefinition, whole(PlacementDefinition, this.parts.placement));
    this.port = await server.listen(`127.0.0.1:${this.port}`);
    this.server = server;
    return this;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  client(): VirtdcClient {
    const client = connect(this.address);
    this.clients.push(client);
    return client;
  }

  /** At once: what is open is cut off. The next start is at the same port. */
  stop(): void {
    this.server?.forceShutdown();
    this.server = undefined;
  }

  end(): void {
    for (const client of this.clients) client.close();
    this.stop();
  }
}

export function refused(
  code: Status,
  reason: string,
  metadata: Record<string, string> = {},
  more: readonly ErrorDetails[] = [],
): RichServerError {
  const info = ErrorInfo.fromPartial({ reason, domain: 'virtdc.dev', metadata });
  return new RichServerError(code, `refused: ${reason}`, [info, ...more]);
}
