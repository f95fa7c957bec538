// The simulated hypervisor under the contract of all hypervisors, on real time.

import { realClock } from '../../src/clock/real.js';
import { SimulatedDatacenter } from '../../src/hypervisor/simulated/datacenter.js';
import { renderDomain } from '../../src/xml/domain.js';
import { hypervisorContract } from './contract.js';

const MIB_IN_KIB = 1024;
const TEMPLATE = `<domain type='kvm'><name>vm_name</name><os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>`;

function address(name: string) {
  return { hostname: name, uri: `sim://${name}`, migrationUri: `sim://${name}` };
}

hypervisorContract('the simulation', async () => {
  const datacenter = new SimulatedDatacenter({
    clock: realClock,
    seed: 7,
    render: renderDomain,
    durations: { bootMs: 400, reconnectMs: 100, startMs: 50 },
  });
  const { faults } = datacenter;
  const image = Buffer.alloc(256 * 1024, 'image');
  faults.powerOff('dead');
  return {
    hypervisor: datacenter.hypervisor(),
    hosts: [address('a'), address('b')],
    dead: address('dead'),
    pools: { local: 'local', shared: 'shared' },
    image: {
      format: 'qcow2',
      sizeBytes: image.byteLength,
      async *content() {
        yield image.subarray(0, 1_000);
        yield image.subarray(1_000);
      },
    },
    guest: (vmid, uuid, disks) => ({
      templateXml: TEMPLATE,
      uuid,
      domainName: vmid,
      currentCpu: 1,
      maxCpu: 4,
      currentMemoryKib: 192 * MIB_IN_KIB,
      maxMemoryKib: 256 * MIB_IN_KIB,
      disks,
      nics: [{ kind: 'BRIDGE', source: 'br0', mac: '52:54:00:0a:0b:0c' }],
      cpuBaselineXml: '',
      mark: { vmid, operation: 'op-contract', epoch: 1 },
    }),
    leastMemoryKib: 96 * MIB_IN_KIB,
    bootsWithinMs: 5_000,
    slowMibPerS: 16,
    hasAddress: true,
    freeze: async (host) => faults.freeze(host.hostname),
    thaw: async (host) => faults.thaw(host.hostname),
    killDaemon: async (host) => faults.killDaemon(host.hostname),
    startDaemon: async (host) => faults.startDaemon(host.hostname),
    end: async () => datacenter.close(),
  };
});
