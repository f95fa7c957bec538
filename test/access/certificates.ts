// Certificates for tests of who is who, made by openssl: a CA, what it signed, and what another one did.

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface KeyPair {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export class CertificateAuthority {
  private constructor(
    private readonly directory: string,
    private readonly name: string,
  ) {}

  static async create(directory: string, name: string): Promise<CertificateAuthority> {
    const ca = new CertificateAuthority(directory, name);
    await run('openssl', ['req', '-x509', ...KEY, '-subj', `/CN=${name}`, '-keyout', ca.keyFile, '-out', ca.certFile]);
    return ca;
  }

  get certFile(): string {
    return join(this.directory, `${this.name}.pem`);
  }

  private get keyFile(): string {
    return join(this.directory, `${this.name}-key.pem`);
  }

  /** A certificate with a subject alternative name in openssl's words; without any if that is empty. */
  async sign(name: string, subjectAltName: string, days = 1): Promise<KeyPair> {
    const path = (end: string): string => join(this.directory, `${this.name}-${name}${end}`);
    const [certFile, keyFile, request, extensions] = [path('.pem'), path('-key.pem'), path('.csr'), path('.ext')];
    await run('openssl', ['req', '-new', ...KEY, '-subj', `/CN=${name}`, '-keyout', keyFile, '-out', request]);
    await writeFile(extensions, subjectAltName === '' ? '' : `subjectAltName=${subjectAltName}\n`);
    const signer = ['-CA', this.certFile, '-CAkey', this.keyFile, '-CAcreateserial'];
    const made = ['-in', request, '-out', certFile, '-extfile', extensions, '-days', String(days)];
    await run('openssl', ['x509', '-req', ...signer, ...made]);
    return { certFile, keyFile, cert: await readFile(certFile), key: await readFile(keyFile) };
  }
}
