// Every reason for a refusal is reached by some command, and carries what its sentence says as data.

import assert from 'node:assert/strict';
import { addImage } from '../../src/commands/add-image.js';
import { cancelOperation } from '../../src/commands/cancel-operation.js';
import { confirmHostDead } from '../../src/commands/confirm-host-dead.js';
import { cordonHost } from '../../src/commands/cordon-host.js';
import { deleteBaseGuest } from '../../src/commands/delete-base-guest.js';
import { importBaseGuest } from '../../src/commands/import-base-guest.js';
import { migrateGuest } from '../../src/commands/migrate-guest.js';
import { pauseGuest } from '../../src/commands/pause-guest.js';
import { registerHost } from '../../src/commands/register-host.js';
import { registerPool } from '../../src/commands/register-pool.js';
import { removeHost } from '../../src/commands/remove-host.js';
import { removePool } from '../../src/commands/remove-pool.js';
import { scaleCpu } from '../../src/commands/scale-cpu.js';
import { startGuest } from '../../src/commands/start-guest.js';
import { submitGuest } from '../../src/commands/submit-guest.js';
import { terminateGuest } from '../../src/commands/terminate-guest.js';
import type { Command } from '../../src/fleet/decision.js';
import type { Fleet } from '../../src/fleet/fleet.js';
import type { HostFacts } from '../../src/fleet/host.js';
import type { RefusalReason } from '../../src/fleet/refusal.js';
import { PLAIN_TRAITS } from '../../src/fleet/traits.js';
import { kib, parseFleet } from '../fleets/parse.js';
import { accepted, fail, PLAIN_MOVE, refused } from './decide.js';
import { cpuScaling, migration, submission } from './requests.js';

const FLEET = `
  policy | overhead=0+0 pool=local
  host | a    | 4 | 8GiB | 100GiB | uuid=machine-a
  host | twin | 4 | 8GiB | 100GiB | uuid=machine-a
  host | dead | 4 | 8GiB | 100GiB | DEAD
  host | nfs  | 4 | 8GiB | 100GiB | CORDONED
  pool | local  | LOCAL | a |
  pool | shared | SHARED | a nfs | exported=nfs
  image | local | a | debian | 1GiB
  base | web | vda=debian | | pc
  guest | g | a    | 4/8 | 1GiB | 4GiB | pool=local image=debian
  guest | d | dead | 1   | 1GiB | 4GiB |`;

type Provoke = (fleet: Fleet) => Command<unknown>;

const on = (vmid: string) => ({ vmid, expectedRevision: 0 });
const onHost = (hostname: string) => ({ hostname, expectedRevision: 0 });

function registration(fleet: Fleet, hostname: string): Command<unknown> {
  const facts = fleet.get('host', 'a')?.observed as HostFacts;
  const uri = 'sim://x';
  const declared = { capacity: { ioKib: 1 }, ratios: {}, reserve: {}, maxIoKibPerS: 0, labels: {}, zone: '' };
  return registerHost({ hostname, ipAddress: '', uri, migrationUri: uri, facts, ...declared });
}

const image = { pool: 'local', hostname: 'a', name: 'debian', format: 'qcow2', sizeBytes: 1, virtualKib: 1 } as const;
const base = { diskTargets: [], images: {}, nics: [], machineType: '', replace: false, expectedRevision: 0 };

/** REQUEST_ID_REUSED is the authority's alone. */
const REASONS: Readonly<Record<Exclude<RefusalReason, 'REQUEST_ID_REUSED'>, Provoke>> = {
  INVALID_FIELDS: () => submitGuest(submission('x', { cpu: 0 })),
  STALE_REVISION: () => pauseGuest({ vmid: 'g', expectedRevision: 999 }),
  HOST_NOT_FOUND: () => cordonHost(onHost('nowhere')),
  HOST_EXISTS: (fleet) => registration(fleet, 'a'),
  HOST_HAS_GUESTS: () => removeHost(onHost('a')),
  HOST_IN_USE: () => removeHost(onHost('nfs')),
  HOST_UNREACHABLE: () => pauseGuest(on('d')),
  HOST_ANSWERS: () => confirmHostDead({ ...onHost('a'), answers: false }),
  SAME_MACHINE: (fleet) => registration(fleet, 'third-name'),
  POOL_NOT_FOUND: () => removePool({ name: 'nowhere', expectedRevision: 0 }),
  POOL_EXISTS: () =>
    registerPool({ name: 'local', kind: 'LOCAL', locking: false, hosts: [], capacityKib: 0, exportedBy: '' }),
  POOL_IN_USE: () => removePool({ name: 'local', expectedRevision: 0 }),
  POOL_REQUIRED: (fleet) => {
    accepted(fleet, importBaseGuest({ ...base, name: 'disky', xml: '<d/>', diskTargets: ['vda'] }));
    fleet.apply({ kind: 'policy', key: 'cluster', after: undefined, deleteReason: undefined });
    return submitGuest(submission('x', { baseGuest: 'disky' }));
  },
  IMAGE_EXISTS: () => addImage({ ...image, sha256: 'b'.repeat(64) }),
  BASE_GUEST_NOT_FOUND: () => deleteBaseGuest({ name: 'none', expectedRevision: 0 }),
  BASE_GUEST_EXISTS: () => importBaseGuest({ ...base, name: 'web', xml: '<other/>' }),
  GUEST_NOT_FOUND: () => terminateGuest(on('nobody')),
  GUEST_EXISTS: () => submitGuest(submission('g')),
  GUEST_BUSY: (fleet) => {
    accepted(fleet, pauseGuest(on('g')));
    return pauseGuest(on('g'));
  },
  GUEST_STATE: () => startGuest(on('g')),
  WRONG_HOST: () => scaleCpu(cpuScaling('g', 5, { hostname: 'nfs' })),
  NO_HOST_FITS: () => submitGuest(submission('x', { memoryKib: kib('64GiB') })),
  HOST_DOES_NOT_FIT: () => scaleCpu(cpuScaling('g', 8)),
  MIGRATION_IMPOSSIBLE: () =>
    migrateGuest(migration('g', { facts: { ...PLAIN_MOVE, traits: { ...PLAIN_TRAITS, tpm: 'PASSTHROUGH' } } })),
  OPERATION_NOT_FOUND: () => cancelOperation({ operation: 'op-none' }),
  OPERATION_ENDED: (fleet) => {
    const { operation } = accepted(fleet, pauseGuest(on('g')));
    fail(fleet, operation.name);
    return cancelOperation({ operation: operation.name });
  },
  NOT_CANCELLABLE: (fleet) => cancelOperation({ operation: accepted(fleet, terminateGuest(on('g'))).operation.name }),
};

describe('refusals', () => {
  for (const [reason, provoke] of Object.entries(REASONS)) {
    it(`${reason} is reached, and says what it speaks of`, () => {
      const fleet = parseFleet(FLEET);
      const command = provoke(fleet);
      const revision = fleet.revision;
      const refusal = refused(fleet, command, reason as RefusalReason);
      assert.equal(fleet.revision, revision);
      assert.ok(refusal.message.length > 0);
      assert.ok(reason === 'INVALID_FIELDS' ? refusal.violations.length > 0 : Object.keys(refusal.metadata).length > 0);
      assert.equal(refusal.explanation !== undefined, reason === 'NO_HOST_FITS' || reason === 'HOST_DOES_NOT_FIT');
      const told = new Set(Object.values(refusal.metadata).flatMap((text) => text.match(/\d+/g) ?? []));
      const named = Object.values(refusal.metadata).join(' ');
      if (refusal.violations.length > 0) return;
      for (const number of refusal.message.match(/(?<![\w-])\d+(?![\w-])/g) ?? []) {
        assert.ok(
          told.has(number) || named.includes(number),
          `${number} of "${refusal.message}" is not in the metadata`,
        );
      }
    });
  }
});
