// The bounds that the server reads XML under.

import { LIMITS } from '../../src/limits.js';
import type { NodeInfoBounds } from '../../src/xml/node-info.js';

export const BOUNDS: NodeInfoBounds = LIMITS;
