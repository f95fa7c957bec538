// Where a command writes: lines on its output, and on a terminal one line at the bottom that moves (a bar, a spinner).

import type { Paint } from './paint.js';
import { type Column, tableLines } from './table.js';
import { widthOf } from './text.js';

export interface Target {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(data: string | Uint8Array): unknown;
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE = '\r\u001b[2K';
const DEFAULT_COLUMNS = 80;

export class Screen {
  private moving = '';

  constructor(
    private readonly target: Target,
    readonly paint: Paint,
  ) {}

  get isTerminal(): boolean {
    return this.target.isTTY === true;
  }

  get columns(): number {
    return this.target.columns ?? DEFAULT_COLUMNS;
  }

  line(text = ''): void {
    const { moving } = this;
    this.target.write(`${moving === '' ? '' : CLEAR_LINE}${text}\n${moving}`);
  }

  lines(texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }

  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
    this.lines(tableLines(columns, rows, this.paint));
  }

  /** As it is, without a line end. */
  raw(text: string): void {
    this.target.write(text);
  }

  bytes(data: Uint8Array): void {
    this.target.write(data);
  }

  /** Replaces the moving line; nothing where the output is no terminal. Never longer than the terminal is wide. */
  move(text: string): void {
    if (!this.isTerminal) return;
    const fits = widthOf(text) < this.columns ? text : '';
    this.target.write(`${this.moving === '' ? HIDE_CURSOR : ''}${CLEAR_LINE}${fits}`);
    this.moving = fits === '' ? ' ' : fits;
  }

  /** Ends the moving line; whatever comes next begins where it was. */
  still(): void {
    if (this.moving === '') return;
    this.moving = '';
    this.target.write(`${CLEAR_LINE}${SHOW_CURSOR}`);
  }
}
