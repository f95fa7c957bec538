// Through OpenSSH, started with an argument vector: no shell here, host keys always checked, never a question to a user.
// At the far end libvirt's own helper finds the daemon's socket, or nc where the helper is not installed.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { ConnectFailedError } from '../errors.js';

export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly user?: string;
}

export interface SshCredentials {
  /** Private key file. Left out: what OpenSSH finds by itself (its configuration, an agent). */
  readonly keyFile?: string;
  /** known_hosts file. Left out: OpenSSH's own. */
  readonly knownHostsFile?: string;
}

/** A constant: nothing of a caller's ever gets into what the far shell reads. */
const FAR_COMMAND =
  "sh -c 'if command -v virt-ssh-helper >/dev/null 2>&1; then exec virt-ssh-helper qemu:///system; " +
  "else exec nc -U /var/run/libvirt/libvirt-sock; fi'";

/** What OpenSSH says on stderr is kept for the error message, so many bytes of it. */
const STDERR_BYTES = 4096;
/** How long OpenSSH may take to end after its input was closed. */
const GRACE_MS = 2000;

export function sshArguments(target: SshTarget, credentials: SshCredentials): string[] {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'ForwardAgent=no',
    'ForwardX11=no',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    ...(credentials.knownHostsFile === undefined
      ? []
      : [`UserKnownHostsFile=${quoted(credentials.knownHostsFile)}`, 'GlobalKnownHostsFile=none']),
    ...(credentials.keyFile === undefined ? [] : [`IdentityFile=${quoted(credentials.keyFile)}`, 'IdentitiesOnly=yes']),
  ];
  return [
    '-T',
    '-e',
    'none',
    '-p',
    String(target.port),
    ...options.flatMap((option) => ['-o', option]),
    ...(target.user === undefined ? [] : ['-l', target.user]),
    '--',
    target.host,
    FAR_COMMAND,
  ];
}

/** ssh splits option values at blanks and expands %: both are literal in a file's name. */
const quoted = (file: string): string => `"${file.replaceAll('%', '%%')}"`;

/**
 * Starts ssh. There is no sign of success before the daemon's first answer: a failure shows as an error of the stream,
 * with what ssh said.
 */
export function dialSsh(target: SshTarget, credentials: SshCredentials, signal: AbortSignal): Duplex {
  signal.throwIfAborted();
  return new SshStream(spawn('ssh', sshArguments(target, credentials), { stdio: ['pipe', 'pipe', 'pipe'] }));
}

class SshStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  #stderr = '';

  constructor(child: ChildProcessWithoutNullStreams) {
    super({ allowHalfOpen: false });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_BYTES);
    });
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    // Writing to a process that has ended: the reason is told by 'close' below.
    child.stdin.on('error', () => undefined);
    child.on('error', (error: NodeJS.ErrnoException) =>
      this.destroy(new ConnectFailedError('SSH', error.message, error.code, error)),
    );
    child.on('close', (code, killedBy) => {
      if (this.destroyed) return;
      const said = this.#stderr.trim();
      this.destroy(
        new ConnectFailedError('SSH', `ssh ended (${killedBy ?? `exit code ${code}`})${said && `: ${said}`}`),
      );
    });
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#child.stdin.write(chunk)) done();
    else this.#child.stdin.once('drain', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const child = this.#child;
    child.stdin.destroy();
    child.stdout.destroy();
    const kill = setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
    child.once('exit', () => clearTimeout(kill));
    child.kill('SIGTERM');
    done(error);
  }
}
