// Colours, where they are wanted: each painter leaves the text as it is where they are not.

export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

export const PLAIN: Paint = {
  bold: (text) => text,
  dim: (text) => text,
  red: (text) => text,
  green: (text) => text,
  yellow: (text) => text,
  cyan: (text) => text,
};

const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;

export const COLOURS: Paint = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  cyan: sgr(36, 39),
};

/** no-color.org and FORCE_COLOR; otherwise colours are for terminals. */
export function paintFor(isTerminal: boolean, wanted: boolean, environment: NodeJS.ProcessEnv): Paint {
  if (!wanted || (environment.NO_COLOR ?? '') !== '') return PLAIN;
  if ((environment.FORCE_COLOR ?? '0') !== '0') return COLOURS;
  return isTerminal && environment.TERM !== 'dumb' ? COLOURS : PLAIN;
}
