import t from 'tap'
import { compileInSteps, compilePolicy } from '../../../src/core/policy/compile.ts'
import { formatDiagnostic } from '../../../src/core/policy/diagnostic.ts'
import { type DocumentText, compiled, judged, refusal, ruleDocument, sourcesOf } from './policies.ts'

function refusalOf(...texts: readonly DocumentText[]): readonly string[] {
  return refusal(...texts).map(formatDiagnostic)
}

t.test('a rule that does not match its example never loads', async (t) => {
  t.same(refusalOf(ruleDocument('{program: rm}', 'ls')), [
    'policy-0.yaml:8:13: error CMDAID_ERR_POLICY_EXAMPLE: the rule `test.rule` does not match its example `ls`\n  hint: see how the line is understood with `cmdaid explain`',
  ])
})

t.test('a rule that matches what it must not never loads', async (t) => {
  t.same(refusalOf(ruleDocument('{program: rm}', 'rm a', 'sudo rm b')), [
    'policy-0.yaml:9:17: error CMDAID_ERR_POLICY_EXAMPLE: the rule `test.rule` matches its example `sudo rm b`\n  hint: narrow `when`, or move the line to `match`',
  ])
})

t.test('an expression that RE2 cannot run in linear time is refused, and reported once', async (t) => {
  const look = '{program: a, argument: {re: "(?=x)y"}}'
  const back = '{program: a, argument: {re: "(a)\\\\1"}}'
  const long = `{program: a, argument: {re: "${'a'.repeat(1_025)}"}}`
  const open = '{program: a, argument: {re: "(a"}}'
  t.same(
    [look, back, long, open].map((when) =>
      refusal(ruleDocument(when, 'a')).map(({ code, line, column }) => [code, line, column]),
    ),
    [look, back, long, open].map(() => [['CMDAID_ERR_POLICY_REGEX', 6, 39]]),
  )
})

t.test('an expression that would run for hours in a backtracking engine answers at once', async (t) => {
  const policy = compiled(ruleDocument('{program: a, argument: {re: "^(a+)+$"}}', 'a aaaa', `a ${'a'.repeat(60)}!`))
  t.same(judged(policy, `a ${'a'.repeat(5_000)}!`).effect, 'allow')
})

t.test('of shells without a person the strictest word counts, whoever says it', async (t) => {
  const text = (setting: string): string => `version: 1\nnon_interactive: ${setting}\n`
  const asOrganisation = (setting: string) => ({ authority: 'organisation', text: text(setting) }) as const
  t.strictSame(
    [
      compiled('version: 1\n'),
      compiled(text('off')),
      compiled(asOrganisation('enforce'), text('off')),
      compiled(asOrganisation('off'), text('observe')),
      compiled(asOrganisation('observe'), text('enforce')),
    ].map(({ nonInteractive }) => nonInteractive),
    ['off', 'off', 'enforce', 'observe', 'enforce'],
  )
  t.not(compiled(text('off')).hash, compiled(text('observe')).hash)
})

t.test('any document can make every line wait for its verdict, a pack cannot', async (t) => {
  const text = (setting: boolean): string => `version: 1\nallow_cache: ${setting}\n`
  t.strictSame(
    [
      compiled('version: 1\n'),
      compiled(text(true)),
      compiled({ authority: 'organisation', text: text(true) }, text(false)),
      compiled({ authority: 'organisation', text: text(false) }, text(true)),
    ].map(({ allowCache }) => allowCache),
    [true, true, false, false],
  )
  const [pack] = sourcesOf(text(false))
  const result = compilePolicy([{ ...pack!, kind: 'pack' }], { examples: true })
  t.equal(result.ok && result.value.allowCache, true)
})

t.test('a pack cannot say what shells without a person do', async (t) => {
  const [pack] = sourcesOf('version: 1\nnon_interactive: enforce\n')
  const result = compilePolicy([{ ...pack!, kind: 'pack' }], { examples: true })
  t.equal(result.ok && result.value.nonInteractive, 'off')
})

t.test('a glob that cannot be read is refused where it stands', async (t) => {
  t.same(refusalOf(ruleDocument('{program: a, operand: {path: [/x, "/dev/sd[a"]}}', 'a')), [
    'policy-0.yaml:6:45: error CMDAID_ERR_POLICY_GLOB: the glob `/dev/sd[a` cannot be read: a `[` is never closed\n  hint: put `\\` before a character that should stand for itself',
  ])
})

t.test('an id that is there twice is refused, in one document and across two', async (t) => {
  const one = ruleDocument('{program: a}', 'a')
  const message =
    'error CMDAID_ERR_POLICY_DUPLICATE_ID: another rule has the id `test.rule`\n  hint: rename one of the two'
  t.same(refusalOf(one, one), [`policy-1.yaml:3:9: ${message}`])
  t.same(refusalOf(one + one.slice(one.indexOf('  - id'))), [`policy-0.yaml:11:9: ${message}`])
})

t.test('conditions nested too deeply are refused', async (t) => {
  const when = '{not: '.repeat(20) + '{program: a}' + '}'.repeat(20)
  t.same(
    refusal(ruleDocument(when, 'a')).map(({ code, message }) => [code, message]),
    [['CMDAID_ERR_POLICY_VALUE', 'conditions are nested deeper than 16 levels']],
  )
})

function withException(silences: string, extra = ''): string {
  return `${ruleDocument('{program: [a, b]}', 'a', 'true', extra)}
exceptions:
  - id: ok
    silences: [${silences}]
    when: {program: a}
    reason: Because.
    match: [a]
    not_match: [b]
`
}

t.test('an exception may name only rules that exist and are not final', async (t) => {
  t.same(refusalOf(withException('test.rul')), [
    'policy-0.yaml:14:16: error CMDAID_ERR_POLICY_EXCEPTION: there is no rule `test.rul` to silence\n  hint: did you mean `test.rule`?',
  ])
  t.same(refusalOf(withException('test.rule', 'final: true')), [
    'policy-0.yaml:14:16: error CMDAID_ERR_POLICY_EXCEPTION: the rule `test.rule` is final: nothing may silence it\n  hint: remove it from `silences`',
  ])
})

t.test('the hash depends on what documents mean, not on how they are written', async (t) => {
  const text = ruleDocument('{program: a, operands: {min: 1, max: 2}}', 'a b')
  const same = `# a comment\n${text.replace('{min: 1, max: 2}', '{max: 2, min: 1}').replace('Because.', '"Because."')}`
  const other = text.replace('max: 2', 'max: 3')
  t.match(compiled(text).hash, /^sha256:[0-9a-f]{64}$/)
  t.equal(compiled(text).hash, compiled(same).hash)
  t.not(compiled(text).hash, compiled(other).hash)
  t.not(compiled(text).hash, compiled({ authority: 'organisation', text }).hash)
})

t.test('compiling pauses at least once for each rule and for each example', async (t) => {
  const rules = Array.from({ length: 50 }, (_, at) =>
    ruleDocument('{program: a}', 'a').slice(17).replace('test.rule', `r.${at}`),
  )
  const steps = compileInSteps(
    sourcesOf(`version: 1\nrules:\n${rules.map((rule) => rule.replace('rules:\n', '')).join('')}`),
    { examples: true },
  )
  let pauses = 0
  let step = steps.next()
  for (; !step.done; step = steps.next()) pauses++
  t.same([step.value.ok, pauses >= 150], [true, true])
})

t.test('the cost of a decision does not grow with rules for other programs', async (t) => {
  const { candidates } = await import('../../../src/core/policy/table.ts')
  const { analyse } = await import('../../../src/core/shell/analyse.ts')
  const rules = Array.from({ length: 2_000 }, (_, at) => ({
    id: `r.${at}`,
    effect: 'deny',
    risk: 'high',
    reason: 'x',
    when: at % 2 === 0 ? { program: `tool${at}` } : { program: 'git', subcommand: `sub${at}` },
    match: ['x'],
    not_match: ['y'],
  }))
  const [source] = sourcesOf(JSON.stringify({ version: 1, rules }))
  const result = compilePolicy([source!], { examples: false })
  const analysis = analyse({ line: 'git push', shell: 'bash', cwd: null, home: null })
  t.same(result.ok && candidates(result.value, analysis.commands[0]!, analysis, null).length, 0)
})
