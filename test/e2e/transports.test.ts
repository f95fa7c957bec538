// The same by the other ways in to a host: a socket of this machine, SSH, and plain TCP where the operator allows it.

import assert from 'node:assert/strict';
import { needsLab, nextBeat } from '../lab.js';
import { Datacenter, type Way } from './datacenter.js';
import { beatsOnlyOn } from './witness.js';

const WAYS: readonly Way[] = ['unix', 'tcp', 'ssh'];

for (const way of WAYS) {
  describe(`real hosts over ${way}`, function () {
    this.timeout(90_000);
    let dc: Datacenter;
    before(async function () {
      await needsLab().call(this);
      dc = await Datacenter.start(way);
    });
    after(async () => await dc?.end());

    it('submits, moves and terminates a guest', async () => {
      const { hostname } = await dc.submit('web');
      const { bootId } = await nextBeat(hostname, 'web');
      await dc.migrate('web');
      const moved = await dc.guest('web');
      assert.notEqual(moved.hostname, hostname);
      assert.equal((await beatsOnlyOn(moved.hostname, 'web')).bootId, bootId);
      await dc.holds();
      await dc.terminate('web');
      await dc.holds();
    });
  });
}
