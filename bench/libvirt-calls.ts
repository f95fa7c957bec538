// How many calls a host answers, and what they cost the caller: virsh processes one after another, as scripts make them,
// against virtdc's client with 16 calls in flight. Both ask a real guest's state, over the same socket.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connectLibvirt, parseLibvirtUri } from '../src/libvirt/client.js';
import { createGuest, removeGuest } from '../test/lab/guest-of.js';
import { lab, upOnce, virsh } from '../test/lab.js';
import { cpuS } from './cpu.js';
import { median, printTable, times } from './table.js';

const run = promisify(execFile);

const HOST = 'node1';
const GUEST = 'measured';
const IN_FLIGHT = 16;
const ROUNDS = 5;
const VIRSH_CALLS = 40;
const CLIENT_MS = 2_000;

interface Measured {
  readonly callsPerS: number;
  readonly cpuPerCallS: number;
}

async function measured(calls: () => Promise<number>): Promise<Measured> {
  const [cpu, started] = [cpuS(), performance.now()];
  const count = await calls();
  const s = (performance.now() - started) / 1_000;
  return { callsPerS: count / s, cpuPerCallS: (cpuS() - cpu) / count };
}

async function virshCalls(uri: string): Promise<number> {
  for (let i = 0; i < VIRSH_CALLS; i++) await run('virsh', ['-c', uri, 'domstate', '--domain', GUEST]);
  return VIRSH_CALLS;
}

async function inFlight(width: number, call: () => Promise<unknown>): Promise<number> {
  const until = performance.now() + CLIENT_MS;
  let count = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < until) {
      await call();
      count++;
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return count;
}

const middle = (rounds: readonly Measured[], of: keyof Measured): number => median(rounds.map((round) => round[of]));

export async function libvirtCalls(): Promise<void> {
  await upOnce(1);
  await createGuest(HOST, 'shared', GUEST);
  const client = await connectLibvirt(parseLibvirtUri(await lab('uri', HOST, 'virtdc')));
  try {
    const uuid = await virsh(HOST, 'domuuid', GUEST);
    const virshUri = await lab('uri', HOST);
    const call = (): Promise<unknown> => client.domains.state(uuid);
    await inFlight(IN_FLIGHT, call);
    const rounds: Record<'virsh' | 'one' | 'many', Measured[]> = { virsh: [], one: [], many: [] };
    for (let round = 0; round < ROUNDS; round++) {
      rounds.virsh.push(await measured(() => virshCalls(virshUri)));
      rounds.one.push(await measured(() => inFlight(1, call)));
      rounds.many.push(await measured(() => inFlight(IN_FLIGHT, call)));
    }
    const row = (what: string, of: readonly Measured[]) => ({
      what,
      cells: [
        times(middle(of, 'callsPerS') / middle(rounds.virsh, 'callsPerS')),
        `1/${Math.round(middle(rounds.virsh, 'cpuPerCallS') / middle(of, 'cpuPerCallS'))}`,
      ],
    });
    printTable(
      "libvirt-calls: a guest's state, asked of one host again and again",
      ['calls per second', 'CPU per call'],
      [
        row('virsh processes, one after another', rounds.virsh),
        row('virtdc, one call after another', rounds.one),
        row(`virtdc, ${IN_FLIGHT} in flight`, rounds.many),
      ],
      [
        `Medians of ${ROUNDS} rounds that alternate, as ratios to virsh in the same run. CPU: user and system of the caller, its ended children included; not of libvirtd.`,
      ],
    );
  } finally {
    client.close();
    await removeGuest(HOST, 'shared', GUEST);
  }
}
