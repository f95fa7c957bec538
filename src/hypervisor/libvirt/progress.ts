// The figures of a migration job, from libvirt's typed parameters.

import type { TypedParams } from '../../libvirt/client.js';
import type { MigrationProgress } from '../../ports/hypervisor.js';

export function progressOf(params: TypedParams): MigrationProgress {
  // The dirty rate is counted in pages.
  const dirtyPagesPerS = params.number('memory_dirty_rate');
  const pageBytes = params.number('memory_page_size');
  // At the very start libvirt has asked QEMU for nothing yet: a total of 0 is no figure.
  const begun = (params.number('data_total') ?? 0) > 0;
  return {
    elapsedMs: params.number('time_elapsed') ?? 0,
    bytesTotal: begun ? params.number('data_total') : undefined,
    bytesProcessed: begun ? params.number('data_processed') : undefined,
    bytesRemaining: begun ? params.number('data_remaining') : undefined,
    bandwidthBytesPerS: params.number('memory_bps'),
    dirtyBytesPerS: dirtyPagesPerS === undefined || pageBytes === undefined ? undefined : dirtyPagesPerS * pageBytes,
    iteration: params.number('memory_iteration'),
    throttlePercent: params.number('auto_converge_throttle'),
    downtimeMs: params.number('downtime'),
  };
}
