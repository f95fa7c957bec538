// Makes, starts, stops and ends domains.

import {
  DomainState,
  isOperationInvalid,
  type CallOptions as LibvirtCallOptions,
  type LibvirtCalls,
  UndefineFlag,
} from '../../libvirt/client.js';
import { LIMITS } from '../../limits.js';
import { type GuestDefinition, type HostDriver, HypervisorError } from '../../ports/hypervisor.js';
import { renderDomain } from '../../xml/domain.js';
import { isAnswer, unlessNoDomain } from './errors.js';
import type { CallTraits, Session } from './session.js';

/** With a domain goes what libvirt itself keeps of it; its disks are virtdc's to remove. */
const UNDEFINE =
  UndefineFlag.MANAGED_SAVE | UndefineFlag.SNAPSHOTS_METADATA | UndefineFlag.CHECKPOINTS_METADATA | UndefineFlag.NVRAM;

const STARTING: CallTraits = { deadlineMs: LIMITS.libvirtCreateDeadlineMs, long: true };
/** The guest is asked, and its agent may not answer. */
const ASKING: CallTraits = { long: true };

type Lifecycle = Pick<
  HostDriver,
  'create' | 'render' | 'start' | 'setAutostart' | 'undefine' | 'destroy' | 'shutdown' | 'reboot' | 'suspend' | 'resume'
>;

export function lifecycleMethods(session: Session): Lifecycle {
  const { hostname } = session.address;
  return {
    render: renderDomain,
    create(definition, persistent, options) {
      return session.call((calls, sent) => create(calls, hostname, definition, persistent, sent), options, STARTING);
    },
    async start(uuid, options) {
      await session.call((calls, sent) => calls.domains.start(uuid, 0, sent), options, STARTING);
    },
    setAutostart(uuid, autostart, options) {
      return session.call((calls, sent) => calls.domains.setAutostart(uuid, autostart, sent), options);
    },
    undefine(uuid, options) {
      return session.call((calls, sent) => calls.domains.undefine(uuid, UNDEFINE, sent), options);
    },
    destroy(uuid, options) {
      return session.call((calls, sent) => calls.domains.destroy(uuid, 0, sent), options);
    },
    // Without flags libvirt asks the agent where one answers, and else presses the power button.
    shutdown(uuid, options) {
      return session.call((calls, sent) => calls.domains.shutdown(uuid, 0, sent), options, ASKING);
    },
    reboot(uuid, force, options) {
      return session.call(
        (calls, sent) => (force ? calls.domains.reset(uuid, sent) : calls.domains.reboot(uuid, 0, sent)),
        options,
        ASKING,
      );
    },
    suspend(uuid, options) {
      return session.call((calls, sent) => calls.domains.suspend(uuid, sent), options);
    },
    resume(uuid, options) {
      return session.call((calls, sent) => resume(calls, uuid, sent), options);
    },
  };
}

/** Of a domain that runs already nothing more is wanted. (libvirt is so lenient with a suspend, but not here.) */
async function resume(calls: LibvirtCalls, uuid: string, sent: LibvirtCallOptions): Promise<void> {
  try {
    await calls.domains.resume(uuid, sent);
  } catch (error) {
    if (!isOperationInvalid(error) || (await calls.domains.state(uuid, sent)).state !== DomainState.RUNNING)
      throw error;
  }
}

async function create(
  calls: LibvirtCalls,
  hostname: string,
  definition: GuestDefinition,
  persistent: boolean,
  sent: LibvirtCallOptions,
): Promise<void> {
  // Looked up before: libvirt takes a definition of a domain that exists for a change of it.
  if (await exists(calls, definition, sent)) throw conflict(hostname, definition);
  const xml = renderDomain(definition);
  try {
    if (persistent) await defineAndStart(calls, definition.uuid, xml, sent);
    else await calls.domains.create(xml, 0, sent);
  } catch (error) {
    if (isAnswer(error) && (await exists(calls, definition, sent))) throw conflict(hostname, definition, error);
    throw error;
  }
}

async function defineAndStart(calls: LibvirtCalls, uuid: string, xml: string, sent: LibvirtCallOptions): Promise<void> {
  await calls.domains.define(xml, 0, sent);
  try {
    await calls.domains.setAutostart(uuid, true, sent);
    await calls.domains.start(uuid, 0, sent);
  } catch (error) {
    // Only where libvirt answered: after no answer it may be starting.
    if (isAnswer(error)) await calls.domains.undefine(uuid, UNDEFINE, sent);
    throw error;
  }
}

/** Whether the UUID or the name is taken. */
async function exists(
  calls: LibvirtCalls,
  { uuid, domainName }: GuestDefinition,
  sent: LibvirtCallOptions,
): Promise<boolean> {
  const found = await Promise.all([
    unlessNoDomain(calls.domains.lookup(uuid, sent)),
    unlessNoDomain(calls.domains.lookupByName(domainName, sent)),
  ]);
  return found.some((domain) => domain !== undefined);
}

function conflict(hostname: string, { uuid, domainName }: GuestDefinition, cause?: unknown): HypervisorError {
  return new HypervisorError('CONFLICT', hostname, `a domain ${domainName} or ${uuid} exists already`, { cause });
}
