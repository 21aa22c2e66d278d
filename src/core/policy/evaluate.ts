import { analyse } from '../shell/analyse.ts'
import type { AliasTable } from '../shell/alias-table.ts'
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
  /** What words stand for in that shell; null or not said: nothing is known of it. */
  readonly aliases?: AliasTable | null
}

/** What the policy says of a command line. Total and bounded: any text gets a decision. */
export function evaluate(
  policy: CompiledPolicy,
  { line, shell, cwd, home, actor, interactive = true, aliases = null }: EvaluationInput,
): Decision {
  return decide(policy, analyse({ line, shell, cwd, home, aliases }), { actor, shell, home, interactive })
}
