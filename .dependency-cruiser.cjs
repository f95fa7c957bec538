// The import rules of the house, checked by `npm run lint`. MAY_IMPORT lists, for each part of src/, the other parts it
// may import; everything else is refused. Read from top to bottom it is the order of the layers:
// fleet <- policy <- commands <- authority <- operations, reconcile, controllers <- rpc <- main.

const DECIDE = ['fleet', 'policy', 'commands', 'ports'];
const ACT = [...DECIDE, 'authority', 'telemetry', 'ledger'];
const SERVE = [...ACT, 'operations', 'reconcile', 'controllers', 'queries', 'watch', 'access', 'xml'];

const MAY_IMPORT = {
  // A libvirt client that could be a package of its own.
  libvirt: [],

  // Pure: nouns, choices, decisions.
  fleet: [],
  policy: ['fleet'],
  commands: ['fleet', 'policy'],

  // What the outside world looks like to the inside, and XML on trees.
  ports: ['fleet'],
  xml: ['fleet'],

  // The disk that tells a guest who it is, as bytes.
  seed: ['fleet'],

  // The one writer, and what stands beside it.
  authority: DECIDE,
  watch: DECIDE,
  queries: DECIDE,
  telemetry: DECIDE,
  ledger: DECIDE,
  access: ['fleet', 'ports'],

  // Loops and operations act through the writer.
  operations: ACT,
  reconcile: [...ACT, 'queries'],
  controllers: ACT,

  // Adapters: what implements a port knows the port and its own technology, not who calls.
  inventory: ['fleet', 'ports', 'db'],
  hypervisor: ['fleet', 'ports', 'xml', 'seed', 'libvirt'],
  clock: ['ports'],
  // Programs that switch hosts off.
  fencing: ['ports'],
  db: [],

  // What is served.
  rpc: [...SERVE, 'gen'],
  http: SERVE,

  // What uses the served API.
  client: ['gen'],
  cli: ['client', 'gen'],
};

/** Beyond that, whose types a part may name (import type), because what it needs of them is handed to it. */
const MAY_NAME = {
  commands: ['ports'],
  watch: ['authority'],
  queries: ['authority'],
  telemetry: ['authority'],
  ledger: ['authority'],
  rpc: ['config'],
  http: ['config', 'rpc'],
};

/** Parts that compose the others and that nobody imports. */
const ROOTS = ['main', 'service', 'config', 'may-listen', 'demo'];

/** Files every part but the fenced ones may import. */
const LIMITS = '^src/limits\\.ts$';
const WITHOUT_LIMITS = ['libvirt'];

const NODE_MODULES = '(^|/)node_modules/';

/** The path of a part: a folder or file of src/, or one of the two folders beside it. */
const folder = (part) => (['db', 'gen'].includes(part) ? `^${part}/` : `^src/${part}(/|\\.ts$)`);

function layer([part, others]) {
  const allowed = [part, ...others, ...(MAY_NAME[part] ?? [])].map(folder);
  if (!WITHOUT_LIMITS.includes(part)) allowed.push(LIMITS);
  return {
    name: `${part}-imports-only`,
    comment: `src/${part}/ may import ${others.length === 0 ? 'no other part' : `only ${others.join(', ')}`}`,
    severity: 'error',
    from: { path: folder(part) },
    // Everything in the repository that is not allowed; packages and Node's own modules have rules of their own.
    to: { path: '^(src|db|gen|test|bench)/', pathNot: allowed },
  };
}

function onlyTypes([part, named]) {
  return {
    name: `${part}-only-names`,
    comment: `src/${part}/ may import only types from ${named.join(', ')}`,
    severity: 'error',
    from: { path: folder(part) },
    to: { path: named.map(folder), dependencyTypesNot: ['type-only'] },
  };
}

module.exports = {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(layer),
    ...Object.entries(MAY_NAME).map(onlyTypes),
    {
      name: 'every-part-has-a-rule',
      comment: 'A new folder under src/ belongs into MAY_IMPORT before anything is imported in it',
      severity: 'error',
      from: { path: '^src/', pathNot: [...Object.keys(MAY_IMPORT), ...ROOTS, 'limits'].map(folder) },
      to: { path: '.' },
    },
    {
      name: 'limits-import-nothing',
      severity: 'error',
      from: { path: LIMITS },
      to: { path: '.' },
    },
    {
      name: 'roots-are-not-imported',
      comment: 'They compose the others; what a part needs is handed to it',
      severity: 'error',
      from: { path: '^(src|db)/', pathNot: ROOTS.map(folder) },
      to: { path: ROOTS.map(folder), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'src-imports-no-tests',
      severity: 'error',
      from: { path: '^(src|db)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'generated-code-stays-at-the-edge',
      comment: 'Only rpc/, cli/, client/ and demo/ know the messages of the API',
      severity: 'error',
      from: { path: '^(src|db)/', pathNot: '^src/(rpc|cli|client|demo)/' },
      to: { path: '^gen/' },
    },
    {
      name: 'sql-stays-in-the-inventory',
      comment: 'Only inventory/ and db/ know that there is SQL',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/inventory/' },
      to: { path: `${NODE_MODULES}(drizzle-orm|postgres|@electric-sql/pglite)/` },
    },
    {
      name: 'grpc-stays-at-the-edge',
      comment: 'Only rpc/, cli/, client/, demo/ and service.ts know that the API is gRPC',
      severity: 'error',
      from: { path: '^(src|db)/', pathNot: '^src/(rpc|cli|client|demo)/|^src/service\\.ts$' },
      to: { path: `${NODE_MODULES}(@grpc|nice-grpc[^/]*|@bufbuild/protobuf)/` },
    },
    {
      name: 'the-core-is-pure',
      comment: 'Decisions read no file, socket or environment; crypto is there for digests',
      severity: 'error',
      from: { path: '^src/(fleet|policy|commands|xml)/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(assert|crypto|util)' },
    },
    {
      name: 'no-cycles',
      comment: 'Types may refer to each other within a part; what runs may not',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      comment: 'A module that imports nothing and that nobody imports',
      severity: 'error',
      from: { orphan: true, pathNot: ['^test/.*\\.test\\.ts$', '^src/main\\.ts$', '^db/drizzle\\.config\\.ts$'] },
      to: {},
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared-packages',
      comment: 'A package that is imported is named in package.json; the service needs no development package',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^gen/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
