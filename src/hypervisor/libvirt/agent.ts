// What only the guest itself can tell or do, through its agent. A guest may answer anything: answers are bounded and
// checked, and an agent that does not answer is an error of its own kind.

import { isIP } from 'node:net';
import {
  AddressSource,
  type DomainInterface,
  ErrorCode,
  isAgentUnresponsive,
  isArgumentUnsupported,
  isOperationInvalid,
  isOperationUnsupported,
  type CallOptions as LibvirtCallOptions,
  type LibvirtCalls,
  LibvirtError,
  VcpuFlag,
} from '../../libvirt/client.js';
import { LIMITS } from '../../limits.js';
import { type HostDriver, HypervisorError } from '../../ports/hypervisor.js';
import { isAnswer } from './errors.js';
import type { CallTraits, Session } from './session.js';

const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';
const BOOT_ID_BYTES = 64;
const BOOT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MOST_ADDRESSES = 64;
const AGENT_TIMEOUT_S = Math.max(1, Math.floor(LIMITS.guestAgentDeadlineMs / 1_000) - 1);

/** libvirt's lookups by decreasing trust; the agent knows of addresses that no lease tells of. */
const ADDRESS_SOURCES = [AddressSource.AGENT, AddressSource.LEASE, AddressSource.ARP];

/** A guest takes as long as it likes. */
const ASKING: CallTraits = { long: true };

type Agent = Pick<HostDriver, 'setOnlineCpu' | 'onlineCpu' | 'bootId' | 'addresses'>;

export function agentMethods(session: Session): Agent {
  const { hostname } = session.address;
  /** Where the domain has no channel for an agent there is none, and one that refuses the command does not know it. */
  const asked = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      if (!isArgumentUnsupported(error) && !isInternal(error)) throw error;
      const kind = isInternal(error) ? 'UNSUPPORTED' : 'AGENT_UNAVAILABLE';
      throw new HypervisorError(kind, hostname, error.message, { cause: error });
    }
  };
  return {
    setOnlineCpu(uuid, cpu, options) {
      return session.call(
        (calls, sent) => asked(calls.domains.setVcpus(uuid, cpu, VcpuFlag.GUEST, sent)),
        options,
        ASKING,
      );
    },
    onlineCpu(uuid, options) {
      return session.call((calls, sent) => asked(calls.domains.vcpus(uuid, VcpuFlag.GUEST, sent)), options, ASKING);
    },
    bootId(uuid, options) {
      return session.call(
        async (calls, sent) => {
          const bootId = await asked(readBootId(calls, uuid, sent));
          if (BOOT_ID.test(bootId)) return bootId;
          throw new HypervisorError('AGENT_UNAVAILABLE', hostname, 'the guest agent answers with no boot id');
        },
        options,
        ASKING,
      );
    },
    addresses(uuid, options) {
      return session.call((calls, sent) => addressesOf(calls, uuid, sent), options, ASKING);
    },
  };
}

/** How libvirt hands on an agent's own error, such as a command that its configuration forbids. */
function isInternal(error: unknown): error is LibvirtError {
  return error instanceof LibvirtError && error.code === ErrorCode.INTERNAL_ERROR;
}

async function readBootId(calls: LibvirtCalls, uuid: string, sent: LibvirtCallOptions): Promise<string> {
  const ask = async (execute: string, args: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const command = JSON.stringify({ execute, arguments: args });
    const answer: unknown = JSON.parse(await calls.domains.agentCommand(uuid, command, AGENT_TIMEOUT_S, sent));
    return typeof answer === 'object' && answer !== null && 'return' in answer ? answer.return : undefined;
  };
  const handle = await ask('guest-file-open', { path: BOOT_ID_FILE, mode: 'r' });
  try {
    const read = await ask('guest-file-read', { handle, count: BOOT_ID_BYTES });
    const base64 = typeof read === 'object' && read !== null && 'buf-b64' in read ? read['buf-b64'] : '';
    return typeof base64 === 'string'
      ? Buffer.from(base64.slice(0, 2 * BOOT_ID_BYTES), 'base64')
          .toString()
          .trim()
      : '';
  } finally {
    await ask('guest-file-close', { handle });
  }
}

/** From the first source that knows any. Sources that cannot be asked here count as knowing none. */
async function addressesOf(calls: LibvirtCalls, uuid: string, sent: LibvirtCallOptions): Promise<readonly string[]> {
  for (const source of ADDRESS_SOURCES) {
    try {
      const found = usable(await calls.domains.addresses(uuid, source, sent));
      if (found.length > 0) return found;
    } catch (error) {
      if (!isAnswer(error) || !cannotBeAsked(error)) throw error;
    }
  }
  return [];
}

function cannotBeAsked(error: unknown): boolean {
  return (
    isArgumentUnsupported(error) ||
    isOperationUnsupported(error) ||
    isOperationInvalid(error) ||
    isAgentUnresponsive(error)
  );
}

function usable(interfaces: readonly DomainInterface[]): string[] {
  const all = interfaces.flatMap(({ addrs }) => addrs.map(({ addr }) => addr));
  const routable = all.filter((addr) => isIP(addr) !== 0 && !/^(?:127\.|::1$|fe80:)/i.test(addr));
  return [...new Set(routable)].slice(0, MOST_ADDRESSES);
}
