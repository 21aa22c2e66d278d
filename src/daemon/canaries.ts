import type { Clock } from '../adapters/clock/clock.ts'
import { CANARY_LINE } from '../core/event/canary.ts'
import type { CanaryOutcome } from '../core/event/canary.ts'
import type { AuditEvent } from '../core/event/event.ts'
import { enforcedEffect } from '../core/policy/decision.ts'
import type { Actor, Decision } from '../core/policy/decision.ts'
import type { ShellName } from '../core/shell/facts.ts'
import { answerFor, encodeAnswer } from '../wire/hook/answer.ts'
import type { Judge } from './judge.ts'
import type { LiveSession } from './live-session.ts'

export type CanariesParts = {
  readonly judge: Judge
  readonly explain: (decision: Decision, line: string) => string
  readonly append: (event: AuditEvent) => void
  readonly clock: Clock
  readonly home: string
}

/**
 * A session's proof that it stops lines (docs/format/hook.md): it asks about a line that must be refused, by the same way as
 * every other, and tells what it was told. Asking leaves no trace but the answer; the outcome is a record.
 */
export class Canaries {
  readonly #parts: CanariesParts

  constructor(parts: CanariesParts) {
    this.#parts = parts
  }

  answer(live: LiveSession, digit: number): void {
    const { judge, explain, home } = this.#parts
    const decision = judgeCanary(judge, home, live.session)
    const answer = answerFor(enforcedEffect(decision))
    if (answer !== 'run') live.slot.writeExplanation(explain(decision, CANARY_LINE))
    live.canaryAnswer = live.slot.answer(encodeAnswer(answer, digit)) ? answer : null
  }

  /** What the shell says came of it. A refusal that was never sent is no proof. */
  report(live: LiveSession, told: CanaryOutcome): void {
    const { append, clock } = this.#parts
    const outcome = told === 'enforced' && live.canaryAnswer !== 'refuse' ? 'failed' : told
    const atUs = clock.nowUs()
    live.canaryAnswer = null
    live.canary = { outcome, atUs }
    live.dirty = true
    append({ kind: 'session.canary', session: live.session, outcome, atUs })
  }
}

/** Without the session's aliases: one of the canary's name is the person's own business. */
export function judgeCanary(
  judge: Judge,
  home: string,
  by: { readonly shell: ShellName; readonly actor: Actor; readonly interactive: boolean } = NOBODY,
): Decision {
  const { shell, actor, interactive } = by
  return judge({ line: CANARY_LINE, shell, cwd: home, home, actor, interactive, aliases: null })
}

const NOBODY = {
  shell: 'bash',
  actor: { kind: 'unknown', name: null, evidence: 'unknown' },
  interactive: true,
} as const
