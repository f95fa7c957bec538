// Certificates for one test, made by openssl: an authority, a server for 127.0.0.1, a client, and a client of somebody else.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CLIENT_NAME = 'URI:urn:virtdc:client';

export interface Certificates {
  /** roles: what the client may do. */
  file(name: 'ca.pem' | 'server.pem' | 'server.key' | 'roles'): string;
  read(name: string): Promise<Buffer>;
  remove(): Promise<void>;
}

/** Undefined where there is no openssl. */
export async function makeCertificates(): Promise<Certificates | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'virtdc-certificates-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  const file = (name: string) => join(directory, name);
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const authority = (name: string) =>
    openssl(
      'req',
      '-x509',
      ...key,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
    );
  const signed = async (name: string, by: string, extension: string) => {
    await openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    await writeFile(file(`${name}.ext`), extension);
    const ca = ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial'];
    await openssl(
      'x509',
      '-req',
      '-days',
      '2',
      '-in',
      `${name}.csr`,
      ...ca,
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`,
    );
  };
  try {
    await authority('ca');
    await authority('other');
    await signed('server', 'ca', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n');
    await signed('client', 'ca', `subjectAltName=${CLIENT_NAME}\nextendedKeyUsage=clientAuth\n`);
    await writeFile(file('roles'), `${CLIENT_NAME} admin\n`);
    await signed('stranger', 'other', `subjectAltName=${CLIENT_NAME}\nextendedKeyUsage=clientAuth\n`);
  } catch (error) {
    await remove();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return { file, read: (name) => readFile(file(name)), remove };
}
