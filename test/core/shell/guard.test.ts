import t from 'tap'
import { analyse } from '../../../src/core/shell/analyse.ts'
import type { Analysis, DynamicReason } from '../../../src/core/shell/facts.ts'
import { measure } from '../../../src/core/shell/guard.ts'
import { ANALYSIS_BYTES_MAX, ANALYSIS_COMMANDS_MAX, ANALYSIS_OPENERS_MAX } from '../../../src/core/limits.ts'
import { read } from './shown.ts'

function reasons(line: string): readonly DynamicReason[] {
  return analyse({ line, shell: 'bash', cwd: '/w', home: '/h' }).dynamic
}

t.test('the guard refuses what would cost the parser too much, and says why', async (t) => {
  const refused: readonly (readonly [what: string, line: string, reason: DynamicReason])[] = [
    ['a long line', 'a '.repeat(ANALYSIS_BYTES_MAX), 'too-long'],
    ['a line that is long in bytes', 'ä'.repeat(ANALYSIS_BYTES_MAX / 2 + 1), 'too-long'],
    ['nested substitutions', '$('.repeat(5_000), 'too-deep'],
    ['nested arithmetic', '$(('.repeat(5_000), 'too-deep'],
    ['nested process substitutions', '<('.repeat(3_000), 'too-deep'],
    ['nested quoted substitutions', '"$('.repeat(2_000), 'too-deep'],
    ['nested parameters', '${x:-'.repeat(2_000), 'too-deep'],
    ['backticks', '`'.repeat(1_000), 'too-deep'],
    ['openers behind a quote that is none', `\\'${'$('.repeat(1_000)}'`, 'too-deep'],
    ['openers behind a quote in a comment', `: # '\n${'$('.repeat(1_000)}'`, 'too-deep'],
    ['openers in an expanding here-document', `cat <<E\n${'$('.repeat(1_000)}\nE\n`, 'too-deep'],
    ['openers behind a shift that looks like a here-document', `: $((1<<'E'))\n${'$('.repeat(1_000)}\nE\n`, 'too-deep'],
    ['statements', 'a;'.repeat(ANALYSIS_COMMANDS_MAX + 1), 'too-long'],
    ['here-documents', 'cat <<E\n'.repeat(5_000), 'too-long'],
  ]
  for (const [what, line, reason] of refused) t.strictSame(reasons(line), [reason], what)
})

t.test('the guard lets through data that merely looks like openers', async (t) => {
  const code = 'f(x) { return `${x}` }\n'.repeat(ANALYSIS_OPENERS_MAX)
  t.equal(measure(`cat > x.js <<'EOF'\n${code}EOF\n`).reason, null, 'a quoted here-document')
  t.equal(measure(`cat > x.js <<-"EOF"; ls\n${code}\tEOF\n`).reason, null, 'with tabs stripped')
  t.equal(measure(`node -e '${code}'`).reason, null, 'a single-quoted argument')
  t.equal(measure(`node -e "${code}"`).reason, 'too-deep', 'a double-quoted one is not data')
})

t.test('lines at the edge of every bound are answered', async (t) => {
  const lines: readonly string[] = [
    '$('.repeat(ANALYSIS_OPENERS_MAX),
    `${'$(a '.repeat(200)}${')'.repeat(200)}`,
    `${'"$(a '.repeat(200)}${')"'.repeat(200)}`,
    '$(('.repeat(ANALYSIS_OPENERS_MAX / 2),
    '<('.repeat(ANALYSIS_OPENERS_MAX),
    '${x:-"'.repeat(ANALYSIS_OPENERS_MAX),
    'a[$('.repeat(ANALYSIS_OPENERS_MAX),
    '{a,'.repeat(ANALYSIS_OPENERS_MAX),
    `echo ${'{a,b}'.repeat(ANALYSIS_OPENERS_MAX)}`,
    `echo ${'{1..200}'.repeat(20)}`,
    'if '.repeat(4_000),
    'while a; do '.repeat(2_000),
    'case x in a) '.repeat(ANALYSIS_OPENERS_MAX),
    'coproc '.repeat(8_000),
    'function f '.repeat(6_000),
    '! '.repeat(30_000),
    'time '.repeat(10_000),
    'sudo '.repeat(10_000),
    "'".repeat(65_535),
    '"'.repeat(65_535),
    '\\'.repeat(65_535),
    '$'.repeat(65_535),
    '*'.repeat(65_535),
    '<'.repeat(800),
    'a&&'.repeat(ANALYSIS_COMMANDS_MAX / 2),
    'a|'.repeat(ANALYSIS_COMMANDS_MAX - 1),
    'echo x|sh|'.repeat(1_000),
    `x=aaaaaaaa;${'x=$x$x;'.repeat(60)}echo $x`,
    `a=(1 2 3 4);${'a=("${a[@]}" "${a[@]}");'.repeat(60)}`,
    `x=$(printf %s a);${'x=$(echo $x$x);'.repeat(60)}`,
    `f() { f "$@"; f "$@"; }; f a`,
    `a() { b "$@"; b "$@"; }; b() { c "$@"; c "$@"; }; c() { d "$@"; d "$@"; }; d() { a "$@"; ls; }; a x`,
    `${'for x in 1 2 3 4 5 6 7 8 9; do '.repeat(12)} rm $x; ${'done; '.repeat(12)}`,
    `eval ${"'eval ".repeat(40)}`,
    `x='eval "$x"'; eval "$x"`,
    'sh -c "'.repeat(40),
    `cat ${'<(echo '.repeat(100)}${')'.repeat(100)}`,
    `x=${'y'.repeat(20_000)}; echo \${x//?/z} \${x##*y} \${x%%y*}`,
    `printf '%s' ${'a '.repeat(20_000)}`,
    `tr a-z b-za <<< '${'a'.repeat(30_000)}' | sh`,
    `awk 'BEGIN { ${'system("rm x");'.repeat(300)} }'`,
    `python3 -c '${'os.system("rm x");'.repeat(300)}'`,
    `find . ${'-exec rm {} \\; '.repeat(2_000)}`,
    `PROMPT_COMMAND='PROMPT_COMMAND=x'`,
    `xargs ${'xargs '.repeat(5_000)}`,
    `git ${'-c alias.x="!ls" '.repeat(2_000)}x`,
    'ls #'.repeat(5_000),
  ]
  for (const shell of ['bash', 'zsh', 'fish', 'powershell'] as const) {
    for (const line of lines) {
      const analysis: Analysis = analyse({ line, shell, cwd: '/w', home: '/h' })
      t.ok(analysis.commands.length <= ANALYSIS_COMMANDS_MAX, `${shell}: ${line.slice(0, 40)}`)
    }
  }
})

t.test('wrappers and re-read text are opened down to the depth limit, and the rest is a fact', async (t) => {
  t.ok(reasons(`${'sudo '.repeat(100)}rm x`).includes('too-deep'))
  t.ok(reasons(`${'eval '.repeat(100)}rm x`).includes('too-deep'))
  for (const wrapper of ['sudo ', 'eval ']) {
    const { commands, dynamic } = read(`${wrapper.repeat(20)}rm x`)
    t.strictSame([commands.length, commands.at(-1)?.program, dynamic], [21, 'rm', []], wrapper)
  }
})
