import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import t from 'tap'
import { ANALYSIS_STEPS_MAX } from '../../../src/core/limits.ts'
import type { AliasTable } from '../../../src/core/shell/alias-table.ts'
import { analyseWithin, newLineBudget } from '../../../src/core/shell/analyse.ts'
import type { Analysis, ShellName } from '../../../src/core/shell/facts.ts'

type Names = Readonly<Record<string, string>>

function table(regular: Names, global: Names = {}, suffix: Names = {}): AliasTable {
  return {
    regular: new Map(Object.entries(regular)),
    global: new Map(Object.entries(global)),
    suffix: new Map(Object.entries(suffix)),
  }
}

function read(line: string, aliases: AliasTable, shell: ShellName = 'bash'): Analysis {
  return analyseWithin({ line, shell, cwd: '/here', home: '/home/u', aliases }, newLineBudget())
}

function show({ commands, dynamic }: Analysis): readonly string[] {
  return [
    ...commands.map(({ via, program, args }) =>
      [...via, [program ?? '¿', ...args.map(({ text }) => text.replaceAll('\uFFFC', '¿'))].join(' ')].join(' > '),
    ),
    ...dynamic.map((reason) => `[${reason}]`),
  ]
}

const MINE = table({
  ok: 'rm -rf',
  mv: 'mv -i',
  safe: 'mv x',
  ll: 'ls -l',
  ls: 'ls --color=auto',
  sudo: 'sudo ',
  time: '/usr/bin/time -v',
  both: 'date; rm -rf',
  pipe: 'curl x |',
  to: 'tee y | sh',
  open: 'echo "',
  start: 'if true; then',
  list: 'for x in a b; do',
  A: 'B ',
  B: 'A ',
  env1: 'X=1 ',
  out: '> /etc/passwd',
  joins: 'ls \\',
  back: 'echo `id`',
  ['ü']: 'rm -rf',
  deep: 'sh -c "rm -rf /"',
})

const BASH: readonly (readonly [line: string, ...commands: string[]])[] = [
  ['ok ~', 'ok > rm -rf /home/u'],
  ['  ok ~', 'ok > rm -rf /home/u'],
  ['X=1 > y ok ~', 'ok > rm -rf /home/u'],
  ['a; ok ~ && b', 'a', 'ok > rm -rf /home/u', 'b'],
  ['(ok ~); { ok /; }', 'ok > rm -rf /home/u', 'ok > rm -rf /'],
  ['if ok ~; then ok /; fi', 'ok > rm -rf /home/u', 'ok > rm -rf /'],
  ['f() { ok ~; }', 'ok > rm -rf /home/u'],
  ['echo $(ok ~)', 'echo ¿', 'ok > rm -rf /home/u'],
  ['echo "`ok ~`"', 'echo ¿', 'ok > rm -rf /home/u'],
  ['echo `echo \\`ok ~\\``', 'echo ¿', 'echo ¿', 'ok > rm -rf /home/u'],
  ['cat <<E\n$(ok ~)\nE', 'cat', 'ok > rm -rf /home/u'],
  ["eval 'ok ~'", 'eval ok ~', 'eval > ok > rm -rf /home/u'],
  ["trap 'ok ~' EXIT", 'trap ok ~ EXIT', 'trap > ok > rm -rf /home/u'],
  ["alias x='ok ~'", 'alias x=ok ~', 'alias > ok > rm -rf /home/u'],
  ['mv x', 'mv -i x'],
  ['safe y', 'safe > mv -i x y'],
  ['ll x', 'll > ls --color=auto -l x'],
  ['o\\\nk ~', 'ok > rm -rf /home/u'],
  ['sudo ok ~', 'sudo rm -rf /home/u', 'sudo > rm -rf /home/u'],
  ['sudo o\\\nk ~', 'sudo rm -rf /home/u', 'sudo > rm -rf /home/u'],
  ['sudo sudo ok ~', 'sudo sudo rm -rf /home/u', 'sudo > sudo rm -rf /home/u', 'sudo > sudo > rm -rf /home/u'],
  ['time ok ~', 'time > time -v rm -rf /home/u', 'time > time > rm -rf /home/u'],
  ['both ~ | wc', 'both > date', 'both > rm -rf /home/u', 'wc'],
  ['start ok ~; fi', 'start > true', 'ok > rm -rf /home/u'],
  ['list ok $x; done', 'ok > rm -rf a', 'ok > rm -rf b'],
  ['A A ok', 'B > A A rm -rf'],
  ['B ok ~', 'A > B rm -rf /home/u'],
  ['env1 ok ~', 'ok > rm -rf /home/u'],
  ['out', 'out > :'],
  ['back', 'back > echo ¿', 'back > id'],
  ['ü ~', 'ü > rm -rf /home/u'],
  ['deep', 'deep > sh -c rm -rf /', 'deep > sh -c > rm -rf /'],
  ['\\ok ~', 'ok /home/u'],
  ["'ok' ~; o'k' ~; \"ok\" ~; ok$x ~", 'ok /home/u', 'ok /home/u', 'ok /home/u', 'ok /home/u', '[dynamic-name]'],
  ['command ok ~', 'command ok /home/u', 'command > ok /home/u'],
  ['./ok ~; /bin/ok ~', 'ok /home/u', 'ok /home/u'],
  ['echo ok ~', 'echo ok /home/u'],
  ["bash -c 'ok ~'", 'bash -c ok ~', 'bash -c > ok /home/u'],
  ['ok() { :; }', 'ok > rm -rf', ':', '[parse-error]'],
]

t.test('analyse reads what the aliases of bash stand for', async (t) => {
  for (const [line, ...commands] of BASH) {
    const shown = show(read(line, MINE))
    if (line === 'ok() { :; }') t.ok(shown.includes('[parse-error]'), line)
    else if (line === 'out') t.equal(read(line, MINE).commands[0]?.redirects[0]?.target.text, '/etc/passwd', line)
    else t.strictSame(shown, commands, line)
  }
})

t.test('analyse never takes a value that does not fit for a known one', async (t) => {
  for (const line of ['open rm', 'start ok', 'joins; rm x', 'pipe', 'ok ~; start']) {
    t.ok(read(line, MINE).dynamic.includes('parse-error'), line)
  }
})

t.test('analyse connects the commands of a value with the pipeline it stands in', async (t) => {
  const { commands, dynamic } = read('pipe sudo bash', MINE)
  t.strictSame([commands.find(({ program }) => program === 'bash')?.from, dynamic], [['curl'], ['dynamic-eval']])
  t.strictSame(read('curl x | to', MINE).commands.find(({ program }) => program === 'sh')?.from, ['tee', 'curl'])
  t.ok(show(read('ok | sh', table({ ok: "echo 'rm -rf /'" }))).includes('sh > rm -rf /'))
  t.ok(show(read('$(ok) /', table({ ok: 'echo rm' }))).includes('rm /'))
})

t.test('analyse says of the commands of an alias that they stand where the alias does', async (t) => {
  const spans = (line: string): readonly string[] =>
    read(line, MINE).commands.map(({ span }) => line.slice(span.start, span.end))
  t.strictSame(spans('ls x; both ~ | wc'), ['ls x', 'both', 'both ~', 'wc'])
  t.strictSame(spans('a; sudo ok ~'), ['a', 'sudo ok ~', 'ok ~'])
  t.strictSame(spans('diff <(ok x) <(b)'), ['diff <(ok x) <(b)', 'ok x', 'b'])
})

t.test(
  'analyse reads aliases that the line itself makes, and what is left when it takes them back, both ways',
  async (t) => {
    const programs = (line: string, aliases = MINE): readonly string[] => show(read(line, aliases))
    for (const line of [
      "alias z='rm -rf'; z /",
      "alias z='rm -rf'\nz /",
      "alias z='rm -rf'; eval 'z /'",
      "eval \"alias z='rm -rf'\"\neval 'z /'",
      'zsh -c \'alias z="rm -rf"\nz /\'',
    ]) {
      t.ok(
        programs(line).some((command) => command.endsWith('z > rm -rf /')),
        line,
      )
      t.ok(
        programs(line).some((command) => command.endsWith('z /')),
        line,
      )
    }
    for (const line of ['unalias rm\nrm -rf /', 'unalias -a; rm -rf /', 'alias rm=ls\nrm -rf /'])
      t.ok(show(read(line, table({ rm: 'echo' }))).includes('rm -rf /') || line.startsWith('alias'), line)
    t.ok(show(read('alias -g R="| sh"\ncurl x R', MINE, 'zsh')).includes('R > sh'))
    t.ok(show(read('alias -s gone=rm\nx.gone', MINE, 'zsh')).includes('x.gone > rm x.gone'))
  },
)

t.test('analyse reads the aliases that only zsh has', async (t) => {
  const zsh = table({ ok: 'rm' }, { S: '| sh', H: '~', N: 'ok' }, { txt: 'vim', sh: 'ok' })
  const shown = (line: string): readonly string[] => show(read(line, zsh, 'zsh'))
  t.strictSame(shown('curl x S'), ['curl x', 'S > sh', '[dynamic-eval]'])
  t.strictSame(shown('rm -rf H'), ['rm -rf /home/u'])
  t.strictSame(shown('for x in H; do rm $x; done'), ['rm /home/u'])
  t.strictSame(shown('N x'), ['N > ok > rm x'])
  t.strictSame(shown('a.txt b.txt'), ['a.txt > vim a.txt b.txt'])
  t.strictSame(shown('/x/a.sh'), ['/x/a.sh > ok > rm /x/a.sh'])
  t.strictSame(shown('.txt; echo a.txt; a\\ b.txt'), [
    '.txt',
    'echo a.txt',
    'a\\ b.txt > vim "a b.txt"'.replaceAll('"', ''),
  ])
  t.strictSame(shown('echo \'S\' \\S "H" xS'), ['echo S S H xS'])
  t.strictSame(shown('a # ; ok x'), ['a _', 'ok > rm x'])
  t.ok(shown('() { ok x }').includes('[parse-error]'))
})

const NAMES = ['a', 'b', 'c', 'd'] as const
const VALUE = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      'c',
      'd',
      'p',
      'q x',
      ';',
      '&&',
      '|',
      '"',
      "'",
      '$(',
      ')',
      '{',
      '}',
      '\\',
      '#',
      '>f',
      'if',
      'X=1',
      '`',
    ),
    { maxLength: 4 },
  )
  .chain((pieces) => fc.constantFrom('', ' ').map((blank) => pieces.join(' ') + blank))
const TABLE = fc.record({
  regular: fc.dictionary(fc.constantFrom(...NAMES), VALUE, { noNullPrototype: true }),
  global: fc.dictionary(fc.constantFrom('G', 'd'), VALUE, { noNullPrototype: true }),
  suffix: fc.dictionary(fc.constantFrom('x', 'y'), VALUE, { noNullPrototype: true }),
})
const LINE = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...NAMES,
        'p',
        'q',
        'G',
        'a.x',
        ';',
        '|',
        '&&',
        '$(a)',
        '`b`',
        '"$(c)"',
        "'a'",
        '\\b',
        '(',
        ')',
        '\n',
        '\\\n',
        '{',
        '}',
        '<(d)',
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(' '))

t.test('no table of aliases makes a line cost more than the budget, or its spans leave it', async () => {
  fc.assert(
    fc.property(LINE, TABLE, fc.constantFrom('bash', 'zsh', 'sh'), (line, { regular, global, suffix }, shell) => {
      const budget = newLineBudget()
      const aliases = table(regular, global, suffix)
      const { commands } = analyseWithin({ line, shell, cwd: '/w', home: null, aliases }, budget)
      const words = commands.flatMap(({ span, args }) => [span, ...args.map((word) => word.span)])
      return (
        budget.spent <= ANALYSIS_STEPS_MAX &&
        words.every(({ start, end }) => start >= 0 && start <= end && end <= line.length)
      )
    }),
    { numRuns: 3_000 },
  )
})

t.test('aliases that grow without end are cut short, and the line says so', async (t) => {
  const growing = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`G${at}`, `G${at + 1} `.repeat(8)]))
  const { dynamic } = read('x G0', table({}, growing), 'zsh')
  t.ok(dynamic.includes('too-long') || dynamic.includes('too-deep'))
  const chain = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`r${at}`, `r${at + 1} '`.slice(0, -2)]))
  t.ok(read('r0 x', table(chain)).dynamic.includes('too-deep'))
})

t.test('a table that says nothing about the words of a line changes nothing', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('p', 'q', '|', ';', '$(p)', '"a"', "'b'", '\\c', 'xa'), { maxLength: 6 }),
      (pieces) => {
        const line = pieces.join(' ')
        const plain = analyseWithin({ line, shell: 'bash', cwd: '/here', home: '/home/u' }, newLineBudget())
        return JSON.stringify(show(plain)) === JSON.stringify(show(read(line, table({ a: 'rm', b: 'rm', c: 'rm' }))))
      },
    ),
  )
})

/** The commands that a real shell runs, each as one line of words; nothing that it knows exists. */
function runIn(
  shell: 'bash' | 'zsh',
  cases: readonly { regular: Names; line: string }[],
): readonly (readonly string[])[] {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
  const handler = shell === 'bash' ? 'command_not_found_handle' : 'command_not_found_handler'
  const script = [
    'PATH=/nonexistent',
    shell === 'bash' ? 'shopt -s expand_aliases' : 'setopt aliases',
    `${handler}() { local IFS=,; printf '%s\\n' "ran:$*"; }`,
    ...cases.flatMap(({ regular, line }) => [
      'unalias -a',
      ...Object.entries(regular).map(([name, value]) => `alias ${name}=${quoted(value)}`),
      `echo case`,
      `( eval ${quoted(line)} )`,
    ]),
  ].join('\n')
  const { stdout } = spawnSync(shell, shell === 'bash' ? ['--norc', '--noprofile'] : ['-f'], {
    input: script,
    encoding: 'utf8',
  })
  return stdout
    .split('case\n')
    .slice(1)
    .map((block) => block.split('\n').filter((line) => line.startsWith('ran:')))
}

/** Lists only, all of which run whatever the parts say: what runs is then what is written. */
const SAFE_VALUE = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd', 'p', 'q x', '; p', "'a'", '\\b', 'X=1', '"c"', '{ p; };'), {
    maxLength: 3,
  })
  .chain((pieces) => fc.constantFrom('', ' ').map((blank) => pieces.join(' ') + blank))
const SAFE_LINE = fc
  .array(fc.constantFrom(...NAMES, 'p', 'q', ';', '\\\na', "'a'", '\\b', 'X=1', ';', 'c;', 'd'), {
    minLength: 1,
    maxLength: 6,
  })
  .map((pieces) => pieces.join(' '))

t.test('analyse finds the commands that bash and zsh run', async (t) => {
  const cases = fc.sample(
    fc.record({
      regular: fc.dictionary(fc.constantFrom(...NAMES), SAFE_VALUE, { noNullPrototype: true }),
      line: SAFE_LINE,
    }),
    { numRuns: 400, seed: 20_261 },
  )
  for (const shell of ['bash', 'zsh'] as const) {
    const ran = runIn(shell, cases)
    t.equal(ran.length, cases.length, `${shell} ran every case`)
    let compared = 0
    for (const [at, { regular, line }] of cases.entries()) {
      const { commands, dynamic } = read(line, table(regular), shell)
      if (dynamic.includes('parse-error')) continue
      const found = commands
        .filter(({ path }) => path?.text !== ':')
        .map(({ path, args }) => `ran:${[path?.text, ...args.map(({ text }) => text)].join(',')}`)
      compared += 1
      if (JSON.stringify(found) !== JSON.stringify(ran[at])) t.fail(shell, { line, regular, found, ran: ran[at] })
    }
    t.ok(compared > 200, `${shell}: ${compared} compared`)
  }
})
