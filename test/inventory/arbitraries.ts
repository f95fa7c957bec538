// Any entity of any kind, for properties. The compiler holds these to the nouns: a new field has to come here too.

import fc from 'fast-check';
import type { Entities, EntityKind } from '../../src/fleet/change.js';
import type { OperationInput } from '../../src/fleet/operation.js';

/** Any text that Postgres takes, with all that JSON, SQL and our own escapes may stumble over. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((s) => s.replaceAll('\0', '')),
  fc.constantFrom(
    '',
    '$date',
    '$',
    '\\u0000',
    '"\\',
    "it's; --",
    '{"$null":true}',
    '\u0001\u001f',
    '__proto__',
    'ünï😀',
  ),
);
const record: typeof fc.record = (model: object, constraints?: object) =>
  fc.record(model, { noNullPrototype: true, ...constraints }) as never;
const amount = fc.nat({ max: 2 ** 31 - 1 });
const kib = fc.integer({ min: 0, max: 2 ** 43 });
const date = fc.date({ noInvalidDate: true, min: new Date('1970-01-01'), max: new Date('2100-01-01') });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const texts = fc.array(text, { maxLength: 3 });
const labels = fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true });
const resources = record({ cpu: amount, memoryKib: kib, ioKib: kib });
const format = fc.constantFrom('qcow2' as const, 'raw' as const);

const hostFacts = record({
  cpu: amount,
  memoryKib: kib,
  libvirtHostname: text,
  libvirtUuid: text,
  libvirtVersion: text,
  hypervisorVersion: text,
  arch: text,
  cpuModel: text,
  cpuXml: text,
  pools: texts,
  networks: texts,
  bridges: texts,
  machineTypes: texts,
  cpuUnplug: fc.boolean(),
});

const operationInput: fc.Arbitrary<OperationInput> = fc.oneof(
  record({ kind: fc.constant('CREATE_GUEST' as const) }),
  record({ kind: fc.constant('STOP_GUEST' as const), force: fc.boolean(), graceS: amount }),
  record({ kind: fc.constant('SCALE_CPU' as const), from: amount, to: amount, move: text }),
);

const ARBITRARY: { readonly [K in EntityKind]: fc.Arbitrary<Omit<Entities[K], KeyFields[K] | 'revision'>> } = {
  host: record({
    ipAddress: text,
    uri: text,
    migrationUri: text,
    adminState: fc.constantFrom('AVAILABLE', 'CORDONED'),
    condition: fc.constantFrom('READY', 'UNREACHABLE'),
    conditionReason: text,
    capacity: resources,
    ratios: record({ cpu: fc.double({ min: 0.1, max: 64, noNaN: true }), memoryKib: amount, ioKib: amount }),
    reserve: resources,
    maxIoKibPerS: kib,
    observed: maybe(hostFacts),
    leftBehind: fc.array(
      record({
        vmid: text,
        uuid: fc.uuid(),
        marked: fc.boolean(),
        volumes: fc.array(record({ pool: text, volume: text }), { maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
    labels,
    zone: text,
    createdAt: date,
    cause: text,
  }),
  guest: record({
    uuid: fc.uuid(),
    domainName: text,
    hostname: text,
    state: fc.constantFrom('PENDING', 'RUNNING', 'UNKNOWN'),
    stateReason: text,
    currentCpu: amount,
    maxCpu: amount,
    currentMemoryKib: kib,
    maxMemoryKib: kib,
    ioKib: kib,
    observed: maybe(
      record({
        at: date,
        pluggedCpu: maybe(amount),
        onlineCpu: maybe(amount),
        balloonKib: maybe(kib),
        bootId: maybe(text),
        addresses: texts,
      }),
    ),
    disks: fc.array(
      record({
        target: text,
        pool: text,
        volume: text,
        path: text,
        format,
        baseImage: text,
        capacityKib: kib,
        role: fc.constantFrom('DISK', 'SEED'),
        madeByVirtdc: fc.boolean(),
      }),
      { maxLength: 2 },
    ),
    nics: fc.array(record({ kind: fc.constantFrom('NETWORK', 'BRIDGE'), source: text, mac: text }), {
      maxLength: 2,
    }),
    seed: maybe(record({ guestHostname: text, sshAuthorizedKeys: texts, userData: text })),
    baseGuest: text,
    template: text,
    persistent: fc.boolean(),
    adopted: fc.boolean(),
    restartPolicy: fc.constantFrom('NEVER', 'WITH_HOST', 'ON_HOST_FAILURE'),
    priority: amount,
    restarts: maybe(record({ count: amount, lastAt: date, failedOn: text })),
    operation: text,
    labels,
    createdBy: text,
    createdByRequest: text,
    createdAt: date,
    cause: text,
  }),
  claim: record({ kind: fc.constantFrom('GUEST', 'INCOMING', 'FOREIGN'), resources, retakeKib: kib }),
  pool: record({
    kind: fc.constantFrom('LOCAL', 'SHARED'),
    locking: fc.boolean(),
    hosts: texts,
    capacityKib: kib,
    exportedBy: text,
  }),
  image: record({ format, sizeBytes: kib, virtualKib: kib, sha256: text }),
  template: record({ xml: text }),
  baseGuest: record({
    template: text,
    images: labels,
    diskTargets: texts,
    nics: fc.array(record({ kind: fc.constantFrom('NETWORK', 'BRIDGE'), source: text }), { maxLength: 2 }),
    machineType: text,
    createdAt: date,
  }),
  operation: record({
    input: operationInput,
    target: text,
    parent: text,
    principal: text,
    state: fc.constantFrom('RUNNING', 'SUCCEEDED'),
    step: text,
    notes: labels,
    cancelRequested: fc.boolean(),
    error: maybe(record({ reason: text, message: text, metadata: labels })),
    migration: fc.constant(undefined),
    charged: resources,
    decision: maybe(
      record({
        strategy: fc.constantFrom('BEST_FIT', 'VECTOR_DOT'),
        winner: text,
        runnerUp: text,
        revision: amount,
        hostsConsidered: amount,
        rejected: fc.constantFrom({}, { INSUFFICIENT_CPU: 3 }),
      }),
    ),
    createdAt: date,
    startedAt: maybe(date),
    endedAt: maybe(date),
  }),
  policy: record({
    strategy: fc.constantFrom('FIRST_FIT', 'WORST_FIT'),
    defaultRatios: resources,
    defaultReserve: resources,
    overheadKib: kib,
    overheadPercent: amount,
    defaultPool: text,
    cpuBaselineXml: text,
  }),
};

/** What the key is made of, and therefore not any text. */
interface KeyFields {
  host: 'hostname';
  guest: 'vmid';
  claim: 'hostname' | 'vmid';
  pool: 'name';
  image: 'pool' | 'hostname' | 'name';
  template: 'key';
  baseGuest: 'name';
  operation: 'name';
  policy: never;
}

const KEY_FIELDS: { readonly [K in EntityKind]: readonly KeyFields[K][] } = {
  host: ['hostname'],
  guest: ['vmid'],
  claim: ['hostname', 'vmid'],
  pool: ['name'],
  image: ['pool', 'hostname', 'name'],
  template: ['key'],
  baseGuest: ['name'],
  operation: ['name'],
  policy: [],
};

/** An entity of the kind, its key one of few, so that the same one is met again. */
export function entityOf<K extends EntityKind>(kind: K): fc.Arbitrary<Entities[K]> {
  const name = fc.constantFrom('a', 'b', 'c');
  const keys = record(Object.fromEntries(KEY_FIELDS[kind].map((field) => [field, name])));
  return fc
    .tuple(ARBITRARY[kind], keys)
    .map(([body, key]) => ({ ...body, ...key, revision: 0 }) as unknown as Entities[K]);
}

export const ENTITY_KINDS = Object.keys(KEY_FIELDS) as EntityKind[];
