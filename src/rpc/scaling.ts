// The service Scaling: reads a request, decides one command, answers the operation.

import { type ScalingServiceImplementation, ScalingDefinition } from '#gen/virtdc/v1/scaling_service.js';
import { scaleCpu } from '../commands/scale-cpu.js';
import { scaleMemory } from '../commands/scale-memory.js';
import { LIMITS } from '../limits.js';
import { Check } from './check.js';
import { toOperation } from './convert/operation.js';
import { toSummary } from './convert/placement.js';
import { decide, type RpcParts } from './parts.js';

const { scaleCpu: cpuMethod, scaleMemory: memoryMethod } = ScalingDefinition.methods;
const ON_NO_ROOM = ['REFUSE', 'MIGRATE_SELF'] as const;
