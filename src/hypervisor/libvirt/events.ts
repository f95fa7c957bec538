// libvirt's events in the terms of the port.

import {
  AgentState,
  CrashedDetail,
  DefinedDetail,
  type DomainEvent as LibvirtEvent,
  LifecycleEvent as LibvirtLifecycle,
  ResumedDetail,
  ShutdownDetail,
  StartedDetail,
  StoppedDetail,
  SuspendedDetail,
  UndefinedDetail,
} from '../../libvirt/client.js';
import type { DomainEvent, LifecycleEvent } from '../../ports/hypervisor.js';
import { isProbe } from './probe.js';
import { progressOf } from './progress.js';

type Names = ReadonlyMap<number, string>;

function namesOf(numbers: Readonly<Record<string, number>>): Names {
  return new Map(Object.entries(numbers).map(([name, number]) => [number, name]));
}

const LIFECYCLE: ReadonlyMap<number, LifecycleEvent> = new Map(
  Object.entries(LibvirtLifecycle).map(([name, number]) => [number, name as LifecycleEvent]),
);

const DETAILS: Readonly<Partial<Record<LifecycleEvent, Names>>> = {
  DEFINED: namesOf(DefinedDetail),
  UNDEFINED: namesOf(UndefinedDetail),
  STARTED: namesOf(StartedDetail),
  SUSPENDED: namesOf(SuspendedDetail),
  RESUMED: namesOf(ResumedDetail),
  STOPPED: namesOf(StoppedDetail),
  SHUTDOWN: namesOf(ShutdownDetail),
  CRASHED: namesOf(CrashedDetail),
};

/** undefined: nothing that virtdc follows, a probe of its own, or of a release newer than what is known here. */
export function portEvent(event: LibvirtEvent): DomainEvent | undefined {
  const { uuid, name: domainName } = event.domain;
  if (isProbe(domainName)) return undefined;
  switch (event.kind) {
    case 'lifecycle': {
      const name = LIFECYCLE.get(event.event);
      if (name === undefined) return undefined;
      const detail = DETAILS[name]?.get(event.detail) ?? String(event.detail);
      return { type: 'LIFECYCLE', uuid, event: name, detail };
    }
    case 'reboot':
      return { type: 'REBOOT', uuid };
    case 'ioError':
      return { type: 'IO_ERROR', uuid, path: event.path };
    case 'balloonChange':
      return { type: 'BALLOON', uuid, balloonKib: Number(event.actualKib) };
    case 'deviceAdded':
      return { type: 'DEVICE_ADDED', uuid, alias: event.alias };
    case 'deviceRemoved':
      return { type: 'DEVICE_REMOVED', uuid, alias: event.alias };
    case 'agentLifecycle':
      return { type: 'AGENT', uuid, connected: event.state === AgentState.CONNECTED };
    case 'migrationIteration':
      return { type: 'MIGRATION_ITERATION', uuid, iteration: event.iteration };
    case 'jobCompleted':
      return { type: 'JOB_COMPLETED', uuid, progress: progressOf(event.params) };
    default:
      return undefined;
  }
}
