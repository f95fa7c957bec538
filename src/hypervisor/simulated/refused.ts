// What a simulated host answers when it does not do something; the driver gives it its host's name.

import type { HypervisorErrorKind } from '../../ports/hypervisor.js';

export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(
    readonly kind: HypervisorErrorKind,
    message: string,
  ) {
    super(message);
  }
}
