import { compileCondition, innerCommands } from './condition.ts'
import type { RuleId } from './decision.ts'
import type { DocumentPath } from './diagnostic.ts'
import type { Authority, ExceptionContent, PolicyDocument, When } from './document.ts'
import { nearName } from './near-name.ts'
import type { Condition } from './scene.ts'
import { compileScope } from './scope.ts'
import type { CompiledException, CompiledRule } from './table.ts'
import type { ReportAt } from './word-test.ts'

type ExceptionSite = {
  readonly at: DocumentPath
  readonly authority: Authority
  readonly document: PolicyDocument
  readonly report: ReportAt
  readonly silences: readonly RuleId[]
}

export function compileException(
  exception: ExceptionContent,
  { at, authority, document, report, silences }: ExceptionSite,
): CompiledException {
  const { test } = compileCondition(exception.when, [...at, 'when'], report)
  return {
    id: exception.id,
    scope: compileScope(exception.scope, [...at, 'scope'], report),
    test: trusted(test, exception.when),
    reason: exception.reason,
    file: document.file,
    authority,
    silences,
  }
}

/**
 * A rule matches a name at any path; an exception must not: `/tmp/ssh-agent` is not `ssh-agent`. Programs are taken at
 * their bare name, also those in substitutions, unless the exception itself says which path it trusts.
 */
function trusted(test: Condition, when: When): Condition {
  const namesPath = when.path !== undefined && isExact(when.path)
  const namesInner = when.inner?.path !== undefined && isExact(when.inner.path)
  return (command, scene) =>
    test(command, scene) &&
    (namesPath || isBare(command.path?.text)) &&
    (namesInner || innerCommands(command, scene.analysis).every((inner) => isBare(inner.path?.text)))
}

function isExact(test: NonNullable<When['path']>): boolean {
  return typeof test === 'string' || Array.isArray(test) || (test as { is?: unknown }).is !== undefined
}

function isBare(path: string | undefined): boolean {
  return path === undefined || !path.includes('/')
}

type SilenceSite = {
  readonly at: DocumentPath
  readonly authority: Authority
  readonly rules: ReadonlyMap<RuleId, CompiledRule>
  readonly report: ReportAt
  readonly warn: ReportAt
}

export function silencedRules(
  exception: ExceptionContent,
  { at, authority, rules, report, warn }: SilenceSite,
): readonly RuleId[] {
  const allowed: RuleId[] = []
  for (const [index, name] of exception.silences.entries()) {
    const place = [...at, 'silences', index]
    const rule = rules.get(name as RuleId)
    if (rule === undefined) {
      const near = nearName(name, rules.keys())
      report(place, {
        code: 'CMDAID_ERR_POLICY_EXCEPTION',
        message: `there is no rule \`${name}\` to silence`,
        hint: near === null ? 'see `cmdaid policy show`' : `did you mean \`${near}\`?`,
      })
    } else if (rule.final) {
      report(place, {
        code: 'CMDAID_ERR_POLICY_EXCEPTION',
        message: `the rule \`${name}\` is final: nothing may silence it`,
        hint: 'remove it from `silences`',
      })
    } else if (rule.authority === 'organisation' && authority === 'user') {
      warn(place, {
        code: 'CMDAID_ERR_POLICY_INEFFECTIVE',
        message: `\`${name}\` is the organisation's rule: this exception does not silence it`,
        hint: rule.owner === null ? null : `ask ${rule.owner}`,
      })
    } else allowed.push(rule.id)
  }
  return allowed
}
