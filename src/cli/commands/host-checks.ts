// virtdc hosts check: every host looked at from here and from each other host, with what is to be done.

import { CheckVerdict } from '#gen/virtdc/v1/check.js';
import type { HostCheck } from '#gen/virtdc/v1/host.js';
import { CheckHostsResponse } from '#gen/virtdc/v1/host_info_service.js';
import { AnswerIsNo } from '../failure.js';
import type { Invocation } from '../invocation.js';
import { type Column, tableLines } from '../table.js';
import { safe } from '../text.js';
import { bare, paintVerdict, plural } from '../words.js';

const CHECK_COLUMNS: readonly Column<HostCheck>[] = [
  { title: 'host', cell: ({ hostname }) => hostname },
  { title: 'seen from', cell: ({ peer }) => peer || '(here)' },
  { title: 'check', cell: ({ kind }) => bare(kind, 'HOST_CHECK_KIND') },
  {
    title: 'verdict',
    cell: ({ verdict }) => bare(verdict, 'CHECK_VERDICT'),
    paint: (paint, { verdict }) => paintVerdict(verdict, paint),
  },
  { title: 'what was seen', cell: ({ detail }) => detail },
];

export async function checkHosts(it: Invocation, _options: unknown, ...hostnames: string[]): Promise<void> {
  const checks: HostCheck[] = [];
  for await (const answer of it.client.hosts.checkHosts({ hostnames }, it.call)) {
    if (it.json) it.printJson(CheckHostsResponse.toJSON(answer), 'line');
    if (answer.check !== undefined) checks.push(answer.check);
    it.err.move(`${plural(checks.length, 'check')} ended`);
  }
  it.err.still();
  const place = ({ hostname, peer }: HostCheck): string => `${hostname}\0${peer}`;
  checks.sort((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0));
  if (!it.json) {
    it.out.lines(tableLines(CHECK_COLUMNS, checks, it.out.paint));
    it.out.lines(fixLines(checks));
  }
  if (checks.some(({ verdict }) => verdict === CheckVerdict.FAIL)) throw new AnswerIsNo();
}

/** What to do, once for each thing that is to be done. */
function fixLines(checks: readonly HostCheck[]): string[] {
  const fixes = checks.filter(({ fix }) => fix !== '').map(({ hostname, fix }) => `${safe(hostname)}: ${safe(fix)}`);
  return fixes.length === 0 ? [] : ['', 'To be done:', ...[...new Set(fixes)].map((fix) => `  ${fix}`)];
}
