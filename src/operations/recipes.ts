// The table of all kinds of operation. A new kind is a row here, and a file beside this one.

import type { OperationKind } from '../fleet/operation.js';
import { createGuest, startGuest } from './create-guest.js';
import { fenceHost } from './fence-host.js';
import { confirmHostDead } from './host-death.js';
import { migrateGuest } from './migrate-guest.js';
import { pauseGuest, rebootGuest, resumeGuest, stopGuest } from './power-guest.js';
import { restartGuest } from './restart-guest.js';
import { scaleCpu, scaleMemory } from './scale-guest.js';
import type { Recipe } from './step.js';
import { terminateGuest } from './terminate-guest.js';

export const RECIPES: { readonly [K in OperationKind]: Recipe } = {
  CREATE_GUEST: createGuest,
  TERMINATE_GUEST: terminateGuest,
  START_GUEST: startGuest,
  STOP_GUEST: stopGuest,
  REBOOT_GUEST: rebootGuest,
  PAUSE_GUEST: pauseGuest,
  RESUME_GUEST: resumeGuest,
  MIGRATE_GUEST: migrateGuest,
  RESTART_GUEST: restartGuest,
  CONFIRM_HOST_DEAD: confirmHostDead,
  FENCE_HOST: fenceHost,
  SCALE_CPU: scaleCpu,
  SCALE_MEMORY: scaleMemory,
};
