import { randomBytes } from 'node:crypto'
import type { Slot } from '../adapters/session-fifo/slot.ts'
import type { Session } from '../core/event/event.ts'
import type { SessionId } from '../core/event/ids.ts'
import { AttemptLedger } from './attempt-ledger.ts'
import type { OpenAttempt } from './attempt-ledger.ts'

/** A session that is served now. Owned by the session table; the pipeline changes `cwd`, `ledger` and `dirty`. */
export type LiveSession = {
  readonly slot: Slot
  readonly session: Session
  readonly ledger: AttemptLedger
  /** Last directory heard of. */
  cwd: string
  /** Something a later daemon must know has changed since it was saved. */
  dirty: boolean
}

export function newSessionId(): SessionId {
  return randomBytes(16).toString('hex') as SessionId
}

export function liveSession(
  slot: Slot,
  session: Session,
  { cwd, lastSeq, open }: { readonly cwd: string; readonly lastSeq: number; readonly open: readonly OpenAttempt[] },
): LiveSession {
  return { slot, session, ledger: new AttemptLedger(session.id, { lastSeq, open }), cwd, dirty: true }
}
