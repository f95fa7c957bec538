// The console of a guest, both ways, over a connection of its own: a slow reader then slows nothing but the guest's output.

import type { Duplex } from 'node:stream';
import { isOperationFailed } from '../../libvirt/client.js';
import { LIMITS } from '../../limits.js';
import { type ConsoleSession, type HostDriver, HypervisorError } from '../../ports/hypervisor.js';
import { translated } from './errors.js';
import type { Session } from './session.js';

export function consoleMethods(session: Session): Pick<HostDriver, 'console'> {
  const { hostname } = session.address;
  return {
    async console(uuid, options = {}) {
      const connection = await session.connectSeparately(options);
      try {
        const deadlineMs = options.deadlineMs ?? LIMITS.libvirtCallDeadlineMs;
        const sent = { deadlineMs, ...(options.signal === undefined ? {} : { signal: options.signal }) };
        const stream = await connection.domains.openConsole(uuid, undefined, 0, sent);
        // Its failures reach whoever reads or writes; without either there is nobody to tell.
        stream.on('error', () => undefined);
        stream.once('close', () => connection.close());
        return sessionOver(stream, hostname);
      } catch (error) {
        connection.close();
        if (!isOperationFailed(error)) throw translated(error, hostname);
        throw new HypervisorError('CONFLICT', hostname, `the console is in use: ${error.message}`, { cause: error });
      }
    },
  };
}

function sessionOver(stream: Duplex, hostname: string): ConsoleSession {
  return {
    output: outputOf(stream, hostname),
    write: (data) =>
      new Promise((resolve, reject) => {
        stream.write(data, (error) => (error ? reject(translated(error, hostname)) : resolve()));
      }),
    close: () =>
      new Promise((resolve) => {
        if (stream.closed) return resolve();
        stream.once('close', resolve);
        stream.destroy();
      }),
  };
}

async function* outputOf(stream: Duplex, hostname: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    // Closed by us: the output has ended, nothing went wrong.
    if (stream.destroyed && stream.errored === null) return;
    throw translated(error, hostname);
  }
}
