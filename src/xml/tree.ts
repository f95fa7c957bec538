// An XML tree as virtdc edits it: elements, attributes and text, nothing else.
// Comments and processing instructions carry no meaning for libvirt and do not survive reading.

export interface XmlElement {
  /** As written, with its prefix. */
  readonly name: string;
  /** URI that the prefix (or the default namespace) stands for; empty for none, as in all of libvirt's own elements. */
  readonly namespace: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlNode[];
}

export type XmlNode = XmlElement | string;

export function element(
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  children: readonly XmlNode[] = [],
  namespace = '',
): XmlElement {
  return { name, namespace, attributes: new Map(Object.entries(attributes)), children: [...children] };
}

export function elementsOf(parent: XmlElement): XmlElement[] {
  return parent.children.filter((child) => typeof child !== 'string');
}

/** Children of that name without a namespace. */
export function childrenNamed(parent: XmlElement, name: string): XmlElement[] {
  return elementsOf(parent).filter((child) => child.name === name && child.namespace === '');
}

/** The first child of that name, going down one level a name. */
export function child(parent: XmlElement | undefined, ...names: readonly string[]): XmlElement | undefined {
  let at = parent;
  for (const name of names) at = at && childrenNamed(at, name)[0];
  return at;
}

/** The element's own text, trimmed; empty where there is no such element. */
export function textOf(of: XmlElement | undefined): string {
  return (of?.children ?? [])
    .filter((node) => typeof node === 'string')
    .join('')
    .trim();
}

export function attribute(of: XmlElement | undefined, name: string): string {
  return of?.attributes.get(name) ?? '';
}

export function setText(of: XmlElement, text: string): void {
  of.children.splice(0, of.children.length, text);
}

export function removeChildren(parent: XmlElement, matches: (child: XmlElement) => boolean): void {
  const kept = parent.children.filter((node) => typeof node === 'string' || !matches(node));
  parent.children.splice(0, parent.children.length, ...kept);
}

/** Sets the one child of that name: the first is kept with its attributes, others of the name go. */
export function ensureChild(parent: XmlElement, name: string): XmlElement {
  const [first, ...others] = childrenNamed(parent, name);
  if (others.length > 0) removeChildren(parent, (node) => others.includes(node));
  if (first !== undefined) return first;
  const made = element(name);
  parent.children.push(made);
  return made;
}

/** Every element below and including this one, parents first. */
export function* descendants(of: XmlElement): Generator<XmlElement> {
  yield of;
  for (const next of elementsOf(of)) yield* descendants(next);
}
