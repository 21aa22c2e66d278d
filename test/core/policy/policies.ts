import type { EvaluationInput } from '../../../src/core/policy/evaluate.ts'
import { evaluate } from '../../../src/core/policy/evaluate.ts'
import { compilePolicy } from '../../../src/core/policy/compile.ts'
import type { Actor, Decision } from '../../../src/core/policy/decision.ts'
import type { PolicyDiagnostic } from '../../../src/core/policy/diagnostic.ts'
import type { Authority, PolicyDocument, PolicySource } from '../../../src/core/policy/document.ts'
import { parsePolicyText } from '../../../src/core/policy/parse.ts'
import type { CompiledPolicy } from '../../../src/core/policy/table.ts'

export const HUMAN: Actor = { kind: 'human', name: null, evidence: 'verified' }
export const AGENT: Actor = { kind: 'agent', name: 'claude-code', evidence: 'verified' }

export function parsed(text: string, file = 'policy.yaml'): PolicyDocument {
  const result = parsePolicyText(text, file)
  if (!result.ok) throw new Error(`the fixture is refused: ${JSON.stringify(result.error, null, 1)}`)
  return result.value
}

/** The text of a document; a plain one speaks for the user. */
export type DocumentText = string | { readonly authority: Authority; readonly text: string }

/** Sources in the order given. */
export function sourcesOf(...texts: readonly DocumentText[]): readonly PolicySource[] {
  return texts.map((each, index) => ({
    authority: typeof each === 'string' ? 'user' : each.authority,
    kind: 'document',
    document: parsed(typeof each === 'string' ? each : each.text, `policy-${index}.yaml`),
  }))
}

export function compiled(...texts: readonly DocumentText[]): CompiledPolicy {
  const result = compilePolicy(sourcesOf(...texts), { examples: true })
  if (!result.ok) throw new Error(`the fixture does not compile: ${JSON.stringify(result.error, null, 1)}`)
  return result.value
}

export function refusal(...texts: readonly DocumentText[]): readonly PolicyDiagnostic[] {
  const result = compilePolicy(sourcesOf(...texts), { examples: true })
  return result.ok ? [] : result.error
}

/** As a person in bash in /home/user/project, unless told otherwise. */
export function judged(policy: CompiledPolicy, line: string, input: Partial<EvaluationInput> = {}): Decision {
  return evaluate(policy, {
    line,
    shell: 'bash',
    cwd: '/home/user/project',
    home: '/home/user',
    actor: HUMAN,
    ...input,
  })
}

/** A document with one rule that warns. `when` is YAML in flow style. */
export function ruleDocument(when: string, match: string, notMatch = 'true', extra = ''): string {
  return `version: 1
rules:
  - id: test.rule
    effect: warn
    risk: moderate
    when: ${when}
    reason: Because.
    match: [${JSON.stringify(match)}]
    not_match: [${JSON.stringify(notMatch)}]
    ${extra}
`
}
