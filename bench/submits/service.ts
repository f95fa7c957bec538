// The service as a process of its own, with hosts simulated in it that take an hour to start a guest: what is measured is
// that guests are placed and committed, not that they are made. Forked; says its ports, ends when it is disconnected.

import { pino } from 'pino';
import { realClock } from '../../src/clock/real.js';
import { readConfig } from '../../src/config.js';
import { hypervisorByScheme } from '../../src/hypervisor/hypervisor.js';
import { libvirtHypervisor } from '../../src/hypervisor/libvirt/hypervisor.js';
import { SimulatedDatacenter } from '../../src/hypervisor/simulated/datacenter.js';
import { startService } from '../../src/service.js';
import { renderDomain } from '../../src/xml/domain.js';

const HOUR_MS = 3_600_000;

const datacenter = new SimulatedDatacenter({
  clock: realClock,
  seed: 1,
  render: renderDomain,
  durations: { startMs: HOUR_MS },
});
const config = readConfig({
  VIRTDC_DATABASE_URL: process.env.VIRTDC_DATABASE_URL,
  VIRTDC_LISTEN: '127.0.0.1:0',
  VIRTDC_HTTP_LISTEN: '127.0.0.1:0',
  VIRTDC_LIBVIRT_URI: 'sim://{hostname}',
});
// To a pipe that is read and thrown away, as a collector of logs would read it: what is written is part of the cost.
const service = await startService(config, pino({ level: config.logLevel }), {
  hypervisor: () =>
    hypervisorByScheme({
      simulated: datacenter.hypervisor(),
      libvirt: libvirtHypervisor({ insecureTransports: false }),
    }),
});
process.send?.({ port: service.grpcPort });
// Its hosts will not let go of what they are asked for within anybody's patience.
process.once('disconnect', () => process.exit(0));
