import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import t from 'tap'
import { read } from '../shown.ts'

const HAS_FISH = spawnSync('fish', ['--version']).status === 0
const FISH = { skip: HAS_FISH ? false : 'there is no fish on this machine to compare with' }

/** What fish makes of texts, in one process: each is one argument of the script. */
function inFish(script: string, texts: readonly string[]): readonly string[] {
  const { stdout } = spawnSync('fish', ['--no-config', '-c', script, '--', ...texts], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: '/home/u' },
  })
  return stdout.split('case\n').slice(1)
}

const WORD = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a',
        'b',
        '-x',
        "'c d'",
        '"e f"',
        "'g\\'h'",
        '"i\\"j"',
        '\\x41',
        '\\102',
        '\\u0043',
        '\\ ',
        '\\;',
        '\\n',
      ),
      fc.constantFrom(
        '$x',
        '"$x"',
        '$x[2]',
        '$y[1]',
        '$y[-1]',
        '$$n',
        '$empty',
        '"$empty"',
        '{p,q}',
        '{r}',
        '{}',
        '{s, t}',
        '~',
        '\\$',
        '[u v]',
      ),
      fc.constantFrom(
        '(echo m)',
        '$(echo o)',
        '"$(echo p q)"',
        '(printf "r\\ns")',
        '(echo t u)[1]',
        '(string join - 1 2)',
        '&b',
        '=d',
        '\\\n',
      ),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((pieces) => pieces.join(''))
const WORDS = fc.array(WORD, { minLength: 1, maxLength: 3 }).map((words) => `cmd ${words.join(' ')}`)

t.test('analyse expands words as fish does', FISH, async (t) => {
  const lines = fc.sample(WORDS, { numRuns: 400, seed: 20_262 })
  const prelude = 'set -g x v w; set -g y z; set -g n x; set -g empty;'
  const script = `function cmd; for arg in $argv; printf '<%s>' $arg; end; echo; end; ${prelude} cd /; for line in $argv; echo case; eval $line 2>/dev/null; echo "status $status"; end`
  const ran = inFish(script, lines)
  t.equal(ran.length, lines.length)
  let compared = 0
  for (const [at, line] of lines.entries()) {
    const output = (ran[at] ?? '').replace(/\nstatus \d+\n$/, '')
    const { commands, dynamic } = read(`${prelude} ${line}`, 'fish')
    // A line that fish refuses, or that asks for what only the session knows.
    if (output.startsWith('status') || dynamic.length > 0) continue
    const found = commands.find(({ program }) => program === 'cmd')
    const words = (found?.args ?? []).map(({ text }) => `<${text}>`).join('')
    if (words.includes('\uFFFC')) continue
    compared += 1
    if (words !== output) t.fail('fish sees other words', { line, words, output })
  }
  t.ok(compared > 250, `${compared} compared`)
})

const SIMPLE = fc.constantFrom(
  'a',
  'b -x "c d"',
  'rm (d; e)',
  'A=b c',
  'e > f 2>&1',
  'g 2>| h',
  'i &> j',
  'echo $x[1]',
  "echo 'a\\'b'",
  'not a',
  'command b',
)
const { line: LINE } = fc.letrec<{ line: string; command: string }>((tie) => ({
  line: fc.array(tie('command'), { minLength: 1, maxLength: 3 }).chain((commands) =>
    fc
      .array(fc.constantFrom('; ', '\n', ' && ', ' || ', ' & ', '; and ', '; or ', ' | '), {
        minLength: commands.length - 1,
        maxLength: commands.length - 1,
      })
      .map((joins) => commands.map((command, index) => command + (joins[index] ?? '')).join('')),
  ),
  command: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    SIMPLE,
    tie('line').map((line) => `begin; ${line}; end`),
    tie('line').map((line) => `if a; ${line}\nelse if b\n${line}; else; c; end > x`),
    tie('line').map((line) => `while a; ${line}; end`),
    tie('line').map((line) => `for x in a (b); ${line}; end`),
    tie('line').map((line) => `switch $x; case a b*; ${line}; case '*'; end`),
    tie('line').map((line) => `function f --argument x; ${line}; end`),
    tie('line').map((line) => `echo (${line}) "$(${line})"`),
    fc.constantFrom(
      'end',
      ')',
      '| b',
      'a | | b',
      'a >',
      'end; b',
      'A=b',
      'a $',
      'for x b; end',
      'begin; a; end b',
      'switch; end',
    ),
  ),
}))

t.test('every line that fish accepts is read without a parse error, and what it refuses is one', FISH, async (t) => {
  const lines = fc.sample(LINE, { numRuns: 400, seed: 20_263 })
  const script = 'for line in $argv; echo case; echo $line | fish --no-config -n 2>/dev/null; echo $status; end'
  const ran = inFish(script, lines)
  let accepted = 0
  let refused = 0
  for (const [at, line] of lines.entries()) {
    const broken = read(line, 'fish').dynamic.includes('parse-error')
    if (ran[at]?.trim() === '0') {
      accepted += 1
      if (broken) t.fail('fish accepts it', { line })
    } else if (!broken) refused += 1
  }
  t.ok(accepted > 100, `fish accepts ${accepted} of ${lines.length} lines`)
  t.comment(`${refused} lines that fish refuses were read all the same`)
})
