// Many rows as a few parameters: each column is one text, split again by the server. That is several times cheaper, on
// both sides, than arrays with their quotes or one JSON text that is parsed as a whole first (see commit-statement.ts).

import { encode, isPlain, UnstorableError } from './document.js';

/** A character that JSON texts never have as it is. */
const SEPARATOR = '\u001f';
const SEPARATOR_SQL = 'chr(31)';
/** How SQL's null travels, in columns that may have it. JSON's null is that, too. */
const NULL = 'null';

/** A column of rows made from T, with what is known of all of them together. */
export interface Column<T, Context> {
  readonly name: string;
  /** What the text is cast to. */
  readonly type: 'text' | 'json' | 'jsonb' | 'boolean' | 'bigint' | 'timestamptz';
  readonly mayBeNull?: boolean;
  /** Must be free of the separator; plainText() sees to it. */
  of(row: T, context: Context): string;
}

export function parametersOf<T, Context>(
  columns: readonly Column<T, Context>[],
  rows: readonly T[],
  context: Context,
): string[] {
  // With one at the end of each value an empty text is a value, and no text is no row.
  return columns.map((column) => rows.map((row) => column.of(row, context) + SEPARATOR).join(''));
}

/** SQL for the rows, to stand behind FROM: the columns by their names, and n from 1. `count` is SQL for their number. */
export function rowsSql(columns: readonly Column<never, never>[], firstParameter: number, count: string): string {
  const texts = columns.map(({ mayBeNull = false }, index) => {
    const nullText = mayBeNull ? `, '${NULL}'` : '';
    return `string_to_array($${firstParameter + index}::text, ${SEPARATOR_SQL}${nullText})`;
  });
  const cast = columns.map(({ name, type }) => (type === 'text' ? name : `${name}::${type} as ${name}`));
  const names = columns.map(({ name }) => name);
  return `(select ${cast.join(', ')}, n
    from unnest(${texts.join(',\n      ')}) with ordinality as texts (${names.join(', ')}, n)
    where n <= ${count})`;
}

export function plainText(text: string): string {
  // The separator is one of the characters that need escapes.
  if (isPlain(text)) return text;
  if (text.includes(SEPARATOR)) throw new UnstorableError('a key or a name holds a separator');
  // Refuses what Postgres would; the JSON text itself is of no use here.
  encode(text);
  return text;
}

export function orNull(text: string | undefined): string {
  return text ?? NULL;
}
