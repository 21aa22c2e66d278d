import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import t from 'tap'
import { read } from './shown.ts'

const WORD = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', '-x', '/etc/x', '*.c', '~', '{a,b}', '--y=z', 'x=1', '%', '@', '+') },
  fc.constantFrom(
    '"a b"',
    "'a b'",
    '$x',
    '"$x"',
    '${x:-y}',
    '"${x[@]}"',
    '${x%%/*}',
    '${x//a/b}',
    '${#x}',
    '${!x}',
    '${x:1:2}',
    '${x^^}',
  ),
  fc.constantFrom(
    '$(a)',
    '`a`',
    '"$(a "$b")"',
    '$((1+2))',
    '<(a)',
    '>(b)',
    "$'\\n'",
    'a\\ b',
    '$(< x)',
    '$(a | b)',
    '"`a`"',
    '$[1]',
  ),
)
const REDIRECT = fc.constantFrom(
  '> x',
  '2>&1',
  '< x',
  '>> "$x"',
  '&> x',
  '<<< "a $b"',
  '2> /dev/null',
  '3<> x',
  '>| x',
  '<&-',
)
const SIMPLE = fc
  .tuple(
    fc.constantFrom('', 'x=1 ', 'x=(a b) '),
    fc.constantFrom('ls', 'git', '"a"', '$x', '[', 'echo', 'export'),
    fc.array(WORD, { maxLength: 4 }),
    fc.array(REDIRECT, { maxLength: 2 }),
  )
  .map(([assignment, name, words, redirects]) => `${assignment}${[name, ...words, ...redirects].join(' ')}`)

const { line: LINE } = fc.letrec<{ line: string; command: string }>((tie) => ({
  line: fc.array(tie('command'), { minLength: 1, maxLength: 3 }).chain((commands) =>
    fc
      .array(fc.constantFrom(' | ', ' && ', ' || ', '; ', ' & ', '\n', ' |& '), {
        minLength: commands.length - 1,
        maxLength: commands.length - 1,
      })
      .map((joins) => commands.map((command, index) => command + (joins[index] ?? '')).join('')),
  ),
  command: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    SIMPLE,
    tie('line').map((line) => `( ${line} )`),
    tie('line').map((line) => `{ ${line}\n}`),
    tie('line').map((line) => `if ${line}\nthen a; fi`),
    tie('line').map((line) => `while a; do ${line}\ndone > x`),
    tie('line').map((line) => `for x in a "$b"; do ${line}\ndone`),
    tie('line').map((line) => `case $x in a|b) ${line}\n;; *) c;; esac`),
    tie('line').map((line) => `f() { ${line}\n}`),
    tie('line').map((line) => `echo "$( ${line}\n)"`),
    tie('line').map((line) => `[[ -f $x && $( ${line}\n) == a* ]]`),
    fc.constant("{ cat <<'E' | b\n$(a\nE\n}"),
    fc.constant('{ cat <<-E; b\n\t$(a) `b`\n\tE\n}'),
    fc.constant('(( x = 1 + 2, y++ ))'),
    fc.constant('for ((i=0;i<3;i++)); do a; done'),
    fc.constant('select x in a b; do c; done'),
    fc.constant('! time -p a'),
    fc.constant('coproc a { b; }'),
  ),
}))

/** Whether bash accepts a text. Nothing is run. */
function bashAccepts(text: string): boolean {
  return (
    spawnSync('bash', ['--norc', '--noprofile', '-n'], { input: text, env: { PATH: process.env['PATH'] ?? '' } })
      .status === 0
  )
}

t.test('every line that bash accepts is read without a parse error', async (t) => {
  const lines = fc.sample(LINE, { numRuns: 400, seed: 20_261 })
  let accepted = 0
  for (const line of lines) {
    if (!bashAccepts(line)) continue
    accepted += 1
    if (read(line).dynamic.includes('parse-error')) t.fail('bash accepts it', { line })
  }
  t.ok(accepted > 250, `bash accepts ${accepted} of ${lines.length} generated lines`)
})
