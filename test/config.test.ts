// The environment: defaults, and every bad variable named, all of them at once.

import assert from 'node:assert/strict';
import { ConfigError, readConfig } from '../src/config.js';

function problems(environment: Record<string, string>): string[] {
  try {
    readConfig(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.split('\n');
  }
  return [];
}

const namesOf = (lines: string[]): string[] => lines.map((line) => line.split(':')[0] ?? '').sort();

describe('the environment', () => {
  it('may be empty: embedded database, simulated hosts, loopback', () => {
    const config = readConfig({});
    assert.deepEqual(config.listen, { host: '127.0.0.1', port: 50_051 });
    assert.deepEqual(config.httpListen, { host: '127.0.0.1', port: 8_080 });
    assert.deepEqual(
      [config.databaseUrl, config.libvirtUri, config.insecureTransports],
      [undefined, 'sim://{hostname}', false],
    );
    assert.deepEqual(readConfig({ VIRTDC_LOG_LEVEL: '', HOME: '/root' }), config, 'an empty variable is none');
  });

  it('drives real hosts where a database is given', () => {
    assert.equal(readConfig({ VIRTDC_DATABASE_URL: 'postgres://db/virtdc' }).libvirtUri, 'qemu+tls://{address}/system');
  });

  it('names every variable that is wrong', () => {
    const wrong = {
      VIRTDC_LOG_LEVEL: 'loud',
      VIRTDC_MODE: 'test',
      VIRTDC_DATABASE_URL: 'mysql://db/virtdc',
      VIRTDC_INSECURE_TRANSPORTS: 'yes',
      VIRTDC_RETENTION_LOG_ENTRIES: '-1',
      VIRTDC_RETENTION_LOG_HOURS: 'NaN',
      VIRTDC_LISTN: '127.0.0.1:1',
    };
    assert.deepEqual(namesOf(problems(wrong)), Object.keys(wrong).sort());
    for (const listen of [
      'localhost',
      '127.0.0.1',
      'example.org:1',
      '127.0.0.1:99999',
      ':1',
      '127.0.0.1:http',
      '[::1:1',
    ]) {
      assert.deepEqual(namesOf(problems({ VIRTDC_LISTEN: listen })), ['VIRTDC_LISTEN'], listen);
    }
    const files = { VIRTDC_TLS_CERT: 'cert', VIRTDC_SSH_KEY: 'key', VIRTDC_HTTP_LISTEN: 'x' };
    assert.deepEqual(namesOf(problems(files)), [
      'VIRTDC_HTTP_LISTEN',
      'VIRTDC_SSH_KEY, VIRTDC_SSH_KNOWN_HOSTS',
      'VIRTDC_TLS_CERT, VIRTDC_TLS_KEY',
    ]);
    assert.ok(namesOf(problems({ VIRTDC_TLS_CLIENT_CA: 'ca' })).includes('VIRTDC_TLS_CLIENT_CA'));
  });

  it('fails on purpose where it is told to, at places it knows, and never in production', () => {
    const { failpoints } = readConfig({ VIRTDC_FAILPOINT: 'mg3, sg1:error,dl5:freeze' });
    const armed = failpoints.map(({ name, action }) => `${name} ${action}`);
    assert.deepEqual(armed, ['mg3 kill', 'sg1 error', 'dl5 freeze']);
    for (const wrong of ['mg9', 'mg3:burn', 'mg3:kill:error', 'toString', ' ']) {
      assert.deepEqual(namesOf(problems({ VIRTDC_FAILPOINT: `sg1,${wrong}` })), ['VIRTDC_FAILPOINT'], wrong);
    }
    const production = problems({ VIRTDC_FAILPOINT: 'sg1', VIRTDC_MODE: 'production' });
    assert.match(production.join('\n'), /^VIRTDC_FAILPOINT: .*never in production$/);
  });

  it('serves plaintext on loopback only, and says why', () => {
    for (const listen of ['127.0.0.1:1', '127.9.9.9:1', '[::1]:1', 'localhost:1'])
      assert.deepEqual(problems({ VIRTDC_LISTEN: listen }), [], listen);
    for (const listen of ['0.0.0.0:1', '[::]:1', '192.0.2.1:1']) {
      const [line, ...more] = problems({ VIRTDC_LISTEN: listen });
      assert.match(line ?? '', /^VIRTDC_LISTEN: plaintext .*loopback only.*VIRTDC_TLS_CERT/);
      assert.deepEqual(more, []);
    }
    const tls = { VIRTDC_LISTEN: '0.0.0.0:1', VIRTDC_TLS_CERT: 'cert', VIRTDC_TLS_KEY: 'key' };
    assert.match(problems(tls).join('\n'), /^VIRTDC_TLS_CLIENT_CA.*needed/, 'nor to callers that nobody knows');
    assert.deepEqual(problems({ ...tls, VIRTDC_TLS_CLIENT_CA: 'ca', VIRTDC_ROLES: 'roles' }), []);
  });
});
