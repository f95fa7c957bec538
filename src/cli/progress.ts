// Things that take a while, as a person likes to see them: a bar for what has an end in sight, a spinner for what has
// none. Where the output is no terminal, a plain line whenever something has changed.

import type { GuestMigration, MigrationForecast, MigrationProgress } from '#gen/virtdc/v1/migration.js';
import { formatBytes, formatMs } from './amounts.js';
import type { Screen } from './screen.js';
import { safe, widthOf } from './text.js';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
const BAR_CELLS = 24;
const PARTS = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** `█████▌    `, exactly `cells` wide. */
export function bar(percent: number, cells = BAR_CELLS): string {
  const eighths = Math.round((Math.min(100, Math.max(0, percent)) / 100) * cells * 8);
  const full = Math.floor(eighths / 8);
  const part = full === cells ? '' : (PARTS[eighths % 8] ?? '');
  return `${'█'.repeat(full)}${part}`.padEnd(cells);
}

/** Turns beside `text()` until it is stopped. */
export function spin(screen: Screen, text: () => string): () => void {
  if (!screen.isTerminal) return () => {};
  let frame = 0;
  const draw = (): void => screen.move(`${screen.paint.cyan(FRAMES[frame++ % FRAMES.length] ?? '')} ${text()}`);
  draw();
  const timer = setInterval(draw, FRAME_MS);
  return () => {
    clearInterval(timer);
    screen.still();
  };
}

/** The figures that are known, for one line. */
export function figuresOf(progress: MigrationProgress): string {
  const { bytesRemaining, bytesTotal, bandwidthBytesPerS, dirtyBytesPerS, iteration, throttlePercent } = progress;
  const parts = [
    bytesRemaining !== undefined &&
      `${formatBytes(bytesRemaining)}${bytesTotal === undefined ? '' : ` of ${formatBytes(bytesTotal)}`} left`,
    bandwidthBytesPerS !== undefined && bandwidthBytesPerS > 0n && `${formatBytes(bandwidthBytesPerS)}/s`,
    dirtyBytesPerS !== undefined && dirtyBytesPerS > 0n && `dirties ${formatBytes(dirtyBytesPerS)}/s`,
    iteration !== undefined && iteration > 1 && `pass ${iteration}`,
    throttlePercent !== undefined && throttlePercent > 0 && `throttled ${throttlePercent} %`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

/** Shows a migration as it goes on: call it with every answer of the watch, then `end` it. */
export class MigrationView {
  private lastLine = '';

  constructor(private readonly screen: Screen) {}

  show(migration: GuestMigration): void {
    const { vmid, sourceHost, destHost, step, progress } = migration;
    const route = `${safe(vmid)}  ${safe(sourceHost)} → ${safe(destHost)}`;
    const percent = progress?.percent;
    const figures = progress === undefined ? '' : figuresOf(progress);
    if (this.screen.isTerminal) {
      const { paint } = this.screen;
      const shown = percent === undefined ? ' '.repeat(BAR_CELLS) : bar(percent);
      const head = `${route}  ${paint.dim('▕')}${paint.cyan(shown)}${paint.dim('▏')}`;
      const number = percent === undefined ? '' : ` ${String(percent).padStart(3)} %`;
      this.screen.move(fitting(this.screen.columns, `${head}${number}  ${figures || safe(step)}`, `${head}${number}`));
      return;
    }
    const tail = figures === '' ? '' : ` (${figures})`;
    const line = `${route}: ${safe(step)}${percent === undefined ? '' : `, ${percent} %`}${tail}`;
    if (line !== this.lastLine) this.screen.line(line);
    this.lastLine = line;
  }

  end(): void {
    this.screen.still();
  }
}

/** The first that fits on one line. */
function fitting(columns: number, ...texts: readonly string[]): string {
  return texts.find((text) => widthOf(text) < columns) ?? '';
}

/** `moved from node1 to node2 in 2.4 s, 31 ms of it standing still`. */
export function outcomeOf({ sourceHost, destHost, result }: GuestMigration): string {
  const route = `moved from ${safe(sourceHost)} to ${safe(destHost)}`;
  if (result === undefined) return route;
  const still = result.blackoutMs ?? result.downtimeMs;
  const pause = still === undefined ? '' : `, standing still for ${formatMs(Number(still))} of it`;
  return `${route} in ${formatMs(Number(result.totalMs))}${pause}`;
}

/** What is expected of a migration, in phrases. */
export function forecastOf(forecast: MigrationForecast | undefined): string[] {
  if (forecast === undefined) return [];
  const { bytesTotal, totalMs, blackoutMs, dirtyBytesPerS, bandwidthBytesPerS } = forecast;
  const parts = [
    bytesTotal !== undefined && `${formatBytes(bytesTotal)} to copy`,
    bandwidthBytesPerS !== undefined && `at ${formatBytes(bandwidthBytesPerS)}/s`,
    dirtyBytesPerS !== undefined && `dirties ${formatBytes(dirtyBytesPerS)}/s`,
    totalMs !== undefined && `expected to take ${formatMs(Number(totalMs))}`,
    blackoutMs !== undefined && `standing still for ${formatMs(Number(blackoutMs))} of it`,
  ];
  return parts.filter((part) => part !== false);
}

/** How a migration travels, in phrases. */
export function howOf({ copiesDisks, arrivesPaused }: { copiesDisks: boolean; arrivesPaused: boolean }): string[] {
  return [copiesDisks && 'copies its disks', arrivesPaused && 'arrives paused'].filter((part) => part !== false);
}
