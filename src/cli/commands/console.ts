// virtdc guests console: the serial console of a guest on this terminal, until ^] is typed or it ends.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { OpenConsoleRequest } from '#gen/virtdc/v1/guest_info_service.js';
import type { Bind, Invocation } from '../invocation.js';
import { safe } from '../text.js';

/** ^], as telnet and virsh have it. */
const LEAVE = 0x1d;
const CHUNK_BYTES = 64 * 1024;
/** What comes from a file or a pipe has an end: the guest is heard out until it has said nothing for so long. */
const SILENT_MS = 2_000;

export function addConsole(guests: Command, bind: Bind): void {
  bind(guests.command('console').description('the serial console of a guest; ^] leaves it').argument('<vmid>'), run);
}

async function run(it: Invocation, _options: unknown, vmid: string): Promise<void> {
  const left = new AbortController();
  const { stdin } = it;
  const raw = stdin.isTTY === true;
  const heard = { atMs: 0 };
  const signal = AbortSignal.any([it.call.signal, left.signal]);
  if (raw) it.err.line(it.err.paint.dim(`console of ${safe(vmid)}; ^] leaves it`));
  if (raw) stdin.setRawMode(true);
  try {
    for await (const { output } of it.client.guests.openConsole(typed(it, vmid, left, heard), { signal })) {
      // Raw on purpose: a console is a terminal's other end, and what a guest prints is for the terminal to read.
      it.out.bytes(output);
      heard.atMs = performance.now();
    }
  } catch (error) {
    if (!left.signal.aborted) throw error;
  } finally {
    if (raw) stdin.setRawMode(false);
    stdin.pause();
  }
  if (raw) it.err.line(`\r\n${it.err.paint.dim(left.signal.aborted ? 'left the console' : 'the console ended')}`);
}

/** What is typed; from a file or pipe, all of it, and then whatever the guest has to say to it. */
async function* typed(
  { stdin }: Invocation,
  vmid: string,
  left: AbortController,
  heard: { atMs: number },
): AsyncGenerator<OpenConsoleRequest, void, undefined> {
  const raw = stdin.isTTY === true;
  yield { part: { $case: 'target', value: { vmid } } };
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Buffer);
    const end = raw ? bytes.indexOf(LEAVE) : -1;
    const sent = end < 0 ? bytes : bytes.subarray(0, end);
    for (let from = 0; from < sent.length; from += CHUNK_BYTES) {
      yield { part: { $case: 'input', value: sent.subarray(from, from + CHUNK_BYTES) } };
    }
    if (end >= 0) return left.abort();
  }
  if (raw) return;
  heard.atMs = performance.now();
  for (;;) {
    const waitMs = heard.atMs + SILENT_MS - performance.now();
    if (waitMs <= 0) return;
    await sleep(waitMs);
  }
}
