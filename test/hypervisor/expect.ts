// Ways to say what a call to a host should end in.

import assert from 'node:assert/strict';
import { type HostDriver, HypervisorError, type HypervisorErrorKind } from '../../src/ports/hypervisor.js';
import { eventually } from '../eventually.js';

async function failureOf(call: Promise<unknown>): Promise<HypervisorError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof HypervisorError, `no HypervisorError: ${String(error)}`);
    return error;
  }
  assert.fail('the call succeeded');
}

export async function failsAs(kind: HypervisorErrorKind, call: Promise<unknown>): Promise<void> {
  const error = await failureOf(call);
  assert.equal(error.kind, kind, error.message);
}

/** It surely did not happen, for whatever reason. */
export async function surelyFails(call: Promise<unknown>): Promise<void> {
  const { kind, message } = await failureOf(call);
  assert.notEqual(kind, 'UNREACHABLE', message);
  assert.notEqual(kind, 'UNKNOWN_OUTCOME', message);
}

/** The boot id, as soon as the guest is up and its agent answers. */
export function bootIdOf(host: HostDriver, uuid: string, withinMs: number): Promise<string> {
  return eventually('the guest agent answers', () => host.bootId(uuid), {
    withinMs,
    everyMs: 250,
    tolerate: (error) => error instanceof HypervisorError && error.kind === 'AGENT_UNAVAILABLE',
  });
}

/** Through an agent that may be just starting, or restarting after a migration. */
export function onlineCpuBecomes(
  host: HostDriver,
  uuid: string,
  cpu: number,
  withinMs: number,
): Promise<true | undefined> {
  return eventually(`${cpu} vCPUs online`, async () => (await host.onlineCpu(uuid)) === cpu || undefined, {
    withinMs,
    everyMs: 250,
    tolerate: (error) => error instanceof HypervisorError && error.kind === 'AGENT_UNAVAILABLE',
  });
}
