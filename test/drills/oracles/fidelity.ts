// Whether a watcher was told every change that concerns it once and in order, judged by the log of changes: what should
// have been told is worked out from the log alone, and compared with what was. Pure; knows nothing of how either was got.

/** What filters go by. */
export interface Facts {
  readonly hostname: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A change of a guest, as the log has it. */
export interface LoggedChange {
  readonly revision: number;
  readonly vmid: string;
  /** undefined: it was deleted. */
  readonly facts: Facts | undefined;
}

export interface Filter {
  readonly hostnames: readonly string[];
  readonly states: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface ToldEvent {
  readonly type: 'upserted' | 'deleted';
  readonly revision: number;
  readonly vmid: string;
}

/** Everything up to the revision was told, says an answer. */
export interface Mark {
  readonly type: 'mark';
  readonly revision: number;
}

/** From one call to its end. */
export interface Session {
  /** After which revision it was to begin; STATE: with the guests as they are. */
  readonly from: number | 'STATE';
  /** Revisions of the guests in the state that came first. */
  readonly state: ReadonlyMap<string, number>;
  readonly told: readonly (ToldEvent | Mark)[];
}

export interface Findings {
  /** Events that were told. */
  events: number;
  readonly gaps: string[];
  readonly duplicates: string[];
  readonly reorderings: string[];
  /** What is in no log, or was told otherwise than it is there; a state that there never was. */
  readonly others: string[];
}

export function newFindings(): Findings {
  return { events: 0, gaps: [], duplicates: [], reorderings: [], others: [] };
}

function passes({ hostnames, states, labels }: Filter, facts: Facts | undefined): boolean {
  return (
    facts !== undefined &&
    (hostnames.length === 0 || hostnames.includes(facts.hostname)) &&
    (states.length === 0 || states.includes(facts.state)) &&
    Object.entries(labels).every(([key, value]) => facts.labels[key] === value)
  );
}

/** What a filter's watchers are to be told of all changes, from the first one on. */
export class Expected {
  readonly events: readonly ToldEvent[];

  constructor(
    private readonly changes: readonly LoggedChange[],
    private readonly filter: Filter,
  ) {
    const inside = new Set<string>();
    this.events = changes.flatMap(({ revision, vmid, facts }): ToldEvent[] => {
      const was = inside.has(vmid);
      if (passes(filter, facts)) {
        inside.add(vmid);
        return [{ type: 'upserted', revision, vmid }];
      }
      inside.delete(vmid);
      return was ? [{ type: 'deleted', revision, vmid }] : [];
    });
  }

  /** Index of the first event after the revision. */
  after(revision: number): number {
    let [low, high] = [0, this.events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.events[middle] as ToldEvent).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  at(revision: number): ToldEvent | undefined {
    const event = this.events[this.after(revision - 1)];
    return event?.revision === revision ? event : undefined;
  }

  stateAt(revision: number): Map<string, number> {
    const state = new Map<string, number>();
    for (const change of this.changes) {
      if (change.revision > revision) break;
      if (passes(this.filter, change.facts)) state.set(change.vmid, change.revision);
      else state.delete(change.vmid);
    }
    return state;
  }
}

/** Adds to the findings what is wrong with the session. */
export function judge(name: string, expected: Expected, session: Session, findings: Findings): void {
  const [first] = session.told;
  if (first === undefined) return;
  let from = session.from;
  if (from === 'STATE') {
    // What is told next shows as of when the state was; nothing that concerns the watcher lies between.
    from = first.type === 'mark' ? first.revision : first.revision - 1;
    const [due, told] = [textOf(expected.stateAt(from)), textOf(session.state)];
    if (due !== told) findings.others.push(`${name}: the state as of ${from} was ${due}, told was ${told}`);
  }
  new Judgement(name, expected, from, findings).hear(session.told);
}

class Judgement {
  private next: number;
  /** Due, but passed over; if it comes yet, it comes late. */
  private readonly missed = new Set<number>();
  private readonly heard = new Set<number>();

  constructor(
    private readonly name: string,
    private readonly expected: Expected,
    private readonly from: number,
    private readonly findings: Findings,
  ) {
    this.next = expected.after(from);
  }

  hear(told: readonly (ToldEvent | Mark)[]): void {
    for (const one of told) {
      if (one.type === 'mark') this.passOver(one.revision);
      else this.event(one);
    }
    for (const revision of this.missed) this.findings.gaps.push(`${this.name}: was not told of ${revision}`);
  }

  private event(event: ToldEvent): void {
    const { findings, name, missed, heard } = this;
    findings.events++;
    const { revision } = event;
    if (missed.delete(revision)) findings.reorderings.push(`${name}: ${revision} came late`);
    else if (heard.has(revision) || revision <= this.from) {
      findings.duplicates.push(`${name}: ${revision} came again`);
      return;
    } else this.passOver(revision - 1);
    heard.add(revision);
    const due = this.expected.events[this.next];
    // One that came late was passed over before.
    if (due?.revision === revision) this.next++;
    const logged = this.expected.at(revision);
    if (logged?.vmid !== event.vmid || logged.type !== event.type) {
      findings.others.push(
        `${name}: was told ${event.type} ${event.vmid} at ${revision}, due was ${JSON.stringify(logged)}`,
      );
    }
  }

  /** Whatever is due up to the revision, and was not told. */
  private passOver(revision: number): void {
    for (; ; this.next++) {
      const due = this.expected.events[this.next];
      if (due === undefined || due.revision > revision) return;
      this.missed.add(due.revision);
    }
  }
}

/** What a watcher knows in the end that has taken in all it was told. */
export function replay(sessions: readonly Session[]): Map<string, number> {
  let known = new Map<string, number>();
  for (const { from, state, told } of sessions) {
    if (from === 'STATE') known = new Map(state);
    for (const one of told) {
      if (one.type === 'upserted') known.set(one.vmid, one.revision);
      else if (one.type === 'deleted') known.delete(one.vmid);
    }
  }
  return known;
}

export function textOf(state: ReadonlyMap<string, number>): string {
  return [...state]
    .map(([vmid, revision]) => `${vmid}@${revision}`)
    .sort()
    .join(' ');
}
