// What the chapters of the demo share: the screen, the service and its client, and what was seen so far.

import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Host } from '#gen/virtdc/v1/host.js';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import { listGuests } from '../cli/commands/guests.js';
import { listHosts } from '../cli/commands/hosts.js';
import { OperationNotDone } from '../cli/failure.js';
import { finish, migrationOf } from '../cli/finish.js';
import { begin, type Invocation, type Surroundings } from '../cli/invocation.js';
import { outcomeOf, spin } from '../cli/progress.js';
import { guestColumns } from '../cli/tables/guests.js';
import { hostColumns } from '../cli/tables/hosts.js';
import { newRequestId } from '../client/request-id.js';
import { waitForOperation } from '../client/wait.js';
import type { Datacenter } from './datacenter.js';
import { mustHold } from './discrepancy.js';
import type { DemoService } from './service.js';

const RULE_WIDTH = 78;

export class Stage {
  /** Everything the demo does to the fleet goes through its client: the public API. */
  readonly it: Invocation;
  /** The hosts as they were before the first guest. */
  hostsAtFirst: readonly Host[] = [];
  private chapters = 0;
  private readonly endConnection: () => void;

  constructor(
    readonly datacenter: Datacenter,
    readonly service: DemoService,
    surroundings: Surroundings,
  ) {
    const { invocation, end } = begin({ server: service.address, color: true }, surroundings);
    this.it = invocation;
    this.endConnection = end;
  }

  close(): void {
    this.it.out.still();
    this.endConnection();
  }

  /** A new one for each mutation. */
  get requestId(): string {
    return newRequestId();
  }

  chapter(title: string, ...sentences: readonly string[]): void {
    const { out } = this.it;
    const head = `── ${++this.chapters}  ${title} `;
    out.line();
    out.line(out.paint.bold(out.paint.cyan(head)) + out.paint.dim('─'.repeat(Math.max(3, RULE_WIDTH - head.length))));
    for (const sentence of sentences) out.line(out.paint.dim(sentence));
  }

  say(text: string): void {
    this.it.out.line(text);
  }

  /** A promise that was kept. */
  kept(text: string): void {
    this.it.out.line(`${this.it.out.paint.green('✔')} ${text}`);
  }

  async hosts(): Promise<readonly Host[]> {
    return (await listHosts(this.it)).hosts;
  }

  async guests(): Promise<readonly Guest[]> {
    return (await listGuests(this.it)).guests;
  }

  async guest(vmid: string): Promise<Guest> {
    const { guest } = await this.it.client.guests.getGuest({ vmid }, this.it.call);
    mustHold(guest !== undefined, `${vmid} is there`);
    return guest;
  }

  async showHosts(): Promise<void> {
    this.it.out.table(hostColumns(this.it.size), await this.hosts());
  }

  async showGuests(): Promise<void> {
    this.it.out.table(guestColumns(this.it.size), await this.guests());
  }

  /** The operation's end; anything but SUCCEEDED is thrown. */
  async done(operation: Operation | undefined, doing: string): Promise<Operation> {
    const ended = await finish(this.it, operation, doing);
    mustHold(ended !== undefined, `${doing} began an operation`);
    return ended;
  }

  /** Several at once, under one spinner. */
  async allDone(operations: readonly (Operation | undefined)[], doing: string): Promise<void> {
    const { client, call, out } = this.it;
    let open = operations.length;
    const stop = spin(out, () => `${doing}, ${open} to go`);
    const ends = operations.map(async (operation) => {
      const ended = await waitForOperation(client.operations, operation?.name ?? '', call);
      open--;
      if (ended.state !== 'OPERATION_STATE_SUCCEEDED') throw new OperationNotDone(ended);
    });
    await Promise.all(ends).finally(stop);
  }

  /** Moves a guest, with its bar, and says what came of it. */
  async move(vmid: string, destHost = ''): Promise<void> {
    const { client, call } = this.it;
    const request = { vmid, destHost, requestId: this.requestId };
    const { operation } = await client.migration.migrateGuest(request, call);
    const { name } = await this.done(operation, `moving ${vmid}`);
    this.kept(`${vmid} ${outcomeOf(await migrationOf(this.it, name))}`);
  }
}
