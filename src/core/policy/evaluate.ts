import { analyse } from '../shell/analyse.ts'
import type { ShellName } from '../shell/facts.ts'
import { decide } from './decide.ts'
import type { Actor, Decision } from './decision.ts'
import type { CompiledPolicy } from './table.ts'

export type EvaluationInput = {
  readonly line: string
  readonly shell: ShellName
  /** Directory the line runs in, absolute; null when unknown. */
  readonly cwd: string | null
  readonly home: string | null
  readonly actor: Actor
  /** A person can be asked; true when not said. Without one, `confirm` becomes `approve`. */
  readonly interactive?: boolean
}

/** What the policy says of a command line. Total and bounded: any text gets a decision. */
export function evaluate(
  policy: CompiledPolicy,
  { line, shell, cwd, home, actor, interactive = true }: EvaluationInput,
): Decision {
  return decide(policy, analyse({ line, shell, cwd, home }), { actor, shell, home, interactive })
}
