// Tables of aligned columns, as wide as what is in them.

import type { Paint } from './paint.js';
import { padded, safe, widthOf } from './text.js';

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Not made safe yet. */
  readonly cell: (row: Row) => string;
  readonly paint?: (paint: Paint, row: Row) => (text: string) => string;
}

const GAP = '  ';

/** The head, and one line a row. Columns that are empty in every row are left out, unless they are the first. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[], paint: Paint): string[] {
  const cells = columns.map((column) => rows.map((row) => safe(column.cell(row))));
  const shown = columns.flatMap((column, index) => {
    const texts = cells[index] ?? [];
    if (index > 0 && rows.length > 0 && texts.every((text) => text === '')) return [];
    const width = Math.max(widthOf(column.title), ...texts.map(widthOf));
    return [{ column, texts, width }];
  });
  const line = (parts: readonly string[]): string => parts.join(GAP).trimEnd();
  const head = line(shown.map(({ column, width }) => padded(column.title, width, column.align ?? 'left')));
  const body = rows.map((row, index) =>
    line(
      shown.map(({ column, texts, width }) => {
        const text = padded(texts[index] ?? '', width, column.align ?? 'left');
        return column.paint === undefined ? text : column.paint(paint, row)(text);
      }),
    ),
  );
  return [paint.bold(head), ...body];
}

/** Pairs of a name and a value, one a line, the values aligned. Empty values are left out. */
export function fieldLines(fields: readonly (readonly [name: string, value: string])[], paint: Paint): string[] {
  const shown = fields.filter(([, value]) => value !== '');
  const width = Math.max(0, ...shown.map(([name]) => widthOf(name)));
  return shown.map(([name, value]) => `${paint.dim(padded(name, width, 'left'))}  ${safe(value)}`);
}
