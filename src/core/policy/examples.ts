import { analyse } from '../shell/analyse.ts'
import type { Analysis, ShellName } from '../shell/facts.ts'
import { type DecisionContext, sceneOf } from './scene.ts'
import { lineAsCommand } from './decide.ts'
import type { ActorKind } from './decision.ts'
import type { DocumentPath } from './diagnostic.ts'
import type { ExceptionContent, RuleContent } from './document.ts'
import type { CompiledException, CompiledRule } from './table.ts'
import type { ReportAt } from './word-test.ts'

/** Where examples take place. Rules about the home directory can be tried with `~` and with this path. */
export const EXAMPLE_HOME = '/home/user'
export const EXAMPLE_CWD = '/home/user/project'

/** One line tried against one rule or exception. */
export type ExampleResult = {
  readonly subject: string
  readonly line: string
  readonly expected: 'match' | 'not_match'
  readonly passed: boolean
}

/** Runs a rule's examples and reports those that fail. Yields after each, since a line takes as long as a real one. */
export function* ruleExamples(
  rule: RuleContent,
  compiled: CompiledRule,
  at: DocumentPath,
  report: ReportAt,
): Generator<undefined, void, undefined> {
  yield* run(rule, compiled, 'rule', at, report)
}

/** As for rules: `match` lines are those that the exception lets pass. */
export function* exceptionExamples(
  exception: ExceptionContent,
  compiled: CompiledException,
  at: DocumentPath,
  report: ReportAt,
): Generator<undefined, void, undefined> {
  yield* run(exception, compiled, 'exception', at, report)
}

type Examples = Pick<RuleContent, 'id' | 'match' | 'not_match' | 'scope'>

/** Tries every example of a rule or exception. The scope's directories are left out: examples show what, not where. */
export function tryExamples(examples: Examples, { test }: Pick<CompiledRule, 'test'>): readonly ExampleResult[] {
  return [...attempts(examples, { test })]
}

function* attempts(
  examples: Examples,
  { test }: Pick<CompiledRule, 'test'>,
): Generator<ExampleResult, void, undefined> {
  for (const expected of ['match', 'not_match'] as const) {
    for (const line of examples[expected]) {
      const hit = hits(line, examples, test)
      yield { subject: examples.id, line, expected, passed: hit === (expected === 'match') }
    }
  }
}

function* run(
  examples: Examples,
  compiled: Pick<CompiledRule, 'test'>,
  kind: 'rule' | 'exception',
  at: DocumentPath,
  report: ReportAt,
): Generator<undefined, void, undefined> {
  const index = { match: 0, not_match: 0 }
  for (const { line, expected, passed } of attempts(examples, compiled)) {
    const place = [...at, expected, index[expected]++]
    if (!passed) {
      report(place, {
        code: 'CMDAID_ERR_POLICY_EXAMPLE',
        message: `the ${kind} \`${examples.id}\` ${expected === 'match' ? 'does not match' : 'matches'} its example \`${line.slice(0, 200)}\``,
        hint:
          expected === 'match'
            ? 'see how the line is understood with `cmdaid explain`'
            : 'narrow `when`, or move the line to `match`',
      })
    }
    yield
  }
}

/** A condition may ask who is acting: an example counts as matched when it is for some actor of the scope. */
function hits(line: string, { scope }: Examples, test: CompiledRule['test']): boolean {
  const shell: ShellName = scope?.shells?.[0] ?? 'bash'
  const analysis = analyse({ line, shell, cwd: EXAMPLE_CWD, home: EXAMPLE_HOME })
  const kinds: readonly ActorKind[] = scope?.actors ?? ['human', 'agent']
  return kinds.some((kind) =>
    anyCommandMatches(analysis, test, {
      actor: { kind, name: scope?.agents?.[0] ?? null, evidence: 'verified' },
      shell,
      home: EXAMPLE_HOME,
      interactive: true,
    }),
  )
}

function anyCommandMatches(analysis: Analysis, test: CompiledRule['test'], context: DecisionContext): boolean {
  const scene = sceneOf(analysis, context)
  const line = lineAsCommand(analysis)
  return analysis.commands.some((command) => test(command, scene)) || (line !== null && test(line, scene))
}
