// The service as src/main.ts starts it, with the bug of VIRTDC_TEST_SABOTAGE put in: what drills show that they can fail
// with.

import { join } from 'node:path';
import { pino } from 'pino';
import { type Config, readConfig } from '../../src/config.js';
import { openPglite } from '../../src/inventory/pglite.js';
import { openPostgres } from '../../src/inventory/postgres.js';
import type { Inventory } from '../../src/ports/inventory.js';
import { startService } from '../../src/service.js';
import { SABOTAGES } from './sabotages.js';

const sabotage = SABOTAGES[process.env.VIRTDC_TEST_SABOTAGE ?? ''];
if (sabotage === undefined) throw new Error(`there is no sabotage ${process.env.VIRTDC_TEST_SABOTAGE}`);

const config = readConfig(process.env);
const log = pino({ level: config.logLevel });
sabotage.prepare?.();
const inventory = await (sabotage.open ?? openAsTold)(config);
const service = await startService(config, log, { inventory: () => sabotage.inventory?.(inventory) ?? inventory });
process.stderr.write(
  `virtdc serves gRPC on ${config.listen.host}:${service.grpcPort}, with ${process.env.VIRTDC_TEST_SABOTAGE}\n`,
);
process.once('SIGTERM', () => {
  void service.stop().then(() => process.exit(0));
});

function openAsTold({ databaseUrl, dataDir }: Config): Promise<Inventory> {
  return databaseUrl === undefined ? openPglite(join(dataDir, 'db')) : openPostgres(databaseUrl);
}
