import type { Actor, Decision } from '../core/policy/decision.ts'
import type { ShellName } from '../core/shell/facts.ts'

export type JudgeInput = {
  readonly line: string
  readonly shell: ShellName
  readonly cwd: string | null
  readonly home: string | null
  readonly actor: Actor
}

/** The policy in force, as one function. Total: a line that cannot be judged is a decision too. */
export type Judge = (input: JudgeInput) => Decision
