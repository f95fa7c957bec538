// Amounts and times of the domain as the messages have them: 64-bit fields are bigint there, safe numbers here.

import type { AllocationRatios, Reserve, Resources as ResourcesMessage } from '#gen/virtdc/v1/resources.js';
import type { Resources } from '../../fleet/resources.js';

export function toResources({ cpu, memoryKib, ioKib }: Resources): ResourcesMessage {
  return { cpu, memoryKib: BigInt(memoryKib), ioKib: BigInt(ioKib) };
}

export function toRatios({ cpu, memoryKib, ioKib }: Resources): AllocationRatios {
  return { cpu, memory: memoryKib, io: ioKib };
}

export function toReserve({ cpu, memoryKib, ioKib }: Resources): Reserve {
  return { cpu, memoryKib: BigInt(memoryKib), ioKib: BigInt(ioKib) };
}

/** A figure that may be unknown; parts of a unit are rounded. */
export function toFigure(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(Math.round(value));
}
