// What an import of a nodeinfo.xml did, as a diff: a host a line, below it what else is to be said.

import type { NodeInfoChange, NodeInfoField } from '#gen/virtdc/v1/host_info_service.js';
import type { Size } from './amounts.js';
import type { Paint } from './paint.js';
import { safe } from './text.js';
import { bare } from './words.js';

/** The diff of an import; `details` are the service's remarks on a host. */
export function nodeInfoLines(
  changes: readonly NodeInfoChange[],
  size: Size,
  paint: Paint,
  { details = true }: { readonly details?: boolean } = {},
): string[] {
  return changes.flatMap(({ hostname, kind, fields, detail, over }) => {
    const word = bare(kind, 'NODE_INFO_CHANGE_KIND').toLowerCase();
    const sign = { added: paint.green('+'), updated: paint.yellow('~'), removed: paint.red('-') }[word] ?? ' ';
    const figures = fields.filter(isWorthALook(fields)).map((field) => fieldText(field, size));
    const head = `${sign} ${paint.bold(safe(hostname))} ${[word, ...figures].join(', ')}`;
    const more = [details ? detail : '', over === undefined ? '' : 'more is claimed on it than it may sell now'].filter(
      (text) => text !== '',
    );
    return [head, ...more.map((text) => paint.dim(`    ${safe(text)}`))];
  });
}

/** A new host's zeros and a migration URI that is the URI say nothing. */
function isWorthALook(fields: readonly NodeInfoField[]): (field: NodeInfoField) => boolean {
  const uri = fields.find(({ field }) => field === 'uri')?.after;
  return ({ field, before, after }) =>
    before !== '' || !(isNothing(after) || (field === 'migration_uri' && after === uri));
}

function isNothing(value: string): boolean {
  return value === '' || value === '0';
}

/** Fields in KiB as sizes: `max_memory 64 GiB`. */
function fieldText({ field, before, after }: NodeInfoField, size: Size): string {
  const inKib = field.endsWith('_kib');
  const value = (text: string): string => (inKib && /^\d+$/.test(text) ? size(BigInt(text)) : safe(text));
  const name = safe(inKib ? field.slice(0, -'_kib'.length) : field);
  return before === '' ? `${name} ${value(after)}` : `${name} ${value(before)} → ${value(after)}`;
}
