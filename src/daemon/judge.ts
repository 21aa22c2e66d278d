import type { EvaluationInput } from '../core/policy/evaluate.ts'
import type { Decision, RuleId } from '../core/policy/decision.ts'

export type JudgeInput = Required<EvaluationInput>

/** The policy in force, as one function. Total: a line that cannot be judged is a decision too. */
export type Judge = (input: JudgeInput) => Decision

const FAILED = 'cmdaid.judge-failed' as RuleId

/**
 * Makes an engine total. A line that it fails on (a bug of ours) must neither stop the daemon, since whoever found it could
 * then switch the daemon off, nor run as if nothing matched: a person gives a reason, anybody else needs an approval.
 */
export function totalJudge(
  engine: (input: JudgeInput) => Decision,
  policyHash: () => string,
  onFailure: (error: unknown) => void,
): Judge {
  return (input) => {
    try {
      return engine(input)
    } catch (error) {
      onFailure(error)
      return failedDecision(input, policyHash())
    }
  }
}

function failedDecision({ line, actor, interactive }: JudgeInput, policyHash: string): Decision {
  const effect = interactive && actor.kind === 'human' ? 'confirm' : 'approve'
  const reason = 'cmdaid failed to judge this line, which is a bug in cmdaid'
  const hit = {
    rule: FAILED,
    effect,
    risk: 'high',
    reason,
    suggest: 'Report it; writing the line differently may help.',
    owner: null,
    url: null,
    span: { start: 0, end: line.length },
    route: [],
    resolved: '',
  } as const
  return { effect, risk: 'high', mode: 'enforce', rule: FAILED, reason, hits: [hit], policyHash }
}
