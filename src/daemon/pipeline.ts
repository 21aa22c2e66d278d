import type { AuditEvent, CommandStarted, Outcome } from '../core/event/event.ts'
import { RECORDED_BYTES_MAX } from '../core/limits.ts'
import { enforcedEffect } from '../core/policy/decision.ts'
import type { Decision } from '../core/policy/decision.ts'
import type { Clock } from '../adapters/clock/clock.ts'
import { answerFor, encodeAnswer } from '../wire/hook/answer.ts'
import { commandBytesOf } from '../wire/hook/command-text.ts'
import type { HookMessage } from '../wire/hook/message.ts'
import type { OpenAttempt, SeqRange } from './attempt-ledger.ts'
import type { Judge } from './judge.ts'
import type { LiveSession } from './live-session.ts'
import { redactStarted } from './redact-started.ts'
import type { Redact } from './redact-started.ts'

export type PipelineParts = {
  readonly judge: Judge
  /** What the person reads, ready to print (docs/format/hook.md). */
  readonly explain: (decision: Decision, line: string) => string
  readonly redact: Redact
  /** Never waits and never throws: the record is behind the verdict, not before it. */
  readonly append: (event: AuditEvent) => void
  readonly clock: Clock
  readonly home: string | null
  readonly counters: PipelineCounters
}

/** What happened since the start; shown by `cmdaid status`. */
export type PipelineCounters = {
  asked: number
  refused: number
  warned: number
  /** Verdicts the shell could not be told: it reads nothing and its FIFO is full. */
  undelivered: number
  /** Commands that ran without a verdict. */
  unasked: number
  /** Pairs dropped because what came over them was not our protocol. */
  faults: number
}

export function newCounters(): PipelineCounters {
  return { asked: 0, refused: 0, warned: 0, undelivered: 0, unasked: 0, faults: 0 }
}

type Ask = Extract<HookMessage, { kind: 'ask' }>

/** The main path: a frame from a shell → verdict → one byte back → redact → record. */
export class Pipeline {
  readonly #parts: PipelineParts

  constructor(parts: PipelineParts) {
    this.#parts = parts
  }

  /** One message of a session; `hello` and `bye` are the session table's. */
  handle(live: LiveSession, message: Exclude<HookMessage, { kind: 'hello' | 'bye' }>): void {
    switch (message.kind) {
      case 'ask':
        return this.#ask(live, message)
      case 'finished':
        return this.#finished(live, message)
      case 'answered':
        return this.#answered(live, message)
      case 'unasked':
        return this.#unasked(live, message)
    }
  }

  /** The session is over: nobody will tell how these ended. */
  close(live: LiveSession, how: 'bye' | 'gone'): void {
    for (const open of live.ledger.close()) this.#end(live, open, how === 'bye' ? 'abandoned' : 'killed')
    this.#parts.append({ kind: 'session.closed', session: live.session, how, atUs: this.#parts.clock.nowUs() })
  }

  #ask(live: LiveSession, ask: Ask): void {
    const { judge, explain, clock, append, counters, redact, home } = this.#parts
    const { session, slot, ledger } = live
    const atUs = clock.nowUs()
    const text = ask.text === null ? slot.readCommand() : { bytes: ask.text, truncatedBytes: 0 }
    const commandBytes = commandBytesOf(ask.form, text?.bytes ?? NOTHING)
    const commandLine = utf8(commandBytes)
    const decision = judge({ ...session, line: commandLine, cwd: ask.cwd, home })
    const answer = answerFor(enforcedEffect(decision))
    if (answer !== 'run') slot.writeExplanation(explain(decision, commandLine))
    const delivered = slot.answer(encodeAnswer(answer, ask.digit))

    // The shell has its verdict. From here on nobody waits.
    live.cwd = ask.cwd
    const refused = answer === 'refuse' || answer === 'confirm'
    const { attempt, gap, superseded } = ledger.begin(ask.seq, { answeredNs: clock.monotonicNs(), refused })
    for (const open of superseded) this.#end(live, open, 'unknown')
    if (gap !== null) this.#gap(live, gap, 'unasked')
    const kept = commandBytes.subarray(0, RECORDED_BYTES_MAX)
    const started: CommandStarted = {
      kind: 'command.started',
      session,
      attempt,
      sessionSeq: ask.seq,
      commandLine: kept.length === commandBytes.length ? commandLine : utf8(kept),
      // A copy: the frame's buffer is used again.
      commandBytes: Uint8Array.from(kept),
      truncatedBytes: (text?.truncatedBytes ?? 0) + commandBytes.length - kept.length,
      cwd: ask.cwd,
      atUs,
    }
    append({ kind: 'started', ...redactStarted(started, decision, redact) })
    if (!delivered) this.#gap(live, { firstSeq: ask.seq, lastSeq: ask.seq }, 'overflow')
    counters.asked += 1
    if (answer === 'refuse') counters.refused += 1
    if (answer === 'warn') counters.warned += 1
    if (!delivered) counters.undelivered += 1
    live.dirty = true
  }

  #finished(
    live: LiveSession,
    { seq, exitStatus, pipeStatuses, cwd }: Extract<HookMessage, { kind: 'finished' }>,
  ): void {
    live.cwd = cwd
    const { ended, gap } = live.ledger.end(seq)
    if (gap !== null) this.#gap(live, gap, 'unasked')
    for (const open of ended) this.#end(live, open, open.refused ? 'denied' : 'finished', { exitStatus, pipeStatuses })
    live.dirty = true
  }

  #answered(live: LiveSession, { seq, reason }: Extract<HookMessage, { kind: 'answered' }>): void {
    const { append, clock, redact } = this.#parts
    const accepted = reason.trim() !== ''
    const open = live.ledger.answer(seq, accepted)
    if (open === null) return
    const atUs = clock.nowUs()
    const { attempt, sessionSeq } = open
    append({
      kind: 'answered',
      session: live.session,
      attempt,
      sessionSeq,
      accepted,
      reason: redact(reason).text,
      atUs,
    })
    live.dirty = true
  }

  #unasked(live: LiveSession, { seq }: Extract<HookMessage, { kind: 'unasked' }>): void {
    const { gap, late } = live.ledger.unasked(seq)
    if (late) this.#gap(live, { firstSeq: seq, lastSeq: seq }, 'timeout')
    else if (gap !== null) this.#gap(live, gap, 'unasked')
    live.dirty = true
  }

  #gap(live: LiveSession, range: SeqRange, cause: 'unasked' | 'timeout' | 'overflow'): void {
    const { append, clock, counters } = this.#parts
    counters.unasked += range.lastSeq - range.firstSeq + 1
    append({ kind: 'session.gap', session: live.session, ...range, cause, atUs: clock.nowUs() })
  }

  #end(live: LiveSession, open: OpenAttempt, outcome: Outcome, told: Told = NOT_TOLD): void {
    const { append, clock } = this.#parts
    const durationMs = told === NOT_TOLD ? null : Math.round(Number(clock.monotonicNs() - open.answeredNs) / 1e6)
    const { attempt, sessionSeq } = open
    append({
      kind: 'finished',
      finished: {
        kind: 'command.finished',
        session: live.session,
        attempt,
        sessionSeq,
        outcome: told === NOT_TOLD && open.refused ? 'denied' : outcome,
        ...told,
        durationMs,
        cwd: live.cwd,
        atUs: clock.nowUs(),
      },
    })
  }
}

type Told = { readonly exitStatus: number | null; readonly pipeStatuses: readonly number[] }

const NOT_TOLD: Told = { exitStatus: null, pipeStatuses: [] }
const NOTHING = new Uint8Array()

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
