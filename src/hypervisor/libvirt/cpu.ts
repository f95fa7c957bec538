// What CPU a guest can have that must run on several hosts.

import { CpuComparison, isOperationUnsupported } from '../../libvirt/client.js';
import type { HostDriver } from '../../ports/hypervisor.js';
import { orElse } from './errors.js';
import type { Session } from './session.js';

export function cpuMethods(session: Session): Pick<HostDriver, 'baselineCpu' | 'runsCpu'> {
  return {
    async baselineCpu(cpuXmls, options) {
      const known = [...new Set(cpuXmls)].filter((xml) => xml !== '');
      if (known.length === 0) return '';
      return session.call(
        (calls, sent) => orElse(calls.host.baselineCpu(known, {}, sent), isOperationUnsupported, ''),
        options,
      );
    },
    runsCpu(cpuXml, options) {
      return session.call(async (calls, sent) => {
        const compared = await orElse(
          calls.host.compareCpu(cpuXml, {}, sent),
          isOperationUnsupported,
          CpuComparison.ERROR,
        );
        return compared === CpuComparison.ERROR ? undefined : compared !== CpuComparison.INCOMPATIBLE;
      }, options);
    },
  };
}
