// A strict reader for the XML that virtdc takes from outside: well-formed to the letter, bounded, and without a DTD.
// Lenient readers are a way in here: what one program forgives, libvirt may read differently.

import { isXmlText } from './serialize.js';
import type { XmlElement, XmlNode } from './tree.js';

/** TOO_LARGE: refused unread. FORBIDDEN: well-formed or not, virtdc takes no such thing (a DTD, an entity, too deep). */
export type XmlProblemKind = 'TOO_LARGE' | 'FORBIDDEN' | 'MALFORMED';

export interface XmlProblem {
  readonly kind: XmlProblemKind;
  readonly message: string;
  /** Where it was met, counted from 1; 0 where it concerns the whole text. */
  readonly line: number;
  readonly column: number;
}

export type XmlParsed =
  | { readonly ok: true; readonly root: XmlElement }
  | { readonly ok: false; readonly problem: XmlProblem };

export interface XmlBounds {
  readonly maxTextBytes: number;
  readonly maxXmlDepth: number;
}

/** For what libvirt itself answers: as long as its protocol lets a text be. */
export const LIBVIRT_BOUNDS: XmlBounds = { maxTextBytes: 4 * 1024 * 1024, maxXmlDepth: 64 };

const NAME =
  /[A-Z_a-z\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{2FF}\u{370}-\u{37D}\u{37F}-\u{1FFF}\u{200C}-\u{200D}\u{2070}-\u{218F}\u{2C00}-\u{2FEF}\u{3001}-\u{D7FF}\u{F900}-\u{FDCF}\u{FDF0}-\u{FFFD}\u{10000}-\u{EFFFF}][-.\w\u{B7}\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{37D}\u{37F}-\u{1FFF}\u{200C}-\u{200D}\u{203F}-\u{2040}\u{2070}-\u{218F}\u{2C00}-\u{2FEF}\u{3001}-\u{D7FF}\u{F900}-\u{FDCF}\u{FDF0}-\u{FFFD}\u{10000}-\u{EFFFF}]*/u
    .source;
const QNAME = new RegExp(`(?:${NAME}:)?${NAME}`, 'uy');
const SPACE = /[ \t\n]*/y;
const REFERENCE = /&(?:#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6})|([^;&\s]{0,64}));|&/gu;
const XML_DECLARATION =
  /<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.[0-9]+"|'1\.[0-9]+')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"([-\w.]+)"|'([-\w.]+)'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/y;
const PREDEFINED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', apos: "'", quot: '"' };

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

class Stop extends Error {
  constructor(
    readonly kind: XmlProblemKind,
    message: string,
    readonly index: number,
  ) {
    super(message);
  }
}

/** Reads one document. The size is checked before anything else is looked at. */
export function parseXml(source: string, bounds: XmlBounds): XmlParsed {
  const bytes = Buffer.byteLength(source);
  if (bytes > bounds.maxTextBytes) {
    const message = `${bytes} bytes of XML, at most ${bounds.maxTextBytes} are taken`;
    return { ok: false, problem: { kind: 'TOO_LARGE', message, line: 0, column: 0 } };
  }
  const text = source.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  try {
    return { ok: true, root: new Reader(text, bounds.maxXmlDepth).document() };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const before = text.slice(0, error.index).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    return { ok: false, problem: { kind: error.kind, message: error.message, line: before.length, column } };
  }
}

/** Reads what libvirt itself wrote; throws if that is no XML, which would be a bug of one of us. */
export function parseLibvirtXml(source: string): XmlElement {
  const parsed = parseXml(source, LIBVIRT_BOUNDS);
  if (parsed.ok) return parsed.root;
  throw new Error(`not XML from libvirt: ${parsed.problem.message} (line ${parsed.problem.line})`);
}

/** An element that was opened and not closed yet, with the prefixes that hold inside it. */
interface Open {
  readonly element: XmlElement;
  readonly prefixes: ReadonlyMap<string, string>;
}

class Reader {
  private at = 0;
  private readonly open: Open[] = [];
  private root: XmlElement | undefined;

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {}

  document(): XmlElement {
    if (!isXmlText(this.text)) throw new Stop('MALFORMED', 'a character that XML does not allow', 0);
    this.declaration();
    while (this.at < this.text.length) this.next();
    const unclosed = this.open.at(-1);
    if (unclosed !== undefined) this.fail(`<${unclosed.element.name}> is not closed`);
    if (this.root === undefined) this.fail('no element');
    return this.root;
  }

  private declaration(): void {
    if (!/^<\?xml[ \t\n]/.test(this.text)) return;
    XML_DECLARATION.lastIndex = 0;
    const found = XML_DECLARATION.exec(this.text);
    if (found === null) this.fail('the XML declaration is not well-formed');
    const encoding = (found[1] ?? found[2] ?? 'utf-8').toLowerCase();
    if (encoding !== 'utf-8' && encoding !== 'us-ascii') this.forbid(`encoding ${encoding}: only UTF-8 is taken`);
    this.at = XML_DECLARATION.lastIndex;
  }

  private next(): void {
    if (!this.text.startsWith('<', this.at)) this.characters();
    else if (this.text.startsWith('<!--', this.at)) this.comment();
    else if (this.text.startsWith('<![CDATA[', this.at)) this.cdata();
    else if (this.text.startsWith('<!', this.at)) this.forbid('a document type declaration is not taken');
    else if (this.text.startsWith('<?', this.at)) this.instruction();
    else if (this.text.startsWith('</', this.at)) this.endTag();
    else this.startTag();
  }

  private characters(): void {
    const end = this.find('<', this.text.length);
    const raw = this.text.slice(this.at, end);
    if (raw.includes(']]>')) this.fail("']]>' in text");
    const inside = this.open.at(-1);
    if (inside !== undefined) append(inside.element, this.resolve(raw));
    else if (/[^ \t\n]/.test(raw)) this.fail('text outside the root element');
    this.at = end;
  }

  private comment(): void {
    const end = this.find('--', -1, 4);
    if (!this.text.startsWith('-->', end)) this.fail("a comment is not closed, or has '--' in it");
    this.at = end + 3;
  }

  private cdata(): void {
    const inside = this.open.at(-1);
    if (inside === undefined) this.fail('CDATA outside the root element');
    const end = this.find(']]>', -1, 9);
    if (end < 0) this.fail('CDATA is not closed');
    append(inside.element, this.text.slice(this.at + 9, end));
    this.at = end + 3;
  }

  private instruction(): void {
    const end = this.find('?>', -1, 2);
    if (end < 0) this.fail('a processing instruction is not closed');
    this.at += 2;
    const target = this.name('a processing instruction');
    if (target.toLowerCase() === 'xml') this.fail('an XML declaration is allowed at the very start only');
    if (this.at !== end && !/[ \t\n]/.test(this.text[this.at] ?? '')) this.fail('no space after a target');
    this.at = end + 2;
  }

  private endTag(): void {
    const closing = this.open.at(-1);
    if (closing === undefined) this.fail('an end tag without a start tag');
    this.at += 2;
    const name = this.name('an end tag');
    if (name !== closing.element.name) this.fail(`</${name}> where </${closing.element.name}> is due`);
    this.space();
    this.expect('>');
    this.open.pop();
  }

  private startTag(): void {
    if (this.open.length >= this.maxDepth) this.forbid(`elements nest deeper than ${this.maxDepth}`);
    if (this.open.length === 0 && this.root !== undefined) this.fail('a second root element');
    this.at += 1;
    const name = this.name('an element');
    const attributes = this.attributes();
    const prefixes = this.prefixes(attributes);
    const namespace = this.namespaceOf(name, prefixes);
    this.checkAttributeNames(attributes, prefixes);
    const made: XmlElement = { name, namespace, attributes, children: [] };
    const inside = this.open.at(-1);
    if (inside === undefined) this.root = made;
    else inside.element.children.push(made);
    if (this.text.startsWith('/', this.at)) this.at += 1;
    else this.open.push({ element: made, prefixes });
    this.expect('>');
  }

  private attributes(): Map<string, string> {
    const attributes = new Map<string, string>();
    for (;;) {
      const spaced = this.space();
      const char = this.text[this.at];
      if (char === '>' || char === '/' || char === undefined) return attributes;
      if (!spaced) this.fail('no space before an attribute');
      const name = this.name('an attribute');
      if (attributes.has(name)) this.fail(`attribute ${name} twice`);
      this.space();
      this.expect('=');
      this.space();
      attributes.set(name, this.attributeValue());
    }
  }

  private attributeValue(): string {
    const quote = this.text[this.at] ?? '';
    if (quote !== '"' && quote !== "'") this.fail('an attribute without quotes');
    const end = this.find(quote, -1, 1);
    if (end < 0) this.fail('an attribute is not closed');
    const raw = this.text.slice(this.at + 1, end);
    if (raw.includes('<')) this.fail("'<' in an attribute");
    const value = this.resolve(raw.replace(/[\t\n]/g, ' '));
    this.at = end + 1;
    return value;
  }

  /** Prefixes that hold inside the element; the default namespace has the empty one. */
  private prefixes(attributes: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    const outer = this.open.at(-1)?.prefixes ?? new Map([['xml', XML_NAMESPACE]]);
    let own: Map<string, string> | undefined;
    for (const [name, value] of attributes) {
      if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue;
      const prefix = name.slice(6);
      if (prefix === 'xmlns' || value === XMLNS_NAMESPACE || (prefix === 'xml') !== (value === XML_NAMESPACE)) {
        this.fail(`${name} binds a reserved name`);
      }
      if (prefix !== '' && value === '') this.fail(`${name} is empty`);
      own ??= new Map(outer);
      own.set(prefix, value);
    }
    return own ?? outer;
  }

  private namespaceOf(name: string, prefixes: ReadonlyMap<string, string>): string {
    const prefix = prefixOf(name);
    const namespace = prefixes.get(prefix);
    if (namespace === undefined && prefix !== '') this.fail(`prefix ${prefix} stands for nothing`);
    return namespace ?? '';
  }

  private checkAttributeNames(attributes: ReadonlyMap<string, string>, prefixes: ReadonlyMap<string, string>): void {
    const seen = new Set<string>();
    for (const name of attributes.keys()) {
      const prefix = prefixOf(name);
      if (prefix === '' || prefix === 'xmlns') continue;
      const expanded = `${this.namespaceOf(name, prefixes)} ${name.slice(prefix.length + 1)}`;
      if (seen.has(expanded)) this.fail(`attribute ${name} twice`);
      seen.add(expanded);
    }
  }

  private resolve(raw: string): string {
    if (!raw.includes('&')) return raw;
    return raw.replace(REFERENCE, (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) {
        const known = Object.hasOwn(PREDEFINED, name) ? PREDEFINED[name] : undefined;
        return known ?? this.forbid(`entity ${whole} is not taken`);
      }
      const code = decimal !== undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hex ?? '', 16);
      const char = code <= 0x10ffff ? String.fromCodePoint(code) : '\0';
      return isXmlText(char) ? char : this.fail("'&' that begins no reference, or one to no character");
    });
  }

  private name(of: string): string {
    QNAME.lastIndex = this.at;
    const found = QNAME.exec(this.text);
    if (found === null) this.fail(`${of} without a proper name`);
    this.at = QNAME.lastIndex;
    return found[0];
  }

  private space(): boolean {
    SPACE.lastIndex = this.at;
    SPACE.exec(this.text);
    const moved = SPACE.lastIndex > this.at;
    this.at = SPACE.lastIndex;
    return moved;
  }

  private expect(char: string): void {
    if (this.text[this.at] !== char) this.fail(`'${char}' expected`);
    this.at += 1;
  }

  private find(what: string, otherwise: number, skip = 0): number {
    const index = this.text.indexOf(what, this.at + skip);
    return index < 0 ? otherwise : index;
  }

  private fail(message: string): never {
    throw new Stop('MALFORMED', message, this.at);
  }

  private forbid(message: string): never {
    throw new Stop('FORBIDDEN', message, this.at);
  }
}

function prefixOf(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? '' : name.slice(0, colon);
}

/** Neighbouring pieces of text are one text. */
function append(to: XmlElement, text: string): void {
  if (text === '') return;
  const nodes: XmlNode[] = to.children;
  const last = nodes.at(-1);
  if (typeof last === 'string') nodes[nodes.length - 1] = last + text;
  else nodes.push(text);
}
