import type { Brand } from '../brand.ts'
import type { Span } from '../shell/facts.ts'

export type RuleId = Brand<string, 'RuleId'>

/** Weakest to strongest. The strictest matching rule wins. */
export const EFFECTS = ['allow', 'warn', 'confirm', 'approve', 'deny'] as const
export type Effect = (typeof EFFECTS)[number]

export const RISKS = ['safe', 'moderate', 'high', 'critical'] as const
export type Risk = (typeof RISKS)[number]

/** `monitor` records what would have happened; `enforce` does it. */
export type Mode = 'monitor' | 'enforce'

/** What a shell does that runs a `-c` string without a person: nothing, tell what it runs, or ask first. Weakest to strongest. */
export const NON_INTERACTIVE = ['off', 'observe', 'enforce'] as const
export type NonInteractive = (typeof NON_INTERACTIVE)[number]

/** Who is at the keyboard, as far as evidence goes. Rules may have one effect for people and another for agents. */
export type ActorKind = 'human' | 'agent' | 'ci' | 'script' | 'unknown'
export type EvidenceGrade = 'verified' | 'corroborated' | 'claimed' | 'unknown'
export type Actor = {
  readonly kind: ActorKind
  /** `claude-code`, `codex`, … or null. */
  readonly name: string | null
  readonly evidence: EvidenceGrade
}

/** One rule that matched one command of the line. */
export type RuleHit = {
  readonly rule: RuleId
  readonly effect: Effect
  readonly risk: Risk
  readonly reason: string
  readonly suggest: string | null
  readonly owner: string | null
  readonly url: string | null
  /** Where in the line, how it was reached (`sudo → sh -c → rm`), and the command as resolved (`rm -rf /`). */
  readonly span: Span
  readonly route: readonly string[]
  readonly resolved: string
}

/** What the policy says of one command line. */
export type Decision = {
  /** The effect of the strictest rule, before `mode` is applied. */
  readonly effect: Effect
  readonly risk: Risk
  readonly mode: Mode
  /** The rule that decided; null when nothing matched. */
  readonly rule: RuleId | null
  /** One sentence; empty when nothing matched. */
  readonly reason: string
  /** Every hit, strictest first. */
  readonly hits: readonly RuleHit[]
  /** Hash of the compiled table that decided: `sha256:<64 hex>`. */
  readonly policyHash: string
}

export function strictest(a: Effect, b: Effect): Effect {
  return EFFECTS.indexOf(a) >= EFFECTS.indexOf(b) ? a : b
}

/** What really happens to the command: in `monitor` mode nothing is stopped. */
export function enforcedEffect(decision: Pick<Decision, 'effect' | 'mode'>): Effect {
  return decision.mode === 'enforce' ? decision.effect : 'allow'
}
