// Why a watch cannot begin or go on, and where to go on.

export type WatchEndKind =
  | 'REVISION_COMPACTED'
  | 'REVISION_FUTURE'
  | 'TOO_MANY_WATCHERS'
  | 'WATCH_BLOCKED'
  | 'UNAVAILABLE'
  | 'SHUTTING_DOWN';

export class WatchEnd extends Error {
  override readonly name = 'WatchEnd';
  constructor(
    readonly kind: WatchEndKind,
    message: string,
    /** REVISION_COMPACTED: the oldest kept. REVISION_FUTURE: the latest there is. Else where this watcher was. */
    readonly revision: number,
  ) {
    super(message);
  }
}
