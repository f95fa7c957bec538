// TLS and mutual TLS from files: who is let in, and who is not.

import assert from 'node:assert/strict';
import { createChannel } from 'nice-grpc';
import { connect, type TlsOptions } from '../../src/client/connect.js';
import { skip } from '../skip.js';
import { type Certificates, makeCertificates } from './certificates.js';
import { codeOf, rawCall } from './raw-call.js';
import { World } from './service.js';

describe('TLS', function () {
  this.timeout(30_000);
  let certificates: Certificates;
  let world: World | undefined;
  before(async function () {
    const made = await makeCertificates();
    if (made === undefined) return skip(this, 'there is no openssl');
    certificates = made;
  });
  after(() => certificates?.remove());
  afterEach(() => world?.end());

  const server = () => ({
    VIRTDC_TLS_CERT: certificates.file('server.pem'),
    VIRTDC_TLS_KEY: certificates.file('server.key'),
  });
  const identity = async (name: string) => ({
    cert: await certificates.read(`${name}.pem`),
    key: await certificates.read(`${name}.key`),
  });

  /** Whether a call with these is answered; a refusal by TLS shows as UNAVAILABLE. */
  async function answered(address: string, tls: TlsOptions | undefined): Promise<boolean> {
    const client = connect(address, tls);
    try {
      await client.guests.listGuests({}, { signal: AbortSignal.timeout(10_000) });
      return true;
    } catch (error) {
      assert.equal((error as { codeName?: string }).codeName, 'UNAVAILABLE', String(error));
      return false;
    } finally {
      client.close();
    }
  }

  it('serves who trusts its certificate, and nobody in plaintext', async () => {
    const ca = await certificates.read('ca.pem');
    world = await World.start({ env: server(), tls: { ca } });
    assert.equal((await world.client.guests.listGuests({})).guests.length, 0);
    assert.equal(await answered(world.address, { ca: await certificates.read('other.pem') }), false);
    const channel = createChannel(world.address);
    assert.equal(codeOf(await rawCall(channel, '/virtdc.v1.GuestInfo/ListGuests', new Uint8Array())), 'UNAVAILABLE');
    channel.close();
  });

  it('lets in only who shows a certificate of the right authority', async () => {
    const ca = await certificates.read('ca.pem');
    const env = {
      ...server(),
      VIRTDC_TLS_CLIENT_CA: certificates.file('ca.pem'),
      VIRTDC_ROLES: certificates.file('roles'),
    };
    world = await World.start({ env, tls: { ca, identity: await identity('client') } });
    assert.equal((await world.client.guests.listGuests({})).guests.length, 0);
    assert.equal(await answered(world.address, { ca }), false, 'without a certificate');
    assert.equal(
      await answered(world.address, { ca, identity: await identity('stranger') }),
      false,
      "with somebody else's",
    );
  });
});
