// Addresses that are taken are named before the service starts.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { ConfigError } from '../src/config.js';
import { mayListen } from '../src/may-listen.js';

describe('addresses to listen on', () => {
  const host = '127.0.0.1';

  it('are named with their variable when they are taken or not there', async () => {
    const taken = createServer().listen(0, host);
    await once(taken, 'listening');
    try {
      const { port } = taken.address() as AddressInfo;
      const refused = mayListen({ listen: { host, port }, httpListen: { host: '192.0.2.1', port: 0 } });
      await assert.rejects(refused, (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, new RegExp(`^VIRTDC_LISTEN: cannot listen on 127.0.0.1:${port}: something else`));
        assert.match(error.message, /^VIRTDC_HTTP_LISTEN: .*192\.0\.2\.1:0: this machine does not have the address$/m);
        return true;
      });
    } finally {
      taken.close();
    }
  });

  it('are free again once they were tried', async () => {
    await mayListen({ listen: { host, port: 0 }, httpListen: { host, port: 0 } });
  });
});
