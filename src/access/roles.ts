// Who may call what: the one table from every method to the least role that it takes. What is not in it, nobody may call.

/** From the least to the most: each may do what the ones before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What a certificate may be given instead of a role: it may pass on calls of others, and call nothing for itself. */
export const REPLICA = 'replica';

/** `anyone`: also who shows nothing. */
export type Needed = Role | 'anyone';

/** viewer: looks. operator: runs guests. admin: says what the datacenter is made of, and what is copied into guests. */
const NEEDED: { readonly [service: string]: { readonly [method: string]: Needed } } = {
  'virtdc.v1.HostInfo': {
    ImportNodeInfo: 'admin',
    RegisterHost: 'admin',
    UpdateHost: 'admin',
    CordonHost: 'operator',
    UncordonHost: 'operator',
    RemoveHost: 'admin',
    ConfirmHostDead: 'admin',
    CheckHosts: 'operator',
    GetHost: 'viewer',
    ListHosts: 'viewer',
    WatchHosts: 'viewer',
    RegisterPool: 'admin',
    UpdatePool: 'admin',
    RemovePool: 'admin',
    ListPools: 'viewer',
    PushImage: 'admin',
    ListImages: 'viewer',
  },
  'virtdc.v1.GuestInfo': {
    GetGuest: 'viewer',
    ListGuests: 'viewer',
    UpdateGuest: 'operator',
    WatchGuests: 'viewer',
    AdoptGuests: 'admin',
    StartGuest: 'operator',
    StopGuest: 'operator',
    RebootGuest: 'operator',
    PauseGuest: 'operator',
    ResumeGuest: 'operator',
    OpenConsole: 'operator',
    ExportGuests: 'operator',
    ImportBaseGuest: 'admin',
    ListBaseGuests: 'viewer',
    DeleteBaseGuest: 'admin',
  },
  'virtdc.v1.Placement': {
    SubmitGuest: 'operator',
    SubmitGuests: 'operator',
    TerminateGuest: 'operator',
    CheckSpace: 'viewer',
    ExplainPlacement: 'viewer',
    GetClusterPolicy: 'viewer',
    SetClusterPolicy: 'admin',
  },
  'virtdc.v1.Migration': {
    MigrateGuest: 'operator',
    CheckMigration: 'viewer',
    GetMigration: 'viewer',
    ListMigrations: 'viewer',
    WatchMigration: 'viewer',
    CancelMigration: 'operator',
  },
  'virtdc.v1.Scaling': {
    ScaleCpu: 'operator',
    ScaleMemory: 'operator',
  },
  'virtdc.v1.Operations': {
    GetOperation: 'viewer',
    ListOperations: 'viewer',
    WaitOperation: 'viewer',
    CancelOperation: 'operator',
    Audit: 'operator',
    ListAuditRecords: 'admin',
    GetLeader: 'viewer',
  },
  // A load balancer asks without credentials; a stream is not for strangers to hold open.
  'grpc.health.v1.Health': { Check: 'anyone', Watch: 'viewer' },
  'grpc.reflection.v1.ServerReflection': { ServerReflectionInfo: 'viewer' },
  'grpc.reflection.v1alpha.ServerReflection': { ServerReflectionInfo: 'viewer' },
};

const NEEDED_BY_PATH: ReadonlyMap<string, Needed> = new Map(
  Object.entries(NEEDED).flatMap(([service, methods]) =>
    Object.entries(methods).map(([method, needed]) => [`/${service}/${method}`, needed] as const),
  ),
);

/** The paths of all methods that anybody may call. */
export const KNOWN_PATHS: readonly string[] = [...NEEDED_BY_PATH.keys()];

/** undefined: nobody may call it. The path is /package.Service/Method. */
export function neededFor(path: string): Needed | undefined {
  return NEEDED_BY_PATH.get(path);
}

export function suffices(role: Role | undefined, needed: Role): boolean {
  return role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

export function isRole(word: string): word is Role {
  return (ROLES as readonly string[]).includes(word);
}
