import * as fc from 'fast-check'
import t from 'tap'
import { ANALYSIS_BYTES_MAX, ANALYSIS_COMMANDS_MAX, ANALYSIS_STEPS_MAX } from '../../../src/core/limits.ts'
import { analyse, analyseWithin, newLineBudget } from '../../../src/core/shell/analyse.ts'
import { Budget } from '../../../src/core/shell/budget.ts'
import type { Analysis, ShellName } from '../../../src/core/shell/facts.ts'

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const

function counted(line: string, shell: ShellName = 'bash'): { analysis: Analysis; budget: Budget } {
  const budget = newLineBudget()
  return { analysis: analyseWithin({ line, shell, cwd: '/w', home: '/h' }, budget), budget }
}

/** As much of a unit as one line may hold. */
function filled(unit: string, before = '', after = ''): string {
  return before + unit.repeat(Math.floor((ANALYSIS_BYTES_MAX - before.length - after.length) / unit.length)) + after
}

/** Words, options and redirects that rules will have to look at. */
function factsIn({ commands }: Analysis): number {
  return commands.reduce((sum, { args, redirects }) => sum + 1 + args.length + redirects.length, 0)
}

t.test('a budget refuses what it cannot pay, and everything after that', async (t) => {
  const budget = new Budget(10)
  t.strictSame([budget.take(4), budget.takeText(96), budget.spent, budget.exhausted], [true, true, 10, false])
  t.strictSame([budget.take(1), budget.take(0), budget.spent, budget.exhausted], [false, false, 10, true])
})

/** Each took from 30 milliseconds up to seconds when nothing counted. */
const WORST: readonly (readonly [what: string, line: string])[] = [
  ['words', filled('a ')],
  ['globs', filled('* ')],
  ['dashes, each a wrapper', filled('- ')],
  ['redirects', filled('<a ')],
  ['redirects of patterns', filled('<*')],
  ['parameters', filled('$x ')],
  ['quoted parameters', filled('"$x" ')],
  ['dollars', filled('$')],
  ['quotes', filled('"')],
  ['character sets in a word', filled('[a-z]', 'rm a')],
  ['escaped backticks', filled('`\\')],
  ['aliases', filled('alias a=b ')],
  ['assignments of commands', filled('PROMPT_COMMAND=a ')],
  ['commands of find', filled('find . -exec a \\; ')],
  ['an array', filled('while ', 'x=(', ')')],
  ['nested arithmetic around a long text', `echo ${'$(('.repeat(195)}${'a'.repeat(50_000)}${'))'.repeat(195)}`],
  ['nested parameters around a long text', `echo ${'${x:-'.repeat(380)}${'a'.repeat(50_000)}${'}'.repeat(380)}`],
  ['arithmetic without an end', filled('^', '(( ', ' ))')],
  ['patterns tried on every piece', `x=${'ab'.repeat(30)};${'echo ${x//*a*b*c/y};'.repeat(1_000)}`],
  ['names that follow names', `{ { ${'a;'.repeat(1_500)} } | cat; } | { ${'b;'.repeat(1_500)} }`],
  ['loops in loops', `${'for x in 1 2 3 4 5 6 7 8; do '.repeat(8)}${'rm $x; '.repeat(200)}${'done; '.repeat(8)}`],
  [
    'functions that call twice',
    `${Array.from({ length: 300 }, (_, at) => `f${at}() { f${at + 1}; f${at + 1}; };`).join('')}f0`,
  ],
  ['text read again and again', `x="${'a b '.repeat(2_000)}";${'eval "$x";'.repeat(1_000)}`],
  ['decoded pipelines', 'echo YWJj | base64 -d | sh;'.repeat(2_000)],
]

t.test(
  'no shape of a line costs more than the budget, and one that would says that it was not read whole',
  async (t) => {
    for (const [what, line] of WORST) {
      for (const shell of SHELLS) {
        const { analysis, budget } = counted(line, shell)
        t.ok(budget.spent <= ANALYSIS_STEPS_MAX, `${shell}: ${what} within the budget`)
        t.ok(factsIn(analysis) <= 2 * ANALYSIS_STEPS_MAX, `${shell}: ${what} leave few facts`)
      }
      const { dynamic } = analyse({ line, shell: 'bash', cwd: '/w', home: '/h' })
      t.ok(dynamic.includes('too-long') || dynamic.includes('too-deep'), what)
    }
  },
)

t.test('what stands at either end of a line too long to read is found', async (t) => {
  const programs = (line: string): readonly string[] =>
    analyse({ line, shell: 'bash', cwd: '/w', home: '/h' }).commands.flatMap(({ program, operands }) =>
      program === 'shutdown' && operands[0]?.text === 'now' ? [program] : [],
    )
  for (const junk of [
    filled('a '),
    filled('>a '),
    filled('a '.repeat(3)).repeat(3),
    `${'$('.repeat(2_000)}${')'.repeat(2_000)}`,
  ]) {
    t.strictSame(programs(`shutdown now; : ${junk}`), ['shutdown'], 'at the head')
    t.strictSame(programs(`: ${junk}; shutdown now`), ['shutdown'], 'at the tail')
    t.strictSame(programs(`: ${junk}\nsudo shutdown now # x`), ['shutdown'], 'at the tail, wrapped')
  }
})

t.test('the last command of a line is found behind any number of others', async (t) => {
  for (const shell of SHELLS) {
    for (const unit of ['ls x; ', 'sudo ls x > y; ', 'echo $x "a b" | cat; ', 'ls a* b* c*; ']) {
      const { commands } = analyse({ line: filled(unit, '', 'shutdown now'), shell, cwd: '/w', home: '/h' })
      t.ok(
        commands.some(({ program, operands }) => program === 'shutdown' && operands[0]?.text === 'now'),
        `${shell}: ${unit}`,
      )
    }
  }
})

t.test('the end of a line is no script of its own when it does not read as one', async (t) => {
  const { commands, dynamic } = analyse({
    line: `git commit -m '${'x '.repeat(60_000)}; shutdown now; '`,
    shell: 'bash',
    cwd: '/w',
    home: '/h',
  })
  t.notOk(commands.some(({ program }) => program === 'shutdown'))
  t.ok(dynamic.includes('too-long'))
})

t.test('what was found before the budget ran out stays found', async (t) => {
  const { analysis, budget } = counted(`shutdown now; x="${'a b '.repeat(2_000)}"; ${'eval "$x"; '.repeat(1_000)}ls`)
  t.equal(budget.exhausted, true)
  t.equal(analysis.commands[0]?.program, 'shutdown')
  t.ok(analysis.dynamic.includes('too-long'))
})

t.test('long lines of ordinary data are read whole', async (t) => {
  const json = JSON.stringify(Array.from({ length: 900 }, (_, id) => ({ id, name: `user ${id}`, tags: ['a', 'b'] })))
  const prose = 'The quick brown fox (see above), said "hello" & left; done.\n'.repeat(500)
  const body = `  if [ -n "$x" ]; then\n    echo "$(date): $x" >> "$log"\n  fi\n  # The next one.\n  local name=\${1%.c}\n  cc -O2 -o "$name" "$1" || return 1\n`
  const lines: readonly (readonly [what: string, line: string])[] = [
    ['JSON in single quotes', `curl -d '${json}' http://x`],
    ['JSON in double quotes', `curl -d "${json.replaceAll('"', '\\"')}" http://x`],
    ['base64', `echo ${'QUJDREVGR0hJSktM'.repeat(3_700)} > x`],
    ['a quoted here-document', `cat > x <<'E'\n${prose}E\n`],
    ['a here-document', `cat > x <<E\n${prose}Home is $HOME\nE\n`],
    ['many files', `git add ${Array.from({ length: 2_000 }, (_, at) => `src/dir/file${at}.ts`).join(' ')}`],
    ['a function of 300 lines', `f() {\n${body.repeat(50)}}\n`],
  ]
  for (const [what, line] of lines) {
    const { analysis, budget } = counted(line)
    t.strictSame(analysis.dynamic, [], `${what}: ${line.length} characters, ${Math.round(budget.spent)} steps`)
  }
})

const PIECES = [
  ...Array.from('"\'`$(){}[]<>|&;!#*?\\=~-/ \n'),
  '$(',
  '${x:-',
  '$((',
  '"$(',
  '<(',
  '<<E\n',
  'a ',
  'x=$x$x;',
  'eval ',
  'sudo ',
  'for x in a b c; do ',
  'done;',
  '{a,b}',
  '${x//*a/b}',
  'f() { f; };',
  'echo a|sh;',
]

t.test('the count never exceeds the budget, and an exhausted one is always told', async () => {
  const runs = fc.array(fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom(1, 3, 30, 300, 3_000)), { maxLength: 6 })
  fc.assert(
    fc.property(runs, fc.constantFrom(...SHELLS), (pieces, shell) => {
      const line = pieces.map(([piece, times]) => piece.repeat(times)).join('')
      const { analysis, budget } = counted(line, shell)
      const told = !budget.exhausted || analysis.dynamic.includes('too-long')
      return budget.spent <= ANALYSIS_STEPS_MAX && told && analysis.commands.length <= ANALYSIS_COMMANDS_MAX
    }),
    { numRuns: 400 },
  )
})
