// The domain events virtdc follows: how each is registered, how it arrives, and its type.
import { type Codec, type Fields, int, type Layout, struct, uhyper } from './codec.js';
import { typedParamSet } from './typed-params.js';
import { domainRef, optionalText, text } from './wire.js';
import { XdrReader } from './xdr.js';

interface EventShape<L extends Layout> {
  /** virDomainEventID, what is registered. */
  readonly id: number;
  /** The procedure number of the message that brings it. */
  readonly procedure: number;
  readonly body: Codec<Fields<L> & { readonly callbackId: number }>;
}

function event<L extends Layout>(id: number, procedure: number, layout: L): EventShape<L> {
  return { id, procedure, body: struct({ callbackId: int, ...layout }) };
}

const domain = domainRef;

const shapes = {
  /** `event` is a LifecycleEvent, `detail` one of its details (StartedDetail, StoppedDetail ...). */
  lifecycle: event(0, 318, { domain, event: int, detail: int }),
  reboot: event(1, 319, { domain }),
  /** A disk failed: `action` 0 none, 1 the guest was paused, 2 the guest was told. */
  ioError: event(6, 324, { domain, path: text, alias: text, action: int, reason: text }),
  balloonChange: event(13, 331, { domain, actualKib: uhyper }),
  deviceRemoved: event(15, 333, { domain, alias: text }),
  /** `state` is an AgentState. */
  agentLifecycle: event(18, 348, { domain, state: int, reason: int }),
  deviceAdded: event(19, 354, { domain, alias: text }),
  migrationIteration: event(20, 359, { domain, iteration: int }),
  /** The figures of a job that ended, named as in job statistics. */
  jobCompleted: event(21, 363, { domain, params: typedParamSet(64) }),
  deviceRemovalFailed: event(22, 367, { domain, alias: text }),
  /** `type` is a MetadataType. */
  metadataChange: event(23, 379, { domain, type: int, namespace: optionalText }),
} as const;

type Shapes = typeof shapes;
export type EventKind = keyof Shapes;
type BodyOf<S> = S extends EventShape<infer L> ? Fields<L> : never;

/** An event with its fields; `kind` tells which. `domain` is {name, uuid, id}. */
export type DomainEvent = { [K in EventKind]: { readonly kind: K } & BodyOf<Shapes[K]> }[EventKind];

export const eventKinds = Object.keys(shapes) as readonly EventKind[];

/** What CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY wants to know for this kind. */
export const eventId = (kind: EventKind): number => shapes[kind].id;

const kindByProcedure = new Map<number, EventKind>(eventKinds.map((kind) => [shapes[kind].procedure, kind]));

/** The event in a message, or undefined where the message is of a kind not followed. Throws ProtocolViolationError. */
export function decodeEvent(procedure: number, body: Buffer): DomainEvent | undefined {
  const kind = kindByProcedure.get(procedure);
  if (kind === undefined) return undefined;
  const from = new XdrReader(body);
  const { callbackId: _, ...fields } = shapes[kind].body.read(from);
  from.end();
  return { kind, ...fields } as DomainEvent;
}
