// The serial console of a simulated guest: a heartbeat line a second, and a shell of a few words for whoever types.

import type { ConsoleSession } from '../../ports/hypervisor.js';
import type { SimulatedDatacenter } from './datacenter.js';
import { powerOffFromInside } from './domain-calls.js';
import { bootAgain, followBalloon } from './guest-life.js';
import { balloonKib, isReady, type Machine, onlineCpu, setBehaviour, uptimeMs } from './machine.js';

const HEARTBEAT_MS = 1_000;
/** What waits for a slow reader; a serial line drops the rest. */
const OUTPUT_LIMIT_BYTES = 64 * 1024;
const LINE_LIMIT_BYTES = 4 * 1024;
const MIB_IN_KIB = 1024;

export class SimulatedConsole implements ConsoleSession {
  readonly output: AsyncIterable<Uint8Array>;
  private readonly chunks: Uint8Array[] = [];
  private waitingBytes = 0;
  private wake: (() => void) | undefined;
  private ended = false;
  private line = '';
  private stopTimer: () => void = () => {};
  private greeted = '';

  constructor(
    private readonly datacenter: SimulatedDatacenter,
    private readonly machine: Machine,
    /** Whether what the guest prints reaches the reader: what it prints meanwhile is lost. */
    private readonly heard: () => boolean,
    private readonly onEnd: () => void,
  ) {
    this.output = this.read();
    datacenter.consoles.set(machine, this);
    this.beat();
  }

  private async *read(): AsyncGenerator<Uint8Array> {
    try {
      while (true) {
        const chunk = this.chunks.shift();
        if (chunk !== undefined) {
          this.waitingBytes -= chunk.byteLength;
          yield chunk;
        } else if (this.ended) return;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      this.end();
    }
  }

  private print(line: string): void {
    const chunk = Buffer.from(`${line}\r\n`);
    if (this.ended || !this.heard() || this.waitingBytes + chunk.byteLength > OUTPUT_LIMIT_BYTES) return;
    this.chunks.push(chunk);
    this.waitingBytes += chunk.byteLength;
    this.wake?.();
  }

  private beat(): void {
    const { datacenter, machine } = this;
    const now = datacenter.now();
    if (!datacenter.homes.has(machine)) {
      this.end();
      return;
    }
    if (machine.pausedAt === undefined && isReady(machine, now)) {
      if (this.greeted !== machine.bootId) this.print(`virtdc-guest ready boot=${machine.bootId}`);
      this.greeted = machine.bootId;
      this.print(this.status(now));
    }
    this.stopTimer = datacenter.after(HEARTBEAT_MS, () => this.beat());
  }

  private status(now: number): string {
    const { machine } = this;
    const online = onlineCpu(machine, now);
    const beat = Math.floor((now - machine.readyAt) / HEARTBEAT_MS) + 1;
    const memoryKib = balloonKib(machine, now, this.datacenter.durations);
    const cpus = online === 1 ? '0' : `0-${online - 1}`;
    return `beat=${beat} up=${(uptimeMs(machine, now) / 1_000).toFixed(2)} cpus=${cpus} memtotal=${memoryKib} boot=${machine.bootId}`;
  }

  async write(data: Uint8Array): Promise<void> {
    if (this.ended) throw new Error('the console session has ended');
    this.line = (this.line + Buffer.from(data).toString('utf8')).slice(-LINE_LIMIT_BYTES);
    const lines = this.line.split(/[\r\n]+/);
    this.line = lines.pop() ?? '';
    const { machine, datacenter } = this;
    for (const line of lines) {
      if (line.trim() === '' || machine.pausedAt !== undefined || !isReady(machine, datacenter.now())) continue;
      this.print(line);
      this.print(this.obey(line.trim()));
    }
  }

  private obey(line: string): string {
    const { datacenter, machine } = this;
    const now = datacenter.now();
    const [verb, ...words] = line.split(/\s+/);
    const number = Number(words[0] ?? 0);
    switch (verb) {
      case 'ping':
        return 'pong OK';
      case 'stat':
        return `${this.status(now)} OK`;
      case 'set':
        machine.held = words.join(' ');
        return 'OK';
      case 'get':
        return `${machine.held} OK`;
      case 'mem':
      case 'dirty': {
        if (!Number.isSafeInteger(number) || number < 0) return 'ERR';
        const change = verb === 'mem' ? { usedKib: number * MIB_IN_KIB } : { workingSetKib: number * MIB_IN_KIB };
        setBehaviour(machine, change, now, datacenter.durations);
        followBalloon(datacenter, machine);
        return 'OK';
      }
      case 'reboot':
        bootAgain(datacenter, machine);
        return 'OK';
      case 'poweroff':
        powerOffFromInside(datacenter, machine);
        return 'OK';
      default:
        return 'ERR';
    }
  }

  async close(): Promise<void> {
    this.end();
  }

  /** Also called when the connection or the guest is gone. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.stopTimer();
    this.wake?.();
    if (this.datacenter.consoles.get(this.machine) === this) this.datacenter.consoles.delete(this.machine);
    this.onEnd();
  }
}
