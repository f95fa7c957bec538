// Plain sockets: the daemon's unix socket, and TCP (no encryption, no authentication: for labs and trusted wires only).
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { ConnectFailedError } from '../errors.js';

/** Connects to a unix socket. The file's permissions are the authentication. */
export const dialUnix = (path: string, signal: AbortSignal): Promise<Socket> => dialSocket({ path }, signal);

export const dialTcp = (host: string, port: number, signal: AbortSignal): Promise<Socket> =>
  dialSocket({ host, port, noDelay: true }, signal);

function dialSocket(target: NetConnectOpts, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(target);
    const abort = (): void => void socket.destroy(signal.reason as Error);
    const failed = (error: NodeJS.ErrnoException): void => {
      signal.removeEventListener('abort', abort);
      reject(
        signal.aborted ? (signal.reason as Error) : new ConnectFailedError('SOCKET', error.message, error.code, error),
      );
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      signal.removeEventListener('abort', abort);
      resolve(socket);
    });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
