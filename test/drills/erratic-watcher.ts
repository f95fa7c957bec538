// A watcher that comes and goes as it likes, at whichever replica, resumes where it was, before it, or from nothing, reads
// now fast and now slowly, and writes down all it is told, for the judge.

import { setTimeout as sleep } from 'node:timers/promises';
import type { WatchGuestsResponse } from '#gen/virtdc/v1/guest_info_service.js';
import { VirtdcError } from '../../src/client/error.js';
import type { SeededRandom } from '../../src/hypervisor/simulated/random.js';
import type { PlainClient } from './client.js';
import type { Filter, Mark, Session, ToldEvent } from './oracles/fidelity.js';

/** What the watchers of a run go by. */
export interface Habits {
  readonly random: SeededRandom;
  /** What a watcher is told passes through here first: where a bug can be put in. */
  readonly tamper?: (told: (ToldEvent | Mark)[]) => (ToldEvent | Mark)[];
}

const REST_MS = 200;
const BACK_REVISIONS = 400;

/** What befalls a watcher from without; empty: its connection is gone, of which the service says nothing. */
const PASSING = ['', 'UNAVAILABLE', 'REVISION_FUTURE'];

interface Begun {
  readonly session: Session & { readonly state: Map<string, number>; readonly told: (ToldEvent | Mark)[] };
  /** Whether the state is still coming. */
  initial: boolean;
}

export class ErraticWatcher {
  readonly sessions: Session[] = [];
  /** Answers that there must not be. */
  readonly wrong: string[] = [];
  events = 0;
  resumed = 0;
  /** How often the log no longer reached back to where it was. */
  compacted = 0;
  /** Everything up to it was told; undefined: nothing is known. */
  place: number | undefined;

  constructor(
    private readonly filter: Filter,
    private readonly clients: readonly PlainClient[],
    private readonly habits: Habits,
  ) {}

  /** Until the signal aborts; then once more, for as long as it takes to be at the revision. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { random } = this.habits;
      const steady = random.next() < 0.3;
      await this.watch(this.choosePlace(), signal, (answers) => !steady && answers > random.next() * 60);
      await sleep(random.next() * REST_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async catchUp(revision: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (this.place ?? -1) < revision) {
      await this.watch(this.place ?? 'STATE', signal, () => (this.place ?? -1) >= revision);
      await sleep(REST_MS / 4);
    }
  }

  private choosePlace(): number | 'STATE' {
    const { place, habits } = this;
    const choice = habits.random.next();
    if (place === undefined || choice < 0.03) return 'STATE';
    return choice < 0.08 ? Math.max(1, place - Math.floor(habits.random.next() * BACK_REVISIONS)) : place;
  }

  private async watch(
    from: number | 'STATE',
    signal: AbortSignal,
    enough: (answers: number) => boolean,
  ): Promise<void> {
    const leaving = new AbortController();
    const { hostnames, states, labels } = this.filter;
    const request = {
      startRevision: from === 'STATE' ? 0n : BigInt(from),
      sendInitial: from === 'STATE',
      filter: { hostnames: [...hostnames], states: states.map((state) => `GUEST_STATE_${state}` as never), labels },
      progressIntervalS: 1,
    };
    const begun: Begun = { session: { from, state: new Map(), told: [] }, initial: from === 'STATE' };
    if (from === 'STATE') this.place = undefined;
    this.resumed++;
    let answers = 0;
    try {
      const client = this.clients[Math.floor(this.habits.random.next() * this.clients.length)] as PlainClient;
      const until = AbortSignal.any([signal, leaving.signal]);
      for await (const answer of client.guests.watchGuests(request, { signal: until })) {
        this.take(begun, answer);
        if (enough(++answers)) break;
        if (this.habits.random.next() < 0.02) await sleep(this.habits.random.next() * 2 * REST_MS);
      }
    } catch (error) {
      if (!signal.aborted) this.ended(begun, error);
    } finally {
      leaving.abort();
    }
    if (begun.session.told.length > 0) this.sessions.push(begun.session);
  }

  private take(begun: Begun, { revision, events }: WatchGuestsResponse): void {
    const { session } = begun;
    if (begun.initial && revision === 0n) {
      for (const { event, revision: own } of events) {
        if (event?.$case === 'upserted') session.state.set(event.value.vmid, Number(own));
        else this.wrong.push(`${event?.$case} in the middle of the state`);
      }
      return;
    }
    begun.initial = false;
    const told: (ToldEvent | Mark)[] = [];
    for (const { event, revision: own } of events) {
      const at = Number(own);
      if (event?.$case === 'upserted') told.push({ type: 'upserted', revision: at, vmid: event.value.vmid });
      else if (event?.$case === 'deleted') told.push({ type: 'deleted', revision: at, vmid: event.value.vmid });
      else told.push({ type: 'mark', revision: at });
    }
    told.push({ type: 'mark', revision: Number(revision) });
    const { tamper = (same: typeof told) => same } = this.habits;
    for (const one of tamper(told)) {
      session.told.push(one);
      if (one.type !== 'mark') this.events++;
    }
    this.place = Number(revision);
  }

  private ended({ session, initial }: Begun, error: unknown): void {
    if (!(error instanceof VirtdcError)) throw error;
    const { reason, metadata } = error;
    if (reason === 'REVISION_COMPACTED') {
      const oldest = Number(metadata.oldest_revision);
      if (session.from === 'STATE' || !(oldest > session.from)) this.wrong.push(`${session.from}: ${error.message}`);
      this.compacted++;
      this.place = undefined;
    } else if (reason === 'SHUTTING_DOWN') {
      // How far it was sent. What this side had not read by then is lost with the error, so it goes on from what it has.
      const sent = Number(metadata.resume_revision);
      if (sent < (initial ? 0 : (this.place ?? 0))) this.wrong.push(`told up to ${this.place}, sent up to ${sent}`);
    } else if (!PASSING.includes(reason)) {
      this.wrong.push(`${reason}: ${error.message}`);
    }
  }
}
