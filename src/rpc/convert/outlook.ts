// What CheckMigration came to, as a message.

import type { MigrationForecast as MigrationForecastMessage } from '#gen/virtdc/v1/migration.js';
import type { CheckMigrationResponse } from '#gen/virtdc/v1/migration_service.js';
import type { MigrationForecast } from '../../policy/predict-migration.js';
import type { MigrationOutlook } from '../../queries/check-migration.js';
import type { ConnectionCheck } from '../migration-figures.js';
import { toFigure } from './amounts.js';
import { toSummary } from './placement.js';

export function toOutlook(
  outlook: MigrationOutlook,
  connection: ConnectionCheck,
  dirtyMibPerS: number | undefined,
): CheckMigrationResponse {
  const checks = [...outlook.checks, { kind: 'CONNECTION' as const, ...connection }];
  return {
    sourceHost: outlook.sourceHost,
    destHost: outlook.destHost,
    checks: checks.map(({ kind, verdict, detail, fix }) => ({
      kind: `MIGRATION_CHECK_KIND_${kind}`,
      verdict: `CHECK_VERDICT_${verdict}`,
      detail,
      fix,
    })),
    forecast: toForecast(outlook.forecast, dirtyMibPerS),
    copiesDisks: outlook.copiesDisks,
    arrivesPaused: outlook.arrivesPaused,
    decision: outlook.decision && toSummary(outlook.decision),
  };
}

const CONVERGES = { YES: 'PASS', THROTTLED: 'WARN', NO: 'FAIL', UNKNOWN: 'UNKNOWN' } as const;

const BYTES_PER_MIB = 1024 * 1024;

function toForecast(forecast: MigrationForecast, dirtyMibPerS: number | undefined): MigrationForecastMessage {
  return {
    bytesTotal: toFigure(forecast.bytesTotal),
    dirtyBytesPerS: dirtyMibPerS === undefined ? undefined : toFigure(dirtyMibPerS * BYTES_PER_MIB),
    bandwidthBytesPerS: toFigure(forecast.bandwidthMibPerS * BYTES_PER_MIB),
    totalMs: toFigure(forecast.totalMs),
    blackoutMs: toFigure(forecast.blackoutMs),
    converges: `CHECK_VERDICT_${CONVERGES[forecast.converges ?? 'UNKNOWN']}`,
  };
}
