// Writes an XML tree as text that reads back as exactly the same tree.

import type { XmlElement, XmlNode } from './tree.js';

const TEXT_ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };

/** A reader turns white space of attributes into plain spaces unless it is written as a reference. */
const ATTRIBUTE_ESCAPES: Readonly<Record<string, string>> = {
  ...TEXT_ESCAPES,
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
};

/** What XML 1.0 cannot carry in any form. */
const NOT_A_CHAR = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

export class NotXmlError extends Error {
  override readonly name = 'NotXmlError';
}

export function escapeText(text: string): string {
  return legal(text).replace(/[&<>\r]/g, (char) => TEXT_ESCAPES[char] ?? char);
}

export function escapeAttribute(value: string): string {
  return legal(value).replace(/[&<>\r'\t\n]/g, (char) => ATTRIBUTE_ESCAPES[char] ?? char);
}

/** Throws NotXmlError for a character that no XML text can hold: callers check what users give before it comes here. */
export function serialize(node: XmlNode): string {
  const parts: string[] = [];
  write(node, parts);
  return parts.join('');
}

/** Whether the text can be written into XML at all. */
export function isXmlText(text: string): boolean {
  return !NOT_A_CHAR.test(text);
}

function write(node: XmlNode, parts: string[]): void {
  if (typeof node === 'string') {
    parts.push(escapeText(node));
    return;
  }
  parts.push('<', node.name);
  for (const [name, value] of node.attributes) parts.push(' ', name, "='", escapeAttribute(value), "'");
  if (isEmpty(node)) {
    parts.push('/>');
    return;
  }
  parts.push('>');
  for (const child of node.children) write(child, parts);
  parts.push('</', node.name, '>');
}

function isEmpty(node: XmlElement): boolean {
  return node.children.every((child) => child === '');
}

function legal(text: string): string {
  if (!isXmlText(text)) throw new NotXmlError('the text has a character that XML cannot carry');
  return text;
}
