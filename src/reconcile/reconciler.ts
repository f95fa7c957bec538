// Keeps one watch on every host of the fleet, as hosts come, change their address and go, while this process leads: what
// one that follows sees is nobody's news.

import type { Logger } from 'pino';
import type { AuthorityHealth, RunningAuthority } from '../authority/authority.js';
import type { Host } from '../fleet/host.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import type { Hypervisor } from '../ports/hypervisor.js';
import type { HostEvents } from '../telemetry/host-events.js';
import { CpuBaseline } from './cpu-baseline.js';
import { HostWatch } from './host-watch.js';
import { Turns } from './turns.js';

export interface ReconcilerParts {
  readonly authority: RunningAuthority;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: HostEvents;
  readonly hypervisor: Hypervisor;
}

export interface Reconciler {
  start(): void;
  stop(): Promise<void>;
  /** Looks at the hosts now; resolves when each was looked at, or could not be. */
  lookNow(hostnames: readonly string[]): Promise<void>;
  /** When the host last answered a look; undefined if it has not yet. */
  lastSeen(hostname: string): Date | undefined;
}

export function createReconciler(parts: ReconcilerParts): Reconciler {
  const { authority, clock, hypervisor } = parts;
  const watches = new Map<string, { readonly address: string; readonly watch: HostWatch }>();
  const ending = new Set<Promise<void>>();
  const cpuBaseline = new CpuBaseline(parts);
  const turns = {
    contact: new Turns(clock, LIMITS.firstContactsAtOnce, LIMITS.firstContactTurnMs),
    facts: new Turns(clock, LIMITS.hostFactsAtOnce, LIMITS.libvirtCallDeadlineMs),
  };
  let subscriptions: readonly (() => void)[] = [];
  let watching = false;

  function end(hostname: string): void {
    const stopped = watches.get(hostname)?.watch.stop();
    watches.delete(hostname);
    if (stopped === undefined) return;
    ending.add(stopped);
    void stopped.finally(() => ending.delete(stopped));
  }

  /** A large fleet is looked at less often, but often enough. */
  function lookEveryMs(): number {
    const atPaceMs = authority.fleet.count('host') * LIMITS.reconcilePaceMs;
    return Math.min(Math.max(LIMITS.reconcileEveryMs, atPaceMs), LIMITS.reconcileAtLeastEveryMs);
  }

  function keep(host: Host): void {
    const address = `${host.uri} ${host.migrationUri}`;
    const known = watches.get(host.hostname);
    if (known?.address === address) return;
    end(host.hostname);
    const watch = new HostWatch({ ...parts, driver: hypervisor.host(host), turns, lookEveryMs });
    watches.set(host.hostname, { address, watch });
    watch.start();
  }

  function watchAll(): void {
    watching = true;
    for (const host of authority.fleet.all('host')) keep(host);
  }

  function watchNone(): void {
    watching = false;
    for (const hostname of [...watches.keys()]) end(hostname);
  }

  function healthChanged({ state }: AuthorityHealth): void {
    if (state === 'LEADING' && !watching) watchAll();
    else if (state === 'FOLLOWING' || state === 'FAILED') watchNone();
  }

  return {
    start() {
      const committed = authority.onCommit((entries) => {
        if (!watching) return;
        for (const entry of entries) {
          if (entry.kind !== 'host') continue;
          cpuBaseline.hostChanged(entry.key, entry.after);
          if (entry.after === undefined) end(entry.key);
          else keep(entry.after);
        }
      });
      subscriptions = [committed, authority.onHealth(healthChanged)];
      if (authority.leads) watchAll();
    },
    async stop() {
      for (const unsubscribe of subscriptions) unsubscribe();
      watchNone();
      await Promise.all([...ending, cpuBaseline.idle()]);
    },
    lastSeen: (hostname) => watches.get(hostname)?.watch.lastSeen,
    async lookNow(hostnames) {
      await Promise.all(hostnames.map(async (hostname) => await watches.get(hostname)?.watch.lookNow()));
    },
  };
}
