// What an import of a nodeinfo.xml did, as a diff: a host a line, below it what else is to be said.

import type { NodeInfoChange, NodeInfoField } from '#gen/virtdc/v1/host_info_service.js';
import type { Size } from './entities.js';
import type { Paint } from './paint.js';
import { safe } from './text.js';
import { bare } from './words.js';

/** The diff of an import. */
export function nodeInfoLines(changes: readonly NodeInfoChange[], size: Size, paint: Paint): string[] {
  return changes.flatMap(({ hostname, kind, fields, detail, over }) => {
    const word = bare(kind, 'NODE_INFO_CHANGE_KIND').toLowerCase();
    const sign = { added: paint.green('+'), updated: paint.yellow('~'), removed: paint.red('-') }[word] ?? ' ';
    const figures = fields
      .filter(({ before, after }) => before !== '' || !isNothing(after))
      .map((field) => fieldText(field, size));
    const head = `${sign} ${safe(hostname)} ${paint.dim(word)}${figures.length > 0 ? `: ${figures.join(', ')}` : ''}`;
    const more = [detail, over === undefined ? '' : 'more is claimed on it than it may sell now'].filter(
      (text) => text !== '',
    );
    return [head, ...more.map((text) => paint.dim(`    ${safe(text)}`))];
  });
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
