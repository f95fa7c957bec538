// The plain HTTP side: /metrics for Prometheus, /healthz for whoever restarts it, and a page that says where everything is.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from '../config.js';
import type { FleetView } from '../fleet/fleet.js';
import { LIMITS } from '../limits.js';
import type { Metrics } from './metrics.js';
import { page } from './page.js';

export interface HttpParts {
  readonly metrics: Metrics;
  fleet(): FleetView;
  /** Empty while all is well, else why not. */
  unhealthyReason(): string;
}

export interface RunningHttp {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startHttp(listen: ListenAddress, parts: HttpParts): Promise<RunningHttp> {
  const server = createServer(
    { requestTimeout: LIMITS.httpRequestMs, headersTimeout: LIMITS.httpRequestMs },
    (request, response) => {
      answer(parts, request, response).catch((error: unknown) =>
        response.destroy(error instanceof Error ? error : undefined),
      );
    },
  );
  server.listen(listen.port, listen.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(parts: HttpParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (status: number, type: string, body: string): void => {
    response.writeHead(status, {
      'content-type': type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'text/plain', 'GET only\n');
  switch (new URL(request.url ?? '/', 'http://virtdc').pathname) {
    case '/metrics':
      return send(200, parts.metrics.contentType, await parts.metrics.text());
    case '/healthz': {
      const reason = parts.unhealthyReason();
      return reason === '' ? send(200, 'text/plain', 'ok\n') : send(503, 'text/plain', `${reason}\n`);
    }
    case '/':
      return send(200, 'text/html; charset=utf-8', page(parts.fleet(), parts.unhealthyReason()));
    default:
      return send(404, 'text/plain', 'not here\n');
  }
}
