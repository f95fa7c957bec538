// Every method called by everybody there is, against the table of roles; and each denial against the audit log.

import { writeFile } from 'node:fs/promises';
import { ChannelCredentials, createChannel, Metadata } from 'nice-grpc';
import { neededFor, ROLES, type Role } from '../../src/access/roles.js';
import { connect } from '../../src/client/connect.js';
import { everyOf } from '../../src/client/pages.js';
import { eventually } from '../eventually.js';
import { codeOf, pathOf, rawCall, SERVICES } from '../rpc/raw-call.js';
import { SIMULATED, type Stage } from './stage.js';

const CALLERS: readonly (readonly [string, Role | undefined, string | undefined])[] = [
  ['nobody', undefined, undefined],
  ['a stranger', undefined, 'bearer-token-of-nobody'],
  ['viewer', 'viewer', 'bearer-token-of-viewer'],
  ['operator', 'operator', 'bearer-token-of-operator'],
  ['admin', 'admin', 'bearer-token-of-admin'],
];
const DENIALS = ['UNAUTHENTICATED', 'PERMISSION_DENIED'];

export async function deniedAsAudited(stage: Stage, databaseUrl: string, sabotage: string | undefined): Promise<void> {
  const tokens = stage.file('tokens');
  const lines = CALLERS.flatMap(([name, role, token]) => (role === undefined ? [] : [`${token} bot-${name} ${role}`]));
  await writeFile(tokens, `${lines.join('\n')}\n`, { mode: 0o600 });
  const replica = await stage.replica('matrix', {
    environment: { ...SIMULATED, VIRTDC_TOKENS: tokens },
    databaseUrl,
    ...(sabotage !== undefined && { sabotage }),
  });
  await replica.start();
  const paths = SERVICES.flatMap((service) => service.methods.map(pathOf));
  stage.inject(`${paths.length} methods, each as ${CALLERS.map(([name]) => name).join(', ')}`);
  const channel = createChannel(replica.address, ChannelCredentials.createInsecure());
  const wrong: string[] = [];
  const denied = new Map<string, number>();
  for (const path of paths) {
    for (const [name, role, token] of CALLERS) {
      const metadata = token === undefined ? Metadata() : Metadata({ authorization: `Bearer ${token}` });
      const code = codeOf(await rawCall(channel, path, new Uint8Array(), metadata));
      const is = DENIALS.includes(code) ? code : 'served';
      const due = dueFor(path, role);
      if (is !== due) wrong.push(`${path} as ${name}: ${is}, due is ${due}`);
      if (is === 'served') continue;
      const entry = `${path.slice(1)} ${role ?? ''}`.trimEnd();
      denied.set(entry, (denied.get(entry) ?? 0) + 1);
    }
  }
  channel.close();
  const calls = paths.length * CALLERS.length;
  const refused = [...denied.values()].reduce((sum, count) => sum + count, 0);
  stage.check('the table of roles holds', wrong.length === 0, wrong[0] ?? `${calls} calls, ${refused} denied`);
  const missing = await missingInAudit(replica.address, denied);
  stage.check('each denial is in the audit log, once', missing.length === 0, missing[0] ?? `${refused} records`);
  const { code } = await replica.stop();
  stage.check('it ends with 0', code === 0, String(code));
}

function dueFor(path: string, role: Role | undefined): string {
  const needed = neededFor(path);
  if (needed === 'anyone') return 'served';
  if (role === undefined) return 'UNAUTHENTICATED';
  return needed !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(needed) ? 'served' : 'PERMISSION_DENIED';
}

/** What of the denials the log does not have, or has too often; it is written a moment later. */
async function missingInAudit(address: string, denied: ReadonlyMap<string, number>): Promise<string[]> {
  const client = connect(address, undefined, 'bearer-token-of-admin');
  let missing: string[] = [];
  const complete = async (): Promise<boolean> => {
    const records = await everyOf(
      (pageToken) =>
        client.operations.listAuditRecords({
          pageToken,
          pageSize: 1_000,
          filter: { decisions: ['AUDIT_DECISION_DENIED'] },
        }),
      (page) => page.records,
    );
    const found = new Map<string, number>();
    for (const { method, role } of records) {
      const entry = `${method} ${role}`.trimEnd();
      found.set(entry, (found.get(entry) ?? 0) + 1);
    }
    const all = new Set([...denied.keys(), ...found.keys()]);
    missing = [...all]
      .filter((entry) => found.get(entry) !== denied.get(entry))
      .map((entry) => `${entry}: ${denied.get(entry) ?? 0} denied, ${found.get(entry) ?? 0} in the log`);
    return missing.length === 0;
  };
  await eventually('the audit log has all denials', complete, { withinMs: 10_000, everyMs: 200 }).catch(() => false);
  client.close();
  return missing;
}
