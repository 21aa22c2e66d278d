import { hash } from 'node:crypto'
import type { AttemptId, SessionId } from '../core/event/ids.ts'
import { OPEN_ATTEMPTS_MAX } from '../core/limits.ts'

/** An attempt that was answered and whose end nobody has told yet. */
export type OpenAttempt = {
  readonly attempt: AttemptId
  readonly sessionSeq: number
  /** Monotonic, when the verdict went out. */
  readonly answeredNs: bigint
  /** The shell was told not to run it, or the person refused at a `confirm`. */
  readonly refused: boolean
}

/** Sequence numbers, both ends included. */
export type SeqRange = { readonly firstSeq: number; readonly lastSeq: number }

/**
 * The numbers of one session: what was asked, what is missing, what has not ended. No I/O, no clock. `lastSeq` is the
 * highest number heard of.
 */
export class AttemptLedger {
  readonly #session: SessionId
  #lastSeq: number
  #open: OpenAttempt[]
  /** Asks under `lastSeq` so far: a line judged command by command asks several times under one number. */
  #ordinal = 0

  constructor(
    session: SessionId,
    { lastSeq, open }: { readonly lastSeq: number; readonly open: readonly OpenAttempt[] },
  ) {
    this.#session = session
    this.#lastSeq = lastSeq
    this.#open = [...open]
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  get open(): readonly OpenAttempt[] {
    return this.#open
  }

  /**
   * An ask. `gap`: numbers nobody asked about. `superseded`: earlier attempts whose end was never told and now never
   * will be, since a shell asks again only after its prompt.
   */
  begin(
    sessionSeq: number,
    { answeredNs, refused }: { readonly answeredNs: bigint; readonly refused: boolean },
  ): { readonly attempt: AttemptId; readonly gap: SeqRange | null; readonly superseded: readonly OpenAttempt[] } {
    const gap = this.#advance(sessionSeq, sessionSeq - 1)
    const superseded = this.#takeWhere((open) => open.sessionSeq < sessionSeq)
    const attempt = attemptId(this.#session, sessionSeq, this.#ordinal)
    this.#ordinal += 1
    if (this.#open.length >= OPEN_ATTEMPTS_MAX) superseded.push(...this.#open.splice(0, 1))
    this.#open.push({ attempt, sessionSeq, answeredNs, refused })
    return { attempt, gap, superseded }
  }

  /** The end of a line: every attempt under its number, none when it is not known here, and what was missed before it. */
  end(sessionSeq: number): { readonly ended: readonly OpenAttempt[]; readonly gap: SeqRange | null } {
    const gap = this.#advance(sessionSeq, sessionSeq)
    return { ended: this.#takeWhere((open) => open.sessionSeq === sessionSeq), gap }
  }

  /** The reply to a `confirm`; null when no attempt waits under that number. */
  answer(sessionSeq: number, accepted: boolean): OpenAttempt | null {
    const index = this.#open.findLastIndex((open) => open.sessionSeq === sessionSeq)
    const found = this.#open[index]
    if (found === undefined) return null
    this.#open[index] = { ...found, refused: !accepted }
    return found
  }

  /** The shell ran a line without waiting for us; what was missed, and whether we had been asked. */
  unasked(sessionSeq: number): { readonly gap: SeqRange | null; readonly late: boolean } {
    const late = this.#open.some((open) => open.sessionSeq === sessionSeq)
    this.#open = this.#open.map((open) => (open.sessionSeq === sessionSeq ? { ...open, refused: false } : open))
    return { gap: this.#advance(sessionSeq, sessionSeq), late }
  }

  /** Everything that is still open; nothing is afterwards. */
  close(): readonly OpenAttempt[] {
    return this.#takeWhere(() => true)
  }

  /** Moves `lastSeq` up to `sessionSeq` and tells which numbers up to `missedTo` were jumped over. */
  #advance(sessionSeq: number, missedTo: number): SeqRange | null {
    if (sessionSeq <= this.#lastSeq) return null
    const firstSeq = this.#lastSeq + 1
    this.#lastSeq = sessionSeq
    this.#ordinal = 0
    return firstSeq <= missedTo ? { firstSeq, lastSeq: missedTo } : null
  }

  #takeWhere(test: (open: OpenAttempt) => boolean): OpenAttempt[] {
    const taken = this.#open.filter(test)
    if (taken.length > 0) this.#open = this.#open.filter((open) => !test(open))
    return taken
  }
}

/** Derived, not drawn: a daemon that starts after a crash names the attempts of its predecessor the same. */
export function attemptId(session: SessionId, sessionSeq: number, ordinal: number): AttemptId {
  return hash('sha256', `cmdaid attempt ${session} ${sessionSeq} ${ordinal}`).slice(0, 32) as AttemptId
}
