// Metrics for Prometheus: calls, watchers, what the fleet has and what is left of it.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Authority } from '../authority/authority.js';
import { allocatable } from '../fleet/host.js';
import { isOpen } from '../fleet/operation.js';
import { RESOURCE_NAMES } from '../fleet/resources.js';
import type { CallMeter } from '../rpc/interceptors/requests.js';

export interface Metrics extends CallMeter {
  readonly contentType: string;
  text(): Promise<string>;
}

export function createMetrics(authority: Authority, watchers: () => number, auditRecordsLost: () => number): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const calls = new Counter({
    name: 'virtdc_calls_total',
    help: 'gRPC calls ended, by method and code.',
    labelNames: ['method', 'code'],
    registers,
  });
  const seconds = new Histogram({
    name: 'virtdc_call_seconds',
    help: 'Duration of unary and streaming gRPC calls.',
    labelNames: ['method'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  gauge(registers, 'virtdc_watchers', 'Open watches.', [], (set) => set({}, watchers()));
  gauge(registers, 'virtdc_audit_records_lost', 'Records that the audit log misses since the start.', [], (set) =>
    set({}, auditRecordsLost()),
  );
  gauge(registers, 'virtdc_revision', 'Revision of the last change.', [], (set) => set({}, authority.fleet.revision));
  gauge(registers, 'virtdc_leads', '1 where this process leads, 0 where it follows.', [], (set) =>
    set({}, authority.leads ? 1 : 0),
  );
  gauge(registers, 'virtdc_hosts', 'Hosts by condition.', ['condition'], (set) => {
    for (const [condition, count] of counted(authority.fleet.all('host'), (host) => host.condition))
      set({ condition }, count);
  });
  gauge(registers, 'virtdc_guests', 'Guests by state.', ['state'], (set) => {
    for (const [state, count] of counted(authority.fleet.all('guest'), (guest) => guest.state)) set({ state }, count);
  });
  gauge(registers, 'virtdc_open_operations', 'Open operations by kind.', ['kind'], (set) => {
    const open = [...authority.fleet.all('operation')].filter(isOpen);
    for (const [kind, count] of counted(open, (operation) => operation.input.kind)) set({ kind }, count);
  });
  gauge(registers, 'virtdc_allocatable', 'What may be sold of all hosts.', ['resource'], (set) => {
    for (const resource of RESOURCE_NAMES) {
      set(
        { resource },
        [...authority.fleet.all('host')].reduce((sum, host) => sum + allocatable(host)[resource], 0),
      );
    }
  });
  gauge(registers, 'virtdc_claimed', 'What is claimed on all hosts.', ['resource'], (set) => {
    for (const resource of RESOURCE_NAMES) {
      set(
        { resource },
        [...authority.fleet.all('host')].reduce(
          (sum, host) => sum + authority.fleet.claimed(host.hostname)[resource],
          0,
        ),
      );
    }
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    ended(method, code, ms) {
      calls.inc({ method, code });
      seconds.observe({ method }, ms / 1_000);
    },
  };
}

type Set = (labels: Record<string, string>, value: number) => void;

/** Read when it is asked for, never kept beside the fleet. */
function gauge(
  registers: Registry[],
  name: string,
  help: string,
  labelNames: string[],
  read: (set: Set) => void,
): void {
  const metric: Gauge = new Gauge({
    name,
    help,
    labelNames,
    registers,
    collect() {
      metric.reset();
      read((labels, value) => metric.set(labels, value));
    },
  });
}

function counted<T>(items: Iterable<T>, by: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(by(item), (counts.get(by(item)) ?? 0) + 1);
  return counts;
}
