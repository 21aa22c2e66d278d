import { createHash } from 'node:crypto'
import { POLICY_DIAGNOSTICS_MAX } from '../limits.ts'
import { type Result, fail, ok } from '../result.ts'
import { canonicalJson } from './canonical.ts'
import { compileCondition } from './condition.ts'
import { type Mode, NON_INTERACTIVE, type NonInteractive, type RuleId, strictest } from './decision.ts'
import { type DocumentPath, type PolicyDiagnostic, type Severity, sortDiagnostics } from './diagnostic.ts'
import type { Authority, PolicyContent, PolicyDocument, PolicySource, RuleContent } from './document.ts'
import { compileException, silencedRules } from './exception.ts'
import { exceptionExamples, ruleExamples } from './examples.ts'
import { type Compiled, type Key, conjunction } from './filing.ts'
import { type DerivedRule, type Raise, derivedRules, raiserOf, warnOfUnknownApprovals } from './safety.ts'
import { compileScope } from './scope.ts'
import { type Screen, Screens } from './screen.ts'
import type { Candidate, CompiledException, CompiledPolicy, CompiledRule, FiledRules } from './table.ts'
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
  const filed = new Map<Key, { readonly candidate: Candidate; readonly screen: Screen }[]>()
  const file = ({ rule, routes }: FiledRule): void => {
    for (const { keys, screen, tests } of routes) {
      const candidate = { rule, test: routes.length === 1 ? rule.test : conjunction(tests) }
      for (const key of keys) append(filed, key, { candidate, screen })
    }
  }

  for (const { authority, document } of sources) {
    const { content } = document
    const report = collector.reporter(document)
    hash.update(`${authority} ${canonicalJson({ ...content, rules: null, exceptions: null })}\n`)
    for (const { rule, at } of writtenRules(content)) {
      hash.update(`${canonicalJson(rule)}\n`)
      const foundBefore = collector.count
      const filedRule = compileRule(rule, { at, authority, document, report, raise })
      const compiled = filedRule.rule
      file(filedRule)
      if (rules.has(compiled.id)) report([...at, 'id'], duplicateId('rule', rule.id))
      rules.set(compiled.id, compiled)
      // A condition that could not be compiled fails its examples too: once is enough.
      if (checks(document) && collector.count === foundBefore) yield* ruleExamples(rule, compiled, at, report)
      yield
    }
    for (const { rule, at } of derivedRules(content, report)) {
      const derived = compileRule({ ...rule, id: unusedId(rule.id, rules) }, { at, authority, document, report, raise })
      file(derived)
      rules.set(derived.rule.id, derived.rule)
      yield
    }
  }
  for (const { document } of sources) {
    warnOfUnknownApprovals(document.content, rules.values(), collector.reporter(document, 'warning'))
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
      const foundBefore = collector.count
      const compiled = compileException(exception, { at, authority, document, report, silences })
      if (exceptions.has(exception.id)) report([...at, 'id'], duplicateId('exception', exception.id))
      exceptions.set(exception.id, compiled)
      if (checks(document) && collector.count === foundBefore) yield* exceptionExamples(exception, compiled, at, report)
      yield
    }
  }

  if (collector.refused) return fail(collector.sorted())

  const table = new Map<Key, FiledRules>()
  for (const [key, list] of filed) {
    table.set(key, {
      candidates: list.map(({ candidate }) => candidate),
      screens: new Screens(list.map(({ screen }) => screen)),
    })
    yield
  }
  const exceptionsOf = new Map<RuleId, CompiledException[]>()
  for (const exception of exceptions.values()) for (const id of exception.silences) append(exceptionsOf, id, exception)

  return ok({
    hash: `sha256:${hash.digest('hex')}`,
    mode: modeOf(sources),
    nonInteractive: nonInteractiveOf(sources),
    allowCache: sources.every(({ kind, document }) => kind !== 'document' || document.content.allow_cache !== false),
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

function* writtenRules({ rules = [] }: PolicyContent): Generator<DerivedRule> {
  for (const [index, rule] of rules.entries()) yield { rule, at: ['rules', index] }
}

function duplicateId(kind: 'rule' | 'exception', id: string): Pick<PolicyDiagnostic, 'code' | 'message' | 'hint'> {
  return {
    code: 'CMDAID_ERR_POLICY_DUPLICATE_ID',
    message: `another ${kind} has the id \`${id}\``,
    hint: 'rename one of the two',
  }
}

/** Two documents may each have a first blocked pattern. */
function unusedId(id: string, rules: ReadonlyMap<RuleId, unknown>): string {
  if (!rules.has(id as RuleId)) return id
  for (let count = 2; ; count++) if (!rules.has(`${id}.${count}` as RuleId)) return `${id}.${count}`
}

type RuleSite = {
  readonly at: DocumentPath
  readonly authority: Authority
  readonly document: PolicyDocument
  readonly report: ReportAt
  readonly raise: Raise
}

type FiledRule = { readonly rule: CompiledRule } & Pick<Compiled, 'routes'>

function compileRule(rule: RuleContent, { at, authority, document, report, raise }: RuleSite): FiledRule {
  const { test, routes } = compileCondition(rule.when, [...at, 'when'], report)
  const effect = typeof rule.effect === 'string' ? { human: rule.effect, agent: rule.effect } : rule.effect
  const least = raise(rule)
  const compiled: CompiledRule = {
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
  }
  return { rule: compiled, routes }
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

/** The strictest word counts; without any, `off`. A user may ask for more than the organisation, not for less. */
function nonInteractiveOf(sources: readonly PolicySource[]): NonInteractive {
  const said = sources.map(({ kind, document }) => (kind === 'document' ? document.content.non_interactive : undefined))
  return NON_INTERACTIVE.findLast((setting) => said.includes(setting)) ?? 'off'
}

/** Diagnostics of one compilation, bounded. */
class Collector {
  readonly #found: PolicyDiagnostic[] = []
  refused = false

  get count(): number {
    return this.#found.length
  }

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
