// The answer of every reader here: the value, or everything that is wrong with the text.

import type { FieldViolation } from '../fleet/refusal.js';
import { parseXml, type XmlBounds } from './parse.js';
import type { XmlElement } from './tree.js';

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  /** tooLarge: refused unread for its size alone. `field` of a violation is a path in the XML, such as /domain/name. */
  | { readonly ok: false; readonly tooLarge: boolean; readonly violations: readonly FieldViolation[] };

export function violated(violations: readonly FieldViolation[]): Checked<never> {
  return { ok: false, tooLarge: false, violations };
}

/** Reads the text and hands on its root, if that has the name. */
export function readRoot(source: string, rootName: string, bounds: XmlBounds): Checked<XmlElement> {
  const parsed = parseXml(source, bounds);
  if (!parsed.ok) {
    const { kind, message, line, column } = parsed.problem;
    const where = line === 0 ? '' : ` (line ${line}, column ${column})`;
    return { ok: false, tooLarge: kind === 'TOO_LARGE', violations: [{ field: '/', description: message + where }] };
  }
  const { root } = parsed;
  if (root.name === rootName && root.namespace === '') return { ok: true, value: root };
  return violated([{ field: '/', description: `the root element is ${root.name}, ${rootName} is due` }]);
}
