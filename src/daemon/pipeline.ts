import type { AuditEvent, CommandStarted, GapCause, Outcome } from '../core/event/event.ts'
import { DEFERRED_AGE_MS, DEFERRED_MAX, DEFERRED_MS, RECORDED_BYTES_MAX, SLICE_MS } from '../core/limits.ts'
import type { AliasTable } from '../core/shell/alias-table.ts'
import { enforcedEffect } from '../core/policy/decision.ts'
import type { Decision } from '../core/policy/decision.ts'
import type { Clock } from '../adapters/clock/clock.ts'
import { answerFor, encodeAnswer } from '../wire/hook/answer.ts'
import type { HookAnswer } from '../wire/hook/answer.ts'
import { parseAliasFile } from '../wire/hook/alias-file.ts'
import { commandBytesOf } from '../wire/hook/command-text.ts'
import type { HookMessage } from '../wire/hook/message.ts'
import type { OpenAttempt, SeqRange } from './attempt-ledger.ts'
import type { Judge } from './judge.ts'
import type { LiveSession } from './live-session.ts'
import { redactStarted } from './redact-started.ts'
import type { Redact } from './redact-started.ts'
import type { Turns } from './turns.ts'

export type PipelineParts = {
  readonly judge: Judge
  /** The same for shells without a person, of which the policy may want to know without stopping them. */
  readonly judgeScript: Judge
  /** What the person reads, ready to print (docs/format/hook.md). */
  readonly explain: (decision: Decision, line: string) => string
  readonly redact: Redact
  /** Never waits and never throws: the record is behind the verdict, not before it. */
  readonly append: (event: AuditEvent) => void
  readonly clock: Clock
  readonly home: string | null
  readonly counters: PipelineCounters
  readonly turns: Turns
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
type Remembered = Extract<HookMessage, { kind: 'remembered' }>

/** When something came in, by both clocks: what is done about it is done later. */
type Moment = { readonly atUs: bigint; readonly monotonicNs: bigint }

/**
 * The main path: a frame from a shell → verdict → one byte back → redact → record. What follows the verdict waits until no shell
 * has said anything for a few milliseconds: the shell that got its byte may share a processor with us, and a daemon that sleeps
 * lets it run at once; lines that come in quick succession are judged before any of them is recorded. Order is kept.
 */
export class Pipeline {
  readonly #parts: PipelineParts
  /** What is left to do for messages that were taken in, oldest first. */
  #later: (() => void)[] = []
  /** When some of it will be done. */
  #scheduled: Disposable | null = null
  /** Something came in since the timer was last set; how long that has put it off. */
  #heard = false
  #waitedMs = 0

  constructor(parts: PipelineParts) {
    this.#parts = parts
  }

  /** One message of a session's lines; `hello`, `bye` and what is about the canary are the session table's. */
  handle(live: LiveSession, message: Exclude<HookMessage, { kind: 'hello' | 'canary' | 'proof' | 'bye' }>): void {
    if (message.kind === 'ask') {
      const verdict = this.#answer(live, message)
      this.#defer(() => this.#record(live, message, verdict))
    } else if (message.kind === 'remembered') {
      const { seq, cwd } = message
      const verdict = this.#agree(live, message)
      this.#defer(() => this.#record(live, { seq, cwd }, verdict()))
    } else {
      const moment = this.#now()
      this.#defer(() => {
        if (message.kind === 'finished') this.#finished(live, message, moment)
        else if (message.kind === 'answered') this.#answered(live, message, moment)
        else this.#unasked(live, message, moment)
        live.dirty = true
      })
    }
  }

  /** The session is over: nobody will tell how these ended. */
  close(live: LiveSession, how: 'bye' | 'gone'): void {
    this.settle()
    const moment = this.#now()
    for (const open of live.ledger.close()) this.#end(live, open, how === 'bye' ? 'abandoned' : 'killed', moment)
    this.#parts.append({ kind: 'session.closed', session: live.session, how, atUs: moment.atUs })
  }

  /** Does now what is left to do: before the record is flushed, at the end. */
  settle(): void {
    this.#stopWaiting()
    for (let step = this.#later.shift(); step !== undefined; step = this.#later.shift()) step()
  }

  /** Does what is left to do, and returns when it is done; shells are answered in between. */
  async settleSlowly(): Promise<void> {
    while (this.#settleSlice()) await this.#parts.turns.next()
  }

  #defer(step: () => void): void {
    this.#later.push(step)
    this.#heard = true
    // One in, one out: a line waits for little more than its own record, however many wait for theirs.
    if (this.#later.length > DEFERRED_MAX) this.#later.shift()?.()
    this.#scheduled ??= setTimeout(() => this.#rest(), DEFERRED_MS)
  }

  /** Waits on while shells speak, though not for ever. */
  #rest(): void {
    this.#waitedMs += DEFERRED_MS
    if (!this.#heard || this.#waitedMs >= DEFERRED_AGE_MS) return this.#settleInTurns()
    this.#heard = false
    this.#scheduled = setTimeout(() => this.#rest(), DEFERRED_MS)
  }

  #settleInTurns(): void {
    this.#stopWaiting()
    if (this.#settleSlice()) this.#scheduled = this.#parts.turns.schedule(() => this.#settleInTurns())
  }

  /** One step after the other until the slice is over; nobody waits for more. True when something is left to do. */
  #settleSlice(): boolean {
    const endMs = performance.now() + SLICE_MS
    for (let step = this.#later.shift(); step !== undefined; step = this.#later.shift()) {
      step()
      if (performance.now() >= endMs) break
    }
    return this.#later.length > 0
  }

  #stopWaiting(): void {
    this.#scheduled?.[Symbol.dispose]()
    this.#scheduled = null
    this.#waitedMs = 0
  }

  #now(): Moment {
    const { clock } = this.#parts
    return { atUs: clock.nowUs(), monotonicNs: clock.monotonicNs() }
  }

  /** Judges and answers. Nothing here may touch the record; what it returns is a copy that outlives the frame. */
  #answer(live: LiveSession, ask: Ask): Verdict {
    const { explain, clock } = this.#parts
    const { slot } = live
    const text = ask.text === null ? slot.readCommand() : { bytes: ask.text, truncatedBytes: 0 }
    const commandBytes = commandBytesOf(ask.form, text?.bytes ?? NOTHING)
    const commandLine = utf8(commandBytes)
    const decision = this.#judge(live, ask.cwd, commandLine, aliasesOf(live, ask.aliases))
    const answer = answerFor(enforcedEffect(decision))
    if (answer !== 'run') slot.writeExplanation(explain(decision, commandLine))
    const delivered = slot.answer(encodeAnswer(answer, ask.digit))
    const answeredNs = clock.monotonicNs()
    this.#parts.turns.answered()
    const kept = commandBytes.subarray(0, RECORDED_BYTES_MAX)
    return {
      decision,
      answer,
      lost: delivered ? null : 'overflow',
      commandLine: kept.length === commandBytes.length ? commandLine : utf8(kept),
      commandBytes: new Uint8Array(kept),
      truncatedBytes: (text?.truncatedBytes ?? 0) + commandBytes.length - kept.length,
      answeredNs,
      atUs: clock.nowUs(),
    }
  }

  /**
   * A line that runs already. What it says is copied now and judged later, by the policy of that moment: only one that changed since
   * the shell looked, or a hook that lies, makes it differ, and then the line ran without a verdict.
   */
  #agree(live: LiveSession, message: Remembered): () => Verdict {
    const { clock } = this.#parts
    const aliases = aliasesOf(live, message.aliases)
    const { cwd, text } = message
    const commandBytes = new Uint8Array(text.subarray(0, RECORDED_BYTES_MAX))
    const truncatedBytes = text.length - commandBytes.length
    const moment = { atUs: clock.nowUs(), answeredNs: clock.monotonicNs() }
    return () => {
      const commandLine = utf8(commandBytes)
      const decision = this.#judge(live, cwd, commandLine, aliases)
      const ranUnasked = answerFor(enforcedEffect(decision)) === 'run' ? null : 'unasked'
      return { decision, answer: 'run', lost: ranUnasked, commandLine, commandBytes, truncatedBytes, ...moment }
    }
  }

  #judge(live: LiveSession, cwd: string, line: string, aliases: AliasTable | null): Decision {
    const { judge, judgeScript, home } = this.#parts
    const { shell, actor, interactive } = live.session
    return (live.scripted ? judgeScript : judge)({ line, shell, cwd, home, actor, interactive, aliases })
  }

  #record(live: LiveSession, ask: Pick<Ask, 'seq' | 'cwd'>, verdict: Verdict): void {
    const { redact, append, counters } = this.#parts
    const { decision, answer, lost, commandLine, commandBytes, truncatedBytes, answeredNs, atUs } = verdict
    const { session, ledger } = live
    live.cwd = ask.cwd
    const refused = answer === 'refuse' || answer === 'confirm'
    const { attempt, gap, superseded } = ledger.begin(ask.seq, { answeredNs, refused })
    const moment = { atUs, monotonicNs: answeredNs }
    for (const open of superseded) this.#end(live, open, 'unknown', moment)
    if (gap !== null) this.#gap(live, gap, 'unasked', moment)
    const started: CommandStarted = {
      kind: 'command.started',
      session,
      attempt,
      sessionSeq: ask.seq,
      commandLine,
      commandBytes,
      truncatedBytes,
      cwd: ask.cwd,
      atUs,
    }
    append({ kind: 'started', ...redactStarted(started, decision, redact) })
    if (lost === null) live.lost = null
    else this.#gap(live, { firstSeq: ask.seq, lastSeq: ask.seq }, lost, moment)
    counters.asked += 1
    if (answer === 'refuse') counters.refused += 1
    if (answer === 'warn') counters.warned += 1
    if (lost === 'overflow') counters.undelivered += 1
    live.dirty = true
  }

  #finished(
    live: LiveSession,
    { seq, exitStatus, pipeStatuses, cwd }: Extract<HookMessage, { kind: 'finished' }>,
    moment: Moment,
  ): void {
    live.cwd = cwd
    const { ended, gap } = live.ledger.end(seq)
    if (gap !== null) this.#gap(live, gap, 'unasked', moment)
    const told = { exitStatus, pipeStatuses }
    for (const open of ended) this.#end(live, open, open.refused ? 'denied' : 'finished', moment, told)
  }

  #answered(live: LiveSession, { seq, reason }: Extract<HookMessage, { kind: 'answered' }>, { atUs }: Moment): void {
    const { append, redact } = this.#parts
    const accepted = reason.trim() !== ''
    const open = live.ledger.answer(seq, accepted)
    if (open === null) return
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
  }

  #unasked(live: LiveSession, { seq }: Extract<HookMessage, { kind: 'unasked' }>, moment: Moment): void {
    const { gap, late } = live.ledger.unasked(seq)
    if (late) this.#gap(live, { firstSeq: seq, lastSeq: seq }, 'timeout', moment)
    else if (gap !== null) this.#gap(live, gap, 'unasked', moment)
  }

  #gap(live: LiveSession, range: SeqRange, cause: GapCause, { atUs }: Moment): void {
    const { append, counters } = this.#parts
    counters.unasked += range.lastSeq - range.firstSeq + 1
    live.lost = cause
    append({ kind: 'session.gap', session: live.session, ...range, cause, atUs })
  }

  #end(
    live: LiveSession,
    open: OpenAttempt,
    outcome: Outcome,
    { atUs, monotonicNs }: Moment,
    told: Told = NOT_TOLD,
  ): void {
    const durationMs = told === NOT_TOLD ? null : Math.round(Number(monotonicNs - open.answeredNs) / 1e6)
    const { attempt, sessionSeq } = open
    this.#parts.append({
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
        atUs,
      },
    })
  }
}

/** What an ask led to, for the record. */
type Verdict = Pick<CommandStarted, 'commandLine' | 'commandBytes' | 'truncatedBytes' | 'atUs'> & {
  readonly decision: Decision
  readonly answer: HookAnswer
  /** Why the line may have run without this verdict. */
  readonly lost: GapCause | null
  readonly answeredNs: bigint
}

type Told = { readonly exitStatus: number | null; readonly pipeStatuses: readonly number[] }

const NOT_TOLD: Told = { exitStatus: null, pipeStatuses: [] }
const NOTHING = new Uint8Array()

/** What words stand for in a line; null for generation 0. The shell wrote the file before it named a new generation. */
function aliasesOf(live: LiveSession, generation: number): AliasTable | null {
  if (generation === 0) return null
  if (generation !== live.aliasGeneration) {
    live.aliases = parseAliasFile(live.slot.readAliases())
    live.aliasGeneration = generation
  }
  return live.aliases
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
