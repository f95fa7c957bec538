// Whether the addresses that are configured can be listened on: asked before anything else is started, as the gRPC
// library tells neither the address nor the cause.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Config, ConfigError } from './config.js';

const CAUSES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there',
  EADDRNOTAVAIL: 'this machine does not have the address',
  EACCES: 'not permitted',
};

/** Throws a ConfigError that names every address that cannot. */
export async function mayListen({ listen, httpListen }: Pick<Config, 'listen' | 'httpListen'>): Promise<void> {
  const problems: string[] = [];
  for (const [variable, address] of [
    ['VIRTDC_LISTEN', listen],
    ['VIRTDC_HTTP_LISTEN', httpListen],
  ] as const) {
    const probe = createServer();
    try {
      const listening = once(probe, 'listening');
      probe.listen(address.port, address.host);
      await listening;
      const closed = once(probe, 'close');
      probe.close();
      await closed;
    } catch (error) {
      const cause = error instanceof Error && 'code' in error ? CAUSES[String(error.code)] : undefined;
      if (cause === undefined) throw error;
      problems.push(`${variable}: cannot listen on ${address.host}:${address.port}: ${cause}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
}
