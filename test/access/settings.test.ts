import assert from 'node:assert/strict';
import { ConfigError, readConfig } from '../../src/config.js';
import { World } from '../rpc/service.js';

describe('the settings of who may call', () => {
  const CERTIFICATE = { VIRTDC_TLS_CERT: 'cert', VIRTDC_TLS_KEY: 'key' };
  const ELSEWHERE = { VIRTDC_LISTEN: '0.0.0.0:50051', ...CERTIFICATE };

  function bad(environment: Readonly<Record<string, string>>): string[] {
    try {
      readConfig(environment);
      return [];
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.message.split('\n').map((line) => line.slice(0, line.indexOf(':')));
    }
  }

  it('leave nobody in who is not known, but on loopback', () => {
    assert.equal(readConfig({}).access, undefined);
    assert.equal(readConfig(CERTIFICATE).access, undefined);
    assert.deepEqual(bad(ELSEWHERE), ['VIRTDC_TLS_CLIENT_CA, VIRTDC_TOKENS']);
    assert.deepEqual(bad({ ...ELSEWHERE, VIRTDC_TOKENS: 't' }), []);
    assert.deepEqual(bad({ ...ELSEWHERE, VIRTDC_TLS_CLIENT_CA: 'ca', VIRTDC_ROLES: 'r' }), []);
    assert.deepEqual(readConfig({ VIRTDC_TOKENS: 't' }).access, { tokens: 't', roles: undefined });
  });

  it('need each other', () => {
    assert.deepEqual(bad({ VIRTDC_ROLES: 'r' }), ['VIRTDC_ROLES']);
    assert.deepEqual(bad({ ...CERTIFICATE, VIRTDC_TLS_CLIENT_CA: 'ca' }), ['VIRTDC_ROLES']);
    assert.deepEqual(bad({ ...CERTIFICATE, VIRTDC_TLS_CLIENT_CA: 'ca', VIRTDC_TOKENS: 't' }), []);
  });

  it('show the page to nobody elsewhere', () => {
    const VIRTDC_HTTP_LISTEN = '0.0.0.0:8080';
    assert.deepEqual(bad({ VIRTDC_HTTP_LISTEN }), []);
    assert.deepEqual(bad({ VIRTDC_HTTP_LISTEN, VIRTDC_TOKENS: 't' }), ['VIRTDC_HTTP_LISTEN']);
  });

  it('name a file that is not there', async () => {
    const started = World.start({ env: { VIRTDC_TOKENS: '/nowhere/tokens' } });
    await assert.rejects(started, { name: 'ConfigError', message: '/nowhere/tokens: ENOENT' });
  });
});
