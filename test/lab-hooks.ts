// Mocha's root hook that ends the lab after the last suite, if one of them brought it up.

import type { Context } from 'mocha';
import { downIfOurs } from './lab.js';

export const mochaHooks = {
  async afterAll(this: Context): Promise<void> {
    this.timeout(60_000);
    await downIfOurs();
  },
};
