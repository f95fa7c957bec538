// What stands between a simulated process and everything outside it: its clock, its database, its hosts. Every call and
// every answer is a place where the process can die: from then on it sends nothing, hears nothing and goes on with nothing.
// It can also be stopped like a process that gets no CPU: what is on its way to it waits.

import type { Clock } from '../../src/ports/clock.js';
import type { DomainEvent, HostDriver, HostListener, Hypervisor } from '../../src/ports/hypervisor.js';
import type { Inventory } from '../../src/ports/inventory.js';

type Method = (...args: unknown[]) => Promise<unknown>;

export interface Watched {
  /** A call to a host is about to be sent. */
  calling(hostname: string, method: string): void;
  called(hostname: string, method: string, outcome: string): void;
}

export class Mortality {
  private countdown: number | undefined;
  private stopCountdown: number | undefined;
  private waiting: (() => void)[] = [];
  private markDied = (): void => {};
  isDead = false;
  isStopped = false;
  readonly died = new Promise<void>((resolve) => {
    this.markDied = resolve;
  });

  /** After so many more calls and answers. */
  dieAfter(boundaries: number): void {
    this.countdown = boundaries;
  }

  die(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.waiting = [];
    this.markDied();
  }

  /** After so many more calls and answers it gets no CPU any more. */
  stopAfter(boundaries: number): void {
    this.stopCountdown = boundaries;
  }

  /** Gets no CPU from here on. */
  stop(): void {
    this.isStopped = true;
  }

  goOn(): void {
    this.stopCountdown = undefined;
    this.isStopped = false;
    for (const deliver of this.waiting.splice(0)) this.deliver(deliver);
  }

  private boundary(): void {
    if (this.stopCountdown !== undefined && --this.stopCountdown <= 0) {
      this.stopCountdown = undefined;
      this.stop();
    }
    if (this.countdown === undefined) return;
    this.countdown--;
    if (this.countdown <= 0) this.die();
  }

  /** What reaches the process from outside. */
  deliver(arrive: () => void): void {
    if (this.isDead) return;
    if (this.isStopped) this.waiting.push(arrive);
    else arrive();
  }

  /** A call to the outside. Where it may cost the process its life, both its sending and its answer may. */
  call<T>(send: () => Promise<T>, mayDie = true): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (mayDie) this.boundary();
      if (this.isDead) return;
      const arrive = (settle: () => void): void =>
        this.deliver(() => {
          if (mayDie) this.boundary();
          if (!this.isDead) settle();
        });
      send().then(
        (value) => arrive(() => resolve(value)),
        (error: unknown) => arrive(() => reject(error)),
      );
    });
  }
}

export function mortalClock(clock: Clock, life: Mortality): Clock {
  return {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, signal) => life.call(() => clock.sleep(ms, signal), false),
    after: (ms, callback) => clock.after(ms, () => life.deliver(callback)),
    deadline: (ms) => clock.deadline(ms),
  };
}

export function mortalInventory(inventory: Inventory, life: Mortality): Inventory {
  return new Proxy(inventory, {
    get: (target, name) => {
      const method = Reflect.get(target, name) as Method;
      return (...args: unknown[]) => life.call(() => method.apply(target, args));
    },
  });
}

export function mortalHypervisor(hypervisor: Hypervisor, life: Mortality, watched: Watched): Hypervisor {
  const drivers = new Map<HostDriver, HostDriver>();
  return {
    host(address) {
      const driver = hypervisor.host(address);
      const mortal = drivers.get(driver) ?? mortalDriver(driver, life, watched);
      drivers.set(driver, mortal);
      return mortal;
    },
    close: () => life.call(() => hypervisor.close(), false),
  };
}

function mortalDriver(driver: HostDriver, life: Mortality, watched: Watched): HostDriver {
  const { hostname } = driver.address;
  const listen = (listener: HostListener, signal: AbortSignal): void =>
    driver.listen(
      {
        event: (event: DomainEvent) => life.deliver(() => listener.event(event)),
        connected: () => life.deliver(() => listener.connected()),
        disconnected: (reason) => life.deliver(() => listener.disconnected(reason)),
      },
      signal,
    );
  const mortal =
    (name: string, method: Method): Method =>
    (...args) =>
      life.call(async () => {
        watched.calling(hostname, name);
        try {
          const answer = await method.apply(driver, args);
          watched.called(hostname, name, 'OK');
          return answer;
        } catch (error) {
          watched.called(hostname, name, (error as { kind?: string }).kind ?? String(error));
          throw error;
        }
      });
  const { address, listen: _, render, ...calls } = driver;
  const methods = Object.entries(calls).map(([name, method]) => [name, mortal(name, method as Method)] as const);
  return { ...Object.fromEntries(methods), address, listen, render } as HostDriver;
}
