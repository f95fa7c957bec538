// What comes from a server, made harmless for a terminal; and how much room a text takes there.

/** Control characters, line and paragraph separators, and marks that reorder text or cannot be seen. */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const HARMFUL_IN_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;
const MARK = /\p{M}/u;

function escaped(char: string): string {
  return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
}

/** On one line, with whatever could move the cursor or hide something written out. */
export function safe(text: string): string {
  return text.replace(HARMFUL, escaped);
}

/** As safe, but line ends and tabs stay. */
export function safeLines(text: string): string {
  return text.replace(HARMFUL_IN_LINES, escaped);
}

/** Columns that a text takes, colours aside. */
export function widthOf(text: string): number {
  let width = 0;
  for (const char of withoutColour(text)) width += MARK.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours begin with
const COLOUR = /\u001b\[[0-9;]*m/g;

export function withoutColour(text: string): string {
  return text.replace(COLOUR, '');
}

export function padded(text: string, width: number, align: 'left' | 'right'): string {
  const room = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'left' ? text + room : room + text;
}
