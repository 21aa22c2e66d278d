import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import t from 'tap'
import { analyseWithin, newLineBudget } from '../../../../src/core/shell/analyse.ts'
import { Budget } from '../../../../src/core/shell/budget.ts'
import { parsePowerShell } from '../../../../src/core/shell/powershell/parse.ts'

const PWSH = process.env['CMDAID_TEST_PWSH'] ?? 'pwsh'
const HAS_PWSH = spawnSync(PWSH, ['-NoProfile', '-Command', '1']).status === 0
const SKIP = { skip: HAS_PWSH ? false : 'there is no pwsh on this machine (nor one named by CMDAID_TEST_PWSH)' }

/** Parses every text of a file of JSON, and says of each whether it has errors and where its commands begin. */
const SCRIPT = `param([string]$file)
foreach ($text in (Get-Content -Raw $file | ConvertFrom-Json)) {
  $tokens = $null; $errors = $null
  $ast = [System.Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$errors)
  $found = $ast.FindAll({ param($node) $node -is [System.Management.Automation.Language.CommandAst] }, $true)
  "$(@($errors).Count) $(@($found | ForEach-Object { $_.Extent.StartOffset } | Sort-Object -Unique) -join ',')"
}`

const WORD = fc.oneof(
  fc.constantFrom(
    'a',
    'b-c',
    '-Path',
    '-R:x',
    '--x',
    '-5',
    '3',
    '1.5',
    'C:\\x',
    './y',
    '*.txt',
    'a,b',
    'a, b',
    '@x',
    'k=v',
    'a"b c"d',
    "e'f'",
    'g`h',
    '`\n',
  ),
  fc.constantFrom(
    '$x',
    '$x.y',
    '$x[1]',
    '$env:P',
    '${a b}',
    '"q $x $(ri r)"',
    "'s'",
    '(ri t)',
    '$(ri u)',
    '@(1, 2)',
    '@{ k = 1; l = ri v }',
    '{ ri w }',
    '$x\\y',
    '$null',
    "@'\nz\n'@",
  ),
)
const SIMPLE = fc
  .tuple(
    fc.constantFrom('ri', 'Get-Item', '& $f', '& "g h"', '. ./x.ps1', '%', '?', '7z', 'if.exe', 'foreach-object'),
    fc.array(WORD, { maxLength: 4 }),
  )
  .map(([name, words]) => [name, ...words].join(' '))
const EXPRESSION = fc.constantFrom(
  '$x = 1',
  '$x += ri a',
  "'a' + 'b'",
  "'{0}' -f $x",
  '1..3',
  '-not $x',
  '$x -eq 1 -and $y',
  '[int]$x',
  '[io.file]::Exists("a")',
  '$x.Foo($y, (ri b))',
  '$x ? 1 : 2',
  '$x ?? (ri c)',
  '-join $x',
  '$x, $y = 1, 2',
  '!$x',
  '$i++',
)
const { line: LINE } = fc.letrec<{ line: string; statement: string }>((tie) => ({
  line: fc.array(tie('statement'), { minLength: 1, maxLength: 3 }).chain((statements) =>
    fc
      .array(fc.constantFrom('; ', '\n', ' | ', ' && ', ' || '), {
        minLength: statements.length - 1,
        maxLength: statements.length - 1,
      })
      .map((joins) => statements.map((each, index) => each + (joins[index] ?? '')).join('')),
  ),
  statement: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    SIMPLE,
    SIMPLE,
    EXPRESSION,
    tie('line').map((line) => `if ($x) { ${line} } elseif (ri d) { e } else { ${line} }`),
    tie('line').map((line) => `foreach ($i in 1, 2) { ${line} }`),
    tie('line').map((line) => `for ($i = 0; $i -lt 3; $i++) { ${line} }`),
    tie('line').map((line) => `while ($x) { ${line} }`),
    tie('line').map((line) => `do { ${line} } until ($x)`),
    tie('line').map((line) => `switch -Wildcard ($x) { 'a' { ${line} } default { b } }`),
    tie('line').map((line) => `try { ${line} } catch [Exception] { c } finally { d }`),
    tie('line').map((line) => `function f($p = 1) { param($q) ${line} }`),
    tie('line').map((line) => `& { ${line} }`),
    tie('line').map((line) => `ri $( ${line} ) > x 2>&1`),
    tie('line').map((line) => `<# c #> ${line} # d`),
    fc.constantFrom(
      ')',
      '}',
      '(',
      '"',
      "'",
      '| a',
      'a | | b',
      'a >',
      'if ($x) y',
      '&& a',
      '@(',
      'a &',
      'a < b',
      '"a" b',
      'return ri x',
      'throw',
      '',
    ),
  ),
}))

t.test(
  'a PowerShell line has the commands that PowerShell finds, and is broken where PowerShell says so',
  SKIP,
  async (t) => {
    const texts = fc.sample(LINE, { numRuns: 1_000, seed: 20_264 })
    const directory = t.testdir({ 'parse.ps1': SCRIPT })
    const file = join(directory, 'texts.json')
    writeFileSync(file, JSON.stringify(texts))
    const { stdout } = spawnSync(PWSH, ['-NoProfile', '-File', join(directory, 'parse.ps1'), file], {
      encoding: 'utf8',
    })
    const answers = stdout.trimEnd().split('\n')
    t.equal(answers.length, texts.length)
    let accepted = 0
    let refused = 0
    let missed = 0
    for (const [at, text] of texts.entries()) {
      const [errors = '', places = ''] = (answers[at] ?? '').trim().split(' ')
      const script = parsePowerShell(text, new Budget(1_000_000))
      if (errors !== '0') {
        refused += 1
        if (!script.broken) missed += 1
        continue
      }
      accepted += 1
      const found = [...new Set(commandsIn(script.statements))].toSorted((a, b) => a - b).join(',')
      if (script.broken || found !== places)
        t.fail('PowerShell reads it in another way', { text, broken: script.broken, found, places })
    }
    t.ok(accepted > 150, `PowerShell accepts ${accepted} of ${texts.length} texts`)
    t.comment(`of ${refused} texts that PowerShell refuses, ${missed} were read without an error`)
  },
)

const VALUE = fc.oneof(
  fc.constantFrom(
    "'a'",
    "'it''s'",
    '"b`"c"',
    '"d""e"',
    'f',
    'g`h',
    '"i$x"',
    "'j$x'",
    '$x',
    '$x[0]',
    '$x[-1]',
    '$x[0,1]',
    '$y',
    '"$y"',
    '"$($y[1])"',
    '3',
    'k"l m"n',
    "o'p'",
  ),
  fc.constantFrom(
    "('a' + 'b')",
    "('{1}{0}' -f 'a', 'b')",
    "('a', 'b' -join '-')",
    "(-join ('a', 'b'))",
    "('abc'[0..1])",
    "(-join 'cba'[2..0])",
    "('a-b'.Replace('-', '+'))",
    "('abcd'.Substring(1, 2))",
    "('AbC'.ToLower())",
    "('a_b' -replace '_', '')",
    "('aXb' -replace 'x', '.')",
    '([char]65)',
    '([char]0x42 + [char]67)',
    '(-join (72, 105 | % { [char]$_ }))',
    '(-join [char[]](72, 105))',
    '([string]::Join("-", "a", "b"))',
    "([Text.Encoding]::Unicode.GetString([Convert]::FromBase64String('cgBtAA==')))",
    "([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('cm0=')))",
    '(1..3)',
    "('ab' * 2)",
    "@('a', 'b')",
    "$('c')",
    "('a,b' -split ',')",
    "('a.b' -split '\\.')",
    "('a b'.Split(' '))",
    '(Write-Output z)',
    "'a', 'b'",
    '(1 + 2)',
    '(-split "a b")',
  ),
)
const VALUES = fc.array(VALUE, { minLength: 1, maxLength: 3 }).map((values) => `rec ${values.join(' ')}`)

const RUN = `param([string]$file)
function rec { "<$(@($args | ForEach-Object { $_ }) -join '><')>" }
foreach ($text in (Get-Content -Raw $file | ConvertFrom-Json)) {
  $x = 'v', 'w'; $y = 'yz'
  try { "$(Invoke-Expression $text)" } catch { 'error' }
}`

t.test('values are computed as PowerShell computes them', SKIP, async (t) => {
  const texts = fc.sample(VALUES, { numRuns: 600, seed: 20_265 })
  const directory = t.testdir({ 'run.ps1': RUN })
  const file = join(directory, 'texts.json')
  writeFileSync(file, JSON.stringify(texts))
  const { stdout } = spawnSync(PWSH, ['-NoProfile', '-File', join(directory, 'run.ps1'), file], { encoding: 'utf8' })
  const answers = stdout.trimEnd().split('\n')
  t.equal(answers.length, texts.length)
  let compared = 0
  for (const [at, text] of texts.entries()) {
    const answer = (answers[at] ?? '').trim()
    const line = `$x = 'v', 'w'; $y = 'yz'; ${text}`
    const { commands, dynamic } = analyseWithin({ line, shell: 'powershell', cwd: null, home: null }, newLineBudget())
    const found = commands.find(({ program }) => program === 'rec')
    if (answer === 'error' || dynamic.length > 0 || found === undefined) continue
    compared += 1
    const words = `<${found.args.map((word) => word.text).join('><')}>`
    if (words !== answer) t.fail('PowerShell gets other values', { text, words, answer })
  }
  t.ok(compared > 500, `${compared} compared`)
})

/** Where the commands of a tree begin. */
function commandsIn(node: unknown): number[] {
  if (node === null || typeof node !== 'object') return []
  if (Array.isArray(node)) return node.flatMap(commandsIn)
  const own = 'type' in node && node.type === 'command' && 'pos' in node ? [node.pos as number] : []
  return [...own, ...Object.values(node).flatMap(commandsIn)]
}
