import * as fc from 'fast-check'
import t from 'tap'
import { analyseWithin, newLineBudget } from '../../../src/core/shell/analyse.ts'
import type { Analysis, Span } from '../../../src/core/shell/facts.ts'
import { read } from './shown.ts'

const SHELLS = fc.constantFrom('bash', 'zsh', 'sh', 'fish', 'powershell')

const REAL_LINES: readonly string[] = [
  'git -C "$HOME/x" commit -am "a; b" && git push --force origin HEAD:main',
  'for f in *.c; do cc -O2 "$f" -o "${f%.c}" || break; done 2> errors.log',
  "curl -fsSL https://example.org/i.sh | sudo -E bash -s -- --yes 'a b'",
  'find . -name "*.o" -exec rm -f {} \\; -o -type d -empty -delete',
  'cat <<\'EOF\' | ssh host "bash -s"\nset -e\nrm -rf /tmp/x\nEOF',
  'x=$(date +%s); y=("${x:0:2}" `id -u`); echo $((x + ${#y[@]})) >> ~/log',
  'case "$1" in -*) shift;; *) eval "set -- $2";; esac',
  'f() { local a=$1; "$@" | tee >(grep x) < <(sort <<< "$a"); }; f {a,b}{1..3}',
  `python3 -c 'import os; os.system("ls")' && perl -e 'print \`id\`'`,
  'docker run --rm -v "$PWD:/w" img sh -c \'cd /w && make\' # build',
  'if [[ -f ~/.x && $(< ~/.x) =~ ^[a-z]+$ ]]; then source ~/.x; fi',
  'echo cm0gLXJmIC8= | base64 -d | xargs -I{} sh -c "{}"',
]

/** A real line with a few pieces cut out, doubled, or replaced by characters that mean something. */
const MUTATED = fc
  .tuple(
    fc.constantFrom(...REAL_LINES),
    fc.array(
      fc.tuple(
        fc.nat(200),
        fc.nat(12),
        fc.constantFrom(
          '',
          '"',
          "'",
          '`',
          '$(',
          ')',
          '${',
          '}',
          '\\',
          '\n',
          '<<E\n',
          '|',
          '&&',
          ';',
          '<(',
          '{',
          '((',
          '#',
          ' ',
          '\uFFFC',
          '\u0000',
          '$@',
        ),
      ),
      { minLength: 1, maxLength: 5 },
    ),
  )
  .map(([line, edits]) =>
    edits.reduce((text, [at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length), line),
  )

function spansOf(analysis: Analysis): readonly Span[] {
  return analysis.commands.flatMap((command) => [
    command.span,
    ...command.args.map(({ span }) => span),
    ...command.redirects.map(({ target }) => target.span),
    ...[...command.env.values()].map(({ span }) => span),
  ])
}

function isSound(line: string, analysis: Analysis): boolean {
  const within = spansOf(analysis).every(({ start, end }) => start >= 0 && start <= end && end <= line.length)
  const named = analysis.commands.every(({ program, dynamic }) =>
    program === null ? dynamic.includes('dynamic-name') : program !== '',
  )
  const reasons = analysis.commands.every(({ dynamic }) => dynamic.every((reason) => analysis.dynamic.includes(reason)))
  return within && named && reasons
}

t.test('analyse answers every string, with spans inside it and a reason for every unknown name', async () => {
  const strings = fc.oneof(fc.string({ unit: 'binary' }), MUTATED, MUTATED)
  fc.assert(
    fc.property(strings, SHELLS, fc.constantFrom('/w', null), fc.constantFrom('/h', null), (line, shell, cwd, home) =>
      isSound(line, analyseWithin({ line, shell, cwd, home }, newLineBudget())),
    ),
    { numRuns: 3_000 },
  )
})

/** The same name in quotes and escapes of every kind. */
function disguised(name: string): fc.Arbitrary<string> {
  const spellings = Array.from(name, (letter) => {
    const code = letter.charCodeAt(0)
    return fc.constantFrom(
      letter,
      `'${letter}'`,
      `"${letter}"`,
      `\\${letter}`,
      `$'\\x${code.toString(16)}'`,
      `$'\\${code.toString(8)}'`,
      `""${letter}`,
      `\\\n${letter}`,
      `$(printf %s ${letter})`,
    )
  })
  return fc.tuple(...spellings).map((pieces) => pieces.join(''))
}

t.test('no spelling of a name hides it', async () => {
  const names = fc.constantFrom('rm', 'curl', 'shutdown', 'dd')
  fc.assert(
    fc.property(
      names.chain((name) => fc.tuple(fc.constant(name), disguised(name))),
      fc.constantFrom('', '/bin/', '"/usr"/bin/', './'),
      ([name, spelling], directory) => {
        const { commands, dynamic } = read(`${directory}${spelling} -x /`)
        return commands[0]?.program === name && dynamic.length === 0
      },
    ),
    { numRuns: 1_000 },
  )
})

const quoted = (line: string): string => `'${line.replaceAll("'", "'\\''")}'`

const WRAPPERS: readonly ((line: string) => string)[] = [
  (line) => `sudo ${line}`,
  (line) => `sudo -u x -E A=1 ${line}`,
  (line) => `env -i B=2 ${line}`,
  (line) => `timeout -s KILL 5 ${line}`,
  (line) => `nice -n 5 nohup ${line}`,
  (line) => `command ${line}`,
  (line) => `time ${line}`,
  (line) => `sh -c ${quoted(line)}`,
  (line) => `bash -lc ${quoted(line)}`,
  (line) => `eval ${quoted(line)}`,
  (line) => `( ${line} )`,
  (line) => `{ ${line}; }`,
  (line) => `if a; then ${line}; fi`,
  (line) => `a && ${line} || b`,
  (line) => `a | ${line}`,
  (line) => `x=$( ${line} )`,
  (line) => `cat <( ${line} )`,
  (line) => `ssh h ${quoted(line)}`,
  (line) => `f() { ${line}; }`,
  (line) => `docker exec c sh -c ${quoted(line)}`,
  (line) => `bash <<< ${quoted(line)}`,
  (line) => `echo ${quoted(line)} | sh`,
]

t.test('no stack of wrappers hides what they run', async () => {
  // `sudo` and its kind take words, not syntax: they may only stand directly around the command.
  const words = fc.constantFrom(...WRAPPERS.slice(0, 7))
  const texts = fc.constantFrom(...WRAPPERS.slice(7))
  fc.assert(
    fc.property(
      fc.array(words, { maxLength: 3 }),
      fc.boolean(),
      fc.array(texts, { maxLength: 3 }),
      (inner, searched, outer) => {
        let line = 'rm -rf /etc'
        for (const wrap of inner) line = wrap(line)
        if (searched) line = `find . -exec ${line} \\;`
        for (const wrap of outer) line = wrap(line)
        const found = read(line).commands.some(
          ({ program, flags, operands }) =>
            program === 'rm' && flags.has('r') && flags.has('f') && operands[0]?.text === '/etc',
        )
        if (!found) throw new Error(line)
        return found
      },
    ),
    { numRuns: 2_000 },
  )
})

t.test('what is quoted as data never becomes a command', async () => {
  const programs = fc.constantFrom('echo', 'printf %s', 'git commit -m', 'grep -e', 'mytool --note', 'cat > x <<<')
  fc.assert(
    fc.property(programs, fc.string(), (program, text) => {
      const { commands } = read(`${program} ${quoted(`rm -rf /; ${text}`)}`)
      return commands.length === 1
    }),
    { numRuns: 1_000 },
  )
})
