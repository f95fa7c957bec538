// virtdc's mark inside a domain's metadata: which guest it is, and which operation of which leader's epoch made it.

import type { DomainMark } from '../fleet/guest-definition.js';
import { parseLibvirtXml } from './parse.js';
import { attribute, childrenNamed, element, elementsOf, ensureChild, removeChildren, type XmlElement } from './tree.js';

export const MARK_NAMESPACE = 'https://virtdc.dev/xmlns/domain/1';

function isMark(node: XmlElement): boolean {
  return node.namespace === MARK_NAMESPACE;
}

export function setMark(domain: XmlElement, mark: DomainMark): void {
  const metadata = ensureChild(domain, 'metadata');
  removeChildren(metadata, isMark);
  const attributes = {
    'xmlns:virtdc': MARK_NAMESPACE,
    vmid: mark.vmid,
    operation: mark.operation,
    epoch: String(mark.epoch),
  };
  metadata.children.push(element('virtdc:guest', attributes, [], MARK_NAMESPACE));
}

/** undefined: no mark, or none that virtdc wrote whole. */
export function readMark(domain: XmlElement): DomainMark | undefined {
  const found = childrenNamed(domain, 'metadata').flatMap((metadata) => elementsOf(metadata).filter(isMark))[0];
  return found === undefined ? undefined : markOf(found);
}

/** The mark in the fragment that libvirt answers for its namespace; undefined for an empty text. */
export function parseMark(fragment: string): DomainMark | undefined {
  return fragment === '' ? undefined : markOf(parseLibvirtXml(fragment));
}

function markOf(found: XmlElement): DomainMark | undefined {
  const [vmid, operation, epoch] = ['vmid', 'operation', 'epoch'].map((name) => attribute(found, name));
  if (!vmid || operation === undefined || epoch === undefined || !/^\d{1,15}$/.test(epoch)) return undefined;
  return { vmid, operation, epoch: Number(epoch) };
}
