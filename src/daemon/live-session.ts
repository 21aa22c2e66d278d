import { randomBytes } from 'node:crypto'
import type { Slot } from '../adapters/session-fifo/slot.ts'
import type { CanaryOutcome } from '../core/event/canary.ts'
import type { GapCause, Session } from '../core/event/event.ts'
import type { SessionId } from '../core/event/ids.ts'
import type { AliasTable } from '../core/shell/alias-table.ts'
import { AttemptLedger } from './attempt-ledger.ts'
import type { HookAnswer } from '../wire/hook/answer.ts'
import type { OpenAttempt } from './attempt-ledger.ts'

/** What a session's last canary showed, and when. */
export type CanaryReport = { readonly outcome: CanaryOutcome; readonly atUs: bigint }

/**
 * A session that is served now. Owned by the session table; the pipeline changes `cwd`, `ledger`, `lost`, `aliases` and `dirty`, and
 * `Canaries` what is about the canary.
 */
export type LiveSession = {
  readonly slot: Slot
  readonly session: Session
  readonly ledger: AttemptLedger
  /** It runs one string without a person (`interactive=0`), which the policy may want to observe only. */
  readonly scripted: boolean
  /** Why lines ran without a verdict since the last one that got one; null when none did. */
  lost: GapCause | null
  /** What the shell's words stand for, as read when an ask named generation `aliasGeneration`; null and 0: none has. */
  aliases: AliasTable | null
  aliasGeneration: number
  /** What the daemon answered to a canary whose outcome the shell has not told yet. */
  canaryAnswer: HookAnswer | null
  canary: CanaryReport | null
  /** Last directory heard of. */
  cwd: string
  /** Something a later daemon must know has changed since it was saved. */
  dirty: boolean
}

export function newSessionId(): SessionId {
  return randomBytes(16).toString('hex') as SessionId
}

type Known = {
  readonly cwd: string
  readonly lastSeq: number
  readonly open: readonly OpenAttempt[]
  readonly canary: CanaryReport | null
  readonly scripted?: boolean
}

export function liveSession(
  slot: Slot,
  session: Session,
  { cwd, lastSeq, open, canary, scripted = false }: Known,
): LiveSession {
  return {
    slot,
    session,
    ledger: new AttemptLedger(session.id, { lastSeq, open }),
    scripted,
    lost: null,
    aliases: null,
    aliasGeneration: 0,
    canaryAnswer: null,
    canary,
    cwd,
    dirty: true,
  }
}
