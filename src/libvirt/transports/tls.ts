// TLS with certificates both ways: the server's is verified against the CA and its name or address, ours is sent.
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { ConnectFailedError } from '../errors.js';

/** Names of the files in a PKI directory, the same as libvirt's own clients use. */
const PKI_FILES = { ca: 'cacert.pem', cert: 'clientcert.pem', key: 'clientkey.pem' } as const;
/** The byte the daemon sends once it has accepted our certificate. */
const ACCEPTED = 1;

/** Connects, verifies, and waits for the daemon's consent. `pkiDirectory` holds cacert.pem, clientcert.pem and clientkey.pem. */
export async function dialTls(
  host: string,
  port: number,
  pkiDirectory: string,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const [ca, cert, key] = await Promise.all([
    credential(pkiDirectory, PKI_FILES.ca, signal),
    credential(pkiDirectory, PKI_FILES.cert, signal),
    credential(pkiDirectory, PKI_FILES.key, signal),
  ]);
  // Server name indication takes no addresses; the certificate is held against `host` in either case.
  const servername = isIP(host) === 0 ? host : '';
  const socket = connect({ host, port, servername, ca, cert, key, minVersion: 'TLSv1.2', rejectUnauthorized: true });
  socket.setNoDelay(true);
  try {
    await consent(socket, signal);
    return socket;
  } catch (error) {
    socket.destroy();
    throw signal.aborted ? signal.reason : error;
  }
}

async function credential(directory: string, file: string, signal: AbortSignal): Promise<Buffer> {
  try {
    return await readFile(join(directory, file), { signal });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw signal.aborted ? signal.reason : new ConnectFailedError('CREDENTIALS', message, code, error);
  }
}

/** Resolves once the consent byte has come; what follows it stays in the socket. */
function consent(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      socket.off('readable', onReadable).off('error', onError).off('end', onEnd);
      signal.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve();
    };
    const onReadable = (): void => {
      const byte = socket.read(1) as Buffer | null;
      if (byte === null) return;
      settle(
        byte[0] === ACCEPTED ? undefined : new ConnectFailedError('TLS', 'the daemon did not accept the connection'),
      );
    };
    const onError = (error: NodeJS.ErrnoException): void =>
      settle(new ConnectFailedError('TLS', error.message, error.code, error));
    const onEnd = (): void =>
      settle(new ConnectFailedError('TLS', 'the daemon closed the connection: it does not accept our certificate'));
    const onAbort = (): void => settle(signal.reason as Error);
    socket.on('readable', onReadable).on('error', onError).on('end', onEnd);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
