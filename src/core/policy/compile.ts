import { createHash } from 'node:crypto'
import { POLICY_DIAGNOSTICS_MAX } from '../limits.ts'
import { type Result, fail, ok } from '../result.ts'
import { canonicalJson } from './canonical.ts'
import { type Condition, type Key, compileCondition, innerCommands } from './condition.ts'
import { EFFECTS, type Effect, type Mode, RISKS, type Risk, type RuleId, strictest } from './decision.ts'
import { type DocumentPath, type PolicyDiagnostic, type Severity, sortDiagnostics } from './diagnostic.ts'
import type {
  Authority,
  ExceptionContent,
  PolicyContent,
  PolicyDocument,
  PolicySource,
  RuleContent,
  When,
} from './document.ts'
import { exceptionExamples, ruleExamples } from './examples.ts'
import { nearName } from './near-name.ts'
import { blockedPatternRule } from './pattern.ts'
import { compileScope } from './scope.ts'
import type { CompiledException, CompiledPolicy, CompiledRule } from './table.ts'
import type { ReportAt } from './word-test.ts'

export type CompileOptions = {
  /** Run every `match` and `not_match` line. Left out only for documents that were checked before, byte for byte. */
  readonly examples: boolean | ((document: PolicyDocument) => boolean)
}

/** Compiles in one go. In a process that answers meanwhile, drive `compileInSteps` instead. */
export function compilePolicy(
  sources: readonly PolicySource[],
  options: CompileOptions,
): Result<CompiledPolicy, readonly PolicyDiagnostic[]> {
  const steps = compileInSteps(sources, options)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/**
 * Makes one immutable table of all documents. Yields after every rule, which takes some tens of microseconds, so that the
 * caller can let others run; nothing is published before it returns.
 */
export function* compileInSteps(
  sources: readonly PolicySource[],
  options: CompileOptions,
): Generator<undefined, Result<CompiledPolicy, readonly PolicyDiagnostic[]>, undefined> {
  const collector = new Collector()
  const checks = (document: PolicyDocument): boolean =>
    typeof options.examples === 'boolean' ? options.examples : options.examples(document)
  const hash = createHash('sha256')
  const rules = new Map<RuleId, CompiledRule>()
  const raise = raiserOf(sources)

  for (const { authority, document } of sources) {
    const { content } = document
    const report = collector.reporter(document)
    hash.update(`${authority} ${canonicalJson({ ...content, rules: null, exceptions: null })}\n`)
    const pending = [
      ...(content.rules ?? []).map((rule, index) => ({ rule, at: ['rules', index] as DocumentPath })),
      ...builtFrom(content, report),
    ]
    for (const { rule, at } of pending) {
      hash.update(`${canonicalJson(rule)}\n`)
      const compiled = compileRule(rule, { at, authority, document, report, raise })
      if (rules.has(compiled.id)) {
        report([...at, 'id'], {
          code: 'CMDAID_ERR_POLICY_DUPLICATE_ID',
          message: `another rule has the id \`${rule.id}\``,
          hint: 'rename one of the two',
        })
      }
      rules.set(compiled.id, compiled)
      if (checks(document)) yield* ruleExamples(rule, compiled, at, report)
      yield
    }
  }

  const exceptions = new Map<string, CompiledException>()
  for (const { authority, document } of sources) {
    const report = collector.reporter(document)
    for (const [index, exception] of (document.content.exceptions ?? []).entries()) {
      hash.update(`${authority} ${canonicalJson(exception)}\n`)
      const at = ['exceptions', index]
      const silences = silencedRules(exception, {
        at,
        authority,
        rules,
        report,
        warn: collector.reporter(document, 'warning'),
      })
      const compiled = compileException(exception, { at, authority, document, report, silences })
      if (exceptions.has(exception.id)) {
        report([...at, 'id'], {
          code: 'CMDAID_ERR_POLICY_DUPLICATE_ID',
          message: `another exception has the id \`${exception.id}\``,
          hint: 'rename one of the two',
        })
      }
      exceptions.set(exception.id, compiled)
      if (checks(document)) yield* exceptionExamples(exception, compiled, at, report)
      yield
    }
  }

  if (collector.refused) return fail(collector.sorted())

  const table = new Map<Key, CompiledRule[]>()
  for (const rule of rules.values()) {
    for (const key of rule.keys) append(table, key, rule)
    yield
  }
  const exceptionsOf = new Map<RuleId, CompiledException[]>()
  for (const exception of exceptions.values()) for (const id of exception.silences) append(exceptionsOf, id, exception)

  return ok({
    hash: `sha256:${hash.digest('hex')}`,
    mode: modeOf(sources),
    organization:
      sources.find(({ document }) => document.content.organization !== undefined)?.document.content.organization ??
      null,
    diagnostics: collector.sorted(),
    files: sources.map(({ document }) => document.file),
    rules: [...rules.values()],
    exceptions: [...exceptions.values()],
    table,
    exceptionsOf,
  })
}

type RuleSite = {
  readonly at: DocumentPath
  readonly authority: Authority
  readonly document: PolicyDocument
  readonly report: ReportAt
  readonly raise: Raise
}

function compileRule(rule: RuleContent, { at, authority, document, report, raise }: RuleSite): CompiledRule {
  const { test, keys } = compileCondition(rule.when, [...at, 'when'], report)
  const effect = typeof rule.effect === 'string' ? { human: rule.effect, agent: rule.effect } : rule.effect
  const least = raise(rule)
  return {
    id: rule.id as RuleId,
    effect: { human: strictest(effect.human, least), agent: strictest(effect.agent, least) },
    risk: rule.risk,
    reason: rule.reason,
    suggest: rule.suggest ?? null,
    owner: rule.owner ?? null,
    url: rule.url ?? null,
    tags: rule.tags ?? [],
    final: rule.final ?? false,
    authority,
    file: document.file,
    scope: compileScope(rule.scope, [...at, 'scope'], report),
    test,
    keys,
  }
}

type ExceptionSite = {
  readonly at: DocumentPath
  readonly authority: Authority
  readonly document: PolicyDocument
  readonly report: ReportAt
  readonly silences: readonly RuleId[]
}

function compileException(
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

function silencedRules(
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

type Raise = (rule: RuleContent) => Effect

const TOLERATED: Readonly<Record<string, Risk>> = {
  low: 'safe',
  strict: 'safe',
  medium: 'moderate',
  moderate: 'moderate',
  high: 'critical',
  permissive: 'critical',
}

/** The least effect a rule may have, by every document's `risk_tolerance` and `require_approval_for`. */
function raiserOf(sources: readonly PolicySource[]): Raise {
  const approvals = new Set<string>()
  let tolerated: Risk = 'critical'
  for (const { document } of sources) {
    const { safety } = document.content
    for (const name of safety?.require_approval_for ?? []) approvals.add(name)
    const risk = TOLERATED[safety?.risk_tolerance ?? 'permissive']!
    if (RISKS.indexOf(risk) < RISKS.indexOf(tolerated)) tolerated = risk
  }
  return ({ id, risk, tags = [] }) => {
    if (approvals.has(risk) || approvals.has(id) || tags.some((tag) => approvals.has(tag))) return 'approve'
    return RISKS.indexOf(risk) > RISKS.indexOf(tolerated) ? 'confirm' : EFFECTS[0]
  }
}

/** Rules that follow from `safety`. */
function builtFrom({ safety }: PolicyContent, report: ReportAt): { rule: RuleContent; at: DocumentPath }[] {
  const rules: { rule: RuleContent; at: DocumentPath }[] = []
  for (const [index, pattern] of (safety?.blocked_patterns ?? []).entries()) {
    const at = ['safety', 'blocked_patterns', index]
    const rule = blockedPatternRule(pattern, index, at, report)
    if (rule !== null) rules.push({ rule, at })
  }
  return rules
}

/** The organisation's word counts; without one, the user's; without any, `enforce`. */
function modeOf(sources: readonly PolicySource[]): Mode {
  for (const authority of ['organisation', 'user'] as const) {
    for (const source of sources) {
      const { mode } = source.document.content
      if (source.kind === 'document' && source.authority === authority && mode !== undefined) return mode
    }
  }
  return 'enforce'
}

/** Diagnostics of one compilation, bounded. */
class Collector {
  readonly #found: PolicyDiagnostic[] = []
  refused = false

  reporter(document: PolicyDocument, severity: Severity = 'error'): ReportAt {
    return (path, finding) => {
      if (severity === 'error') this.refused = true
      if (this.#found.length < POLICY_DIAGNOSTICS_MAX)
        this.#found.push({ severity, file: document.file, ...document.locate(path), ...finding })
    }
  }

  sorted(): readonly PolicyDiagnostic[] {
    return sortDiagnostics(this.#found)
  }
}

function append<Name, Item>(map: Map<Name, Item[]>, name: Name, item: Item): void {
  const list = map.get(name)
  if (list === undefined) map.set(name, [item])
  else list.push(item)
}
