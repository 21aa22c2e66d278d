import * as fc from 'fast-check'
import t from 'tap'
import type { AliasTable } from '../../../../src/core/shell/alias-table.ts'
import { analyseWithin, newLineBudget } from '../../../../src/core/shell/analyse.ts'
import { read as readLine, show as showLine } from '../shown.ts'

const read = (line: string): ReturnType<typeof readLine> => readLine(line, 'fish')
const show = (line: string): readonly string[] => showLine(line, 'fish')

/** Line, then every command found in it. */
const TABLE: readonly (readonly [line: string, ...commands: string[]])[] = [
  ['rm -rf /; and rm x', 'rm -rf /', 'rm x'],
  ['a && b || c; or d\nand e', 'a', 'b', 'c', 'd', 'e'],
  ['not rm x; ! rm y; time rm z', 'rm x', 'rm y', 'rm z'],
  ['a | not rm x | cat', 'a', 'rm x', 'cat'],
  ['a & b &', 'a', 'b'],
  ['a&b', 'a&b'],
  ['a 2>| b &| c >| d', 'a', 'b', 'c', 'd'],
  ['begin; rm x; end', 'rm x'],
  ['begin rm x; end > /tmp/y', ':', 'rm x'],
  ['{ rm x; rm y; }', 'rm x', 'rm y'],
  ['if a; and b; rm x; else if c; rm y; else; rm z; end', 'a', 'b', 'rm x', 'c', 'rm y', 'rm z'],
  ['while a; rm x; end', 'a', 'rm x'],
  ['for f in a b; rm $f; end', 'rm a', 'rm b'],
  ['for f in (ls); rm $f; end', 'ls', 'rm ¿'],
  ['switch $x; case a "b c"; rm x; case (rm y); rm z; end', 'rm y', 'rm x', 'rm z'],
  ['function f; rm $argv[1]; end; f /etc', 'rm ¿', 'f /etc', 'f > rm /etc'],
  ['function f --on-event fish_prompt; rm x; end', 'rm x'],
  ['echo (rm x) "$(rm y)" "(rm z)"', 'echo ¿ ¿ "(rm z)"', 'rm x', 'rm y'],
  ['echo a(echo b; rm x)[1]c', 'echo a¿c', 'echo b', 'rm x'],
  ['echo $x[(rm y)] {a,(rm z)}', 'echo ¿ a ¿', 'rm y', 'rm z'],
  ['ls > (rm y)', 'ls', 'rm y'],
  ['A=(rm y) b', 'b', 'rm y'],
  ['\\x72m x; r\\155 x; \\u0072m x; r"m" x; \'r\'m x; r\\\nm x', 'rm x', 'rm x', 'rm x', 'rm x', 'rm x', 'rm x'],
  ['"if" a; rm x; "end"', 'a', 'rm x'],
  ["echo 'it\\'s' 'a\\b' \"a\\$b\"", 'echo "it\'s" a\\b a$b'],
  ['set c rm -rf; $c /', 'set c rm -rf', 'rm -rf /'],
  ['set -l a r; set b m; $a$b /', 'set -l a r', 'set b m', 'rm /'],
  ['set x a b c; echo $x[2] $x[-1] $x[2..3] $x[3..1] p$x', 'set x a b c', 'echo b c b c c b a pa pb pc'],
  ['set n x; set x rm; $$n /', 'set n x', 'set x rm', 'rm /'],
  ['set x; rm a$x b', 'set x', 'rm b'],
  ['set -e x; "r$x"m /', 'set -e x', 'rm /'],
  [
    'set c ls; while a; $c /; set c rm; end',
    'set c ls',
    'a',
    'ls /',
    'set c rm',
    'a',
    '¿ / [dynamic-name]',
    'set c rm',
  ],
  ['{rm,-rf,/etc}; rm /{a,b}{1,2} {x} {}', 'rm -rf /etc', 'rm /a1 /b1 /a2 /b2 {x} {}'],
  ['rm a{b, c}', 'rm ab ac'],
  ['rm ~ ~/x $HOME/y "$HOME/z" ~root/x "~"', 'rm /home/u /home/u/x /home/u/y /home/u/z /root/x ~'],
  ['rm $PWD/x', 'rm /here/x'],
  ['(echo rm) /; (printf "\\x72m") /', 'rm /', 'echo rm', 'rm /', 'printf \\x72m'],
  ['(string join "" r m) /', 'rm /', 'string join "" r m'],
  ['/bin/r? /', 'rm / [dynamic-name]'],
  ['$x /', '¿ / [dynamic-name]'],
  ['"r$x"m /', 'rm / [dynamic-name]'],
  ['echo "rm -rf /" | sh', 'echo "rm -rf /"', 'sh', 'sh > rm -rf /'],
  ['echo "rm -rf /" | source', 'echo "rm -rf /"', 'source', 'source > rm -rf /'],
  ['source (echo "rm -rf /" | psub)', 'source /dev/fd/¿', 'echo "rm -rf /"', 'psub', 'source > rm -rf /'],
  ['echo cm0gLXJmIC8= | base64 -d | sh', 'echo cm0gLXJmIC8=', 'base64 -d', 'sh', 'sh > rm -rf /'],
  ['begin; echo "rm /"; end | sh', 'echo "rm /"', 'sh', 'sh > rm /'],
  ["eval 'rm -rf' /; eval rm\\ /", 'eval "rm -rf" /', 'eval > rm -rf /', 'eval "rm /"', 'eval > rm /'],
  ["fish -c 'if a; rm x; end'", 'fish -c "if a; rm x; end"', 'fish -c > a', 'fish -c > rm x'],
  ["fish -C 'rm x' -c 'rm y'", 'fish -C "rm x" -c "rm y"', 'fish -C > rm x', 'fish -c > rm y'],
  ["bash -c 'if a; then rm x; fi'", 'bash -c "if a; then rm x; fi"', 'bash -c > a', 'bash -c > rm x'],
  ["ssh h 'for i in 1; do rm x; done'", 'ssh h "for i in 1; do rm x; done"', 'ssh > rm x'],
  [
    'sudo rm x; command rm y; builtin cd z; exec rm w',
    'sudo rm x',
    'sudo > rm x',
    'command rm y',
    'command > rm y',
    'builtin cd z',
    'builtin > cd z',
    'exec rm w',
    'exec > rm w',
  ],
  ["alias z 'rm -rf'; z /", 'alias z "rm -rf"', 'alias > rm -rf', 'z /', 'z > rm -rf /'],
  ["alias z='rm -rf'; z /", 'alias "z=rm -rf"', 'alias > rm -rf', 'z /', 'z > rm -rf /'],
  ["abbr -a z 'rm -rf /'", 'abbr -a z "rm -rf /"', 'abbr > rm -rf /'],
  ["trap 'rm x' EXIT", 'trap "rm x" EXIT', 'trap > rm x'],
  ['echo a # rm x', 'echo a'],
  ['echo a#b; rm x', 'echo a#b', 'rm x'],
  ['echo a[b; rm x]', 'echo "a[b; rm x]"'],
  ['echo \'rm -rf /\'; git commit -m "rm -rf /; (rm x)"', 'echo "rm -rf /"', 'git commit -m "rm -rf /; (rm x)"'],
]

t.test('analyse finds the commands of a fish line', async (t) => {
  for (const [line, ...commands] of TABLE) {
    t.strictSame(show(line), commands, line)
    t.notOk(read(line).dynamic.includes('parse-error'), line)
  }
})

t.test('analyse says which fish code nobody can read before it runs, and what feeds it', async (t) => {
  const cases: readonly (readonly [line: string, program: string, from: readonly string[]])[] = [
    ['curl x | source', 'source', ['curl']],
    ['curl x | sh', 'sh', ['curl']],
    ['eval (curl x)', 'eval', ['curl']],
    ['source (curl x | psub)', 'source', ['curl']],
    ['sh -c "$(curl x)"', 'sh', ['curl']],
    ['bash (curl x | psub)', 'bash', ['curl']],
    ['fish -c $x', 'fish', []],
    ['eval "foo; $x"', 'eval', []],
  ]
  for (const [line, program, from] of cases) {
    const found = read(line).commands.filter(({ dynamic }) => dynamic.includes('dynamic-eval'))
    t.strictSame(
      found.map((command) => [command.program, command.from.filter((name) => name !== 'psub')]),
      [[program, from]],
      line,
    )
  }
})

t.test('analyse reports what is no fish, and lists what it found all the same', async (t) => {
  for (const line of [
    'rm x; end',
    'if a; rm x',
    'begin; rm x',
    'rm x )',
    'rm x (a',
    "rm x 'a",
    'rm x "a',
    'rm x |',
    'rm x | | a',
    'rm x >',
    'A=b; rm x',
    'rm x; case a',
    'for x rm; end; rm x',
    'rm x $',
    'rm x {a',
    'if a; then rm x; fi',
    'rm x a[b',
    'begin; rm x; end a',
  ]) {
    const { commands, dynamic } = read(line)
    t.ok(dynamic.includes('parse-error'), line)
    t.ok(
      commands.some(({ program, args }) => program === 'rm' || args.some(({ text }) => text === 'rm')),
      `${line} lists rm`,
    )
  }
})

t.test('analyse follows cd, redirections, overrides and variables of fish', async (t) => {
  t.strictSame(
    read('cd /etc; and rm *; begin; cd /x; end; rm a; false; or cd /; rm b').commands.map(({ cwd }) => cwd),
    ['/here', '/etc', '/etc', '/x', '/x', '/x', null],
  )
  const { commands, assignments } = read('A=1 B="x y" cmd > ~/.bashrc 2>&1 < in; set -gx C a b; set -e D')
  t.strictSame(
    [
      [...(commands[0]?.env ?? [])].map(([name, { text }]) => [name, text]),
      commands[0]?.redirects.map(({ operator, fd, target }) => [operator, fd, target.text]),
      commands[0]?.stdin,
      [...assignments].map(([name, { text }]) => [name, text]),
    ],
    [
      [
        ['A', '1'],
        ['B', 'x y'],
      ],
      [
        ['>', null, '/home/u/.bashrc'],
        ['>&', 2, '1'],
        ['<', null, 'in'],
      ],
      'file',
      [
        ['C', 'a b'],
        ['D', ''],
      ],
    ],
  )
  t.strictSame(
    read('curl x | begin; sort; sudo uniq; end | tee y').commands.map(({ program, from, to }) => [program, from, to]),
    [
      ['curl', [], ['sort', 'sudo', 'uniq', 'tee']],
      ['sort', ['curl'], ['tee']],
      ['sudo', ['curl'], ['tee']],
      ['uniq', ['curl'], ['tee']],
      ['tee', ['uniq', 'sudo', 'sort', 'curl'], []],
    ],
  )
})

t.test('functions that alias made are read, however their name is written, but not behind command', async (t) => {
  const aliases: AliasTable = {
    regular: new Map([
      ['ok', 'rm -rf'],
      ['rm', 'command rm -i'],
      ['both', 'a; rm -rf'],
      ['bad', 'echo "'],
    ]),
    global: new Map(),
    suffix: new Map(),
  }
  const shown = (line: string): readonly string[] =>
    analyseWithin({ line, shell: 'fish', cwd: '/here', home: '/home/u', aliases }, newLineBudget()).commands.map(
      ({ via, path, args }) => [...via, [path?.text, ...args.map(({ text }) => text)].join(' ')].join(' > '),
    )
  t.ok(shown('ok ~').includes('ok > rm -rf /home/u'))
  t.ok(shown('"ok" ~; set c ok; $c /').includes('ok > rm -rf /'))
  t.ok(shown('a | both ~').includes('both > rm -rf /home/u'))
  t.ok(shown("eval 'ok ~'").includes('eval > ok > rm -rf /home/u'))
  t.strictSame(shown('rm x'), ['rm x', 'rm > command rm -i x', 'rm > command > rm -i x'])
  t.strictSame(shown('command ok ~'), ['command ok /home/u', 'command > ok /home/u'])
  const { dynamic } = analyseWithin({ line: 'bad x', shell: 'fish', cwd: null, home: null, aliases }, newLineBudget())
  t.ok(dynamic.includes('parse-error'))
})

/** The same name in quotes and escapes of every kind. */
function disguised(name: string): fc.Arbitrary<string> {
  const spellings = Array.from(name, (letter) => {
    const code = letter.charCodeAt(0)
    return fc.constantFrom(
      letter,
      `'${letter}'`,
      `"${letter}"`,
      `\\x${code.toString(16)}`,
      `\\X${code.toString(16)}`,
      `\\${code.toString(8).padStart(3, '0')}`,
      `\\u00${code.toString(16)}`,
      `""${letter}`,
      `\\\n${letter}`,
      `(echo ${letter})`,
      `"$(printf %s ${letter})"`,
    )
  })
  return fc.tuple(...spellings).map((pieces) => pieces.join(''))
}

t.test('no spelling of a name hides it in fish', async () => {
  fc.assert(
    fc.property(
      fc.constantFrom('rm', 'curl', 'dd').chain((name) => fc.tuple(fc.constant(name), disguised(name))),
      fc.constantFrom('', '/bin/', '"/usr"/bin/', 'not ', 'A=b ', 'begin; '),
      ([name, spelling], before) => {
        const line = `${before}${spelling} -x /${before === 'begin; ' ? '; end' : ''}`
        const { commands, dynamic } = read(line)
        return commands[0]?.program === name && dynamic.length === 0
      },
    ),
    { numRuns: 1_000 },
  )
})
