import { EFFECTS, type Effect, RISKS, type Risk, strictest } from './decision.ts'
import type { DocumentPath } from './diagnostic.ts'
import type { PolicyContent, PolicySource, RuleContent } from './document.ts'
import { blockedPatternRule } from './pattern.ts'
import type { CompiledRule } from './table.ts'
import type { ReportAt } from './word-test.ts'

/** The least effect that a rule may have, whatever it says itself. */
export type Raise = (rule: Pick<RuleContent, 'id' | 'risk' | 'tags'>) => Effect

/** Risks that `safety.risk_tolerance` lets pass as the rules say; higher ones need at least a reason. */
const TOLERATED: Readonly<Record<string, Risk>> = {
  low: 'safe',
  strict: 'safe',
  medium: 'moderate',
  moderate: 'moderate',
  high: 'critical',
  permissive: 'critical',
}

/** What every document's `risk_tolerance` and `require_approval_for` ask for together: the strictest counts. */
export function raiserOf(sources: readonly PolicySource[]): Raise {
  const approvals = new Set<string>()
  let tolerated: Risk = 'critical'
  for (const { document } of sources) {
    const { safety } = document.content
    for (const name of safety?.require_approval_for ?? []) approvals.add(name)
    const risk = TOLERATED[safety?.risk_tolerance ?? 'permissive']!
    if (RISKS.indexOf(risk) < RISKS.indexOf(tolerated)) tolerated = risk
  }
  return ({ id, risk, tags = [] }) => {
    const needsApproval = approvals.has(risk) || approvals.has(id) || tags.some((tag) => approvals.has(tag))
    return strictest(
      needsApproval ? 'approve' : EFFECTS[0],
      RISKS.indexOf(risk) > RISKS.indexOf(tolerated) ? 'confirm' : EFFECTS[0],
    )
  }
}

/** Warns of entries of `require_approval_for` that no rule answers to: most often a slip of the pen. */
export function warnOfUnknownApprovals(
  { safety }: PolicyContent,
  rules: Iterable<Pick<CompiledRule, 'id' | 'tags'>>,
  warn: ReportAt,
): void {
  if (safety?.require_approval_for === undefined) return
  const known = new Set<string>(RISKS)
  for (const { id, tags } of rules) for (const name of [id, ...tags]) known.add(name)
  for (const [index, name] of safety.require_approval_for.entries()) {
    if (known.has(name)) continue
    warn(['safety', 'require_approval_for', index], {
      code: 'CMDAID_ERR_POLICY_INEFFECTIVE',
      message: `\`${name}\` is no risk, no tag and no rule: it asks for no approval`,
      hint: `name a risk (${RISKS.join(', ')}), a tag or the id of a rule`,
    })
  }
}

/** A rule that a document asks for without writing it out, and the place that asks. */
export type DerivedRule = { readonly rule: RuleContent; readonly at: DocumentPath }

/** The rules behind `blocked_patterns` and `additional_dangerous_paths`. */
export function* derivedRules({ safety }: PolicyContent, report: ReportAt): Generator<DerivedRule> {
  for (const [index, pattern] of (safety?.blocked_patterns ?? []).entries()) {
    const at = ['safety', 'blocked_patterns', index]
    const rule = blockedPatternRule(pattern, index, at, report)
    if (rule !== null) yield { rule, at }
  }
  const paths = safety?.additional_dangerous_paths ?? []
  if (paths.length > 0) yield { rule: dangerousPathsRule(paths), at: ['safety', 'additional_dangerous_paths'] }
}

/** Deleting, moving away, or changing the mode of everything in such a path. Writing into it is what it is there for. */
function dangerousPathsRule(paths: readonly string[]): RuleContent {
  const path = paths.flatMap((each) => [each, `${each.replace(/\/+$/, '')}/**`])
  return {
    id: 'safety.additional_dangerous_paths',
    effect: { human: 'confirm', agent: 'deny' },
    risk: 'high',
    when: {
      any: [
        { deletes: { path } },
        { program: 'mv', reads: { path } },
        { program: ['chmod', 'chown', 'chgrp'], flags: ['R', 'recursive'], operand: { path } },
      ],
    },
    reason: 'The policy names this path as one where nothing may be deleted without a reason.',
    match: [],
    not_match: [],
  }
}
