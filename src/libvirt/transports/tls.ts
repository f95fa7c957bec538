// TLS with certificates both ways: the server's is verified against the CA and its name or address, ours is sent. Each
// packet goes out in TLS records of its own, since libvirtd would leave a second one in the same record lying.
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { ConnectFailedError } from '../errors.js';

/** Names of the files in a PKI directory, the same as libvirt's own clients use. */
const PKI_FILES = { ca: 'cacert.pem', cert: 'clientcert.pem', key: 'clientkey.pem' } as const;
/** The byte the daemon sends once it has accepted our certificate. */
const ACCEPTED = 1;

/** Connects, verifies, and waits for the daemon's consent. `pkiDirectory` holds cacert.pem, clientcert.pem and clientkey.pem. */
export async function dialTls(host: string, port: number, pkiDirectory: string, signal: AbortSignal): Promise<Duplex> {
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
    return new UnmergedWrites(socket);
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

/**
 * Hands every write to the socket alone, after the one before is out. A TLS socket would put what waits into one record,
 * of which libvirtd takes the first packet and then waits for the network, not for the rest that its TLS library holds:
 * the second packet would lie there until the next keepalive ping.
 */
export class UnmergedWrites extends Duplex {
  readonly #socket: Duplex;

  constructor(socket: Duplex) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
