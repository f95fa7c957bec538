// A host that was proven to be off answers nothing, and needs to: it has no domain, runs no job and can begin nothing that
// was sent to it. So steps that wait for a host go on, by the same tables as ever, once somebody has proven that much.

import { type HostDriver, HypervisorError, type HypervisorErrorKind } from '../ports/hypervisor.js';

const HAS_NOTHING = {
  barrier: async () => {},
  domains: async () => [],
  domain: async () => undefined,
  domainMark: async () => undefined,
  migrationProgress: async () => undefined,
  completedMigration: async () => undefined,
  volume: async () => undefined,
} satisfies Partial<HostDriver>;

/** What ends something finds it ended; what would begin something is refused as unreachable. */
const REFUSED_AS: Partial<Record<keyof HostDriver, HypervisorErrorKind>> = {
  destroy: 'NO_DOMAIN',
  undefine: 'NO_DOMAIN',
  setAutostart: 'NO_DOMAIN',
  shutdown: 'NO_DOMAIN',
  abortJob: 'NO_DOMAIN',
  deleteVolume: 'NO_VOLUME',
};

const NOT_CALLS: ReadonlySet<string> = new Set<keyof HostDriver>(['address', 'render', 'listen', 'close']);

type Call = (...args: unknown[]) => Promise<unknown>;

/** The driver, which is asked before each call whether its host is off: that may be proven, or disproven, meanwhile. */
export function unlessDead(driver: HostDriver, isDead: () => boolean): HostDriver {
  const { hostname } = driver.address;
  const calls = Object.entries(driver)
    .filter(([name]) => !NOT_CALLS.has(name))
    .map(([name, call]) => {
      const guarded: Call = async (...args) => (isDead() ? answer(name, hostname) : (call as Call).apply(driver, args));
      return [name, guarded];
    });
  return { ...driver, ...(Object.fromEntries(calls) as Partial<HostDriver>) };
}

function answer(name: string, hostname: string): Promise<unknown> {
  if (name in HAS_NOTHING) return HAS_NOTHING[name as keyof typeof HAS_NOTHING]();
  const kind = REFUSED_AS[name as keyof HostDriver] ?? 'UNREACHABLE';
  throw new HypervisorError(kind, hostname, `host ${hostname} is off`);
}
