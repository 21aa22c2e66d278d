import type { Decision, Effect, RuleId } from '../core/policy/decision.ts'
import type { Judge } from './judge.ts'

const EFFECT_OF_WORD: readonly (readonly [string, Effect])[] = [
  ['DENYME', 'deny'],
  ['CONFIRMME', 'confirm'],
  ['WARNME', 'warn'],
]

/** Judges by a word in the line. Stands in until the policy engine is wired. */
export const provisionalJudge: Judge = ({ line }) => {
  const effect = EFFECT_OF_WORD.find(([word]) => line.includes(word))?.[1] ?? 'allow'
  const rule = effect === 'allow' ? null : (`provisional-${effect}` as RuleId)
  const reason = rule === null ? '' : 'the line holds a word that the provisional rules look for'
  return {
    effect,
    risk: rule === null ? 'safe' : 'high',
    mode: 'enforce',
    rule,
    reason,
    hits: [],
    policyHash: `sha256:${'0'.repeat(64)}`,
  } satisfies Decision
}

export function provisionalExplanation(decision: Decision): string {
  return `${decision.effect} by rule ${decision.rule}: ${decision.reason}`
}
