import * as fc from 'fast-check'
import t from 'tap'
import { GLOB_ALTERNATIVES_MAX } from '../../../src/core/limits.ts'
import { readingsOf } from '../../../src/core/policy/path.ts'
import { compilePathGlob, compileTextGlob, expandBraces } from '../../../src/core/policy/glob.ts'

const place = { cwd: '/home/ann/project', home: '/home/ann' }

function matches(
  glob: string,
  path: string,
  active = false,
  where: { cwd: string | null; home: string | null } = place,
): boolean {
  const compiled = compilePathGlob(glob)
  if (!compiled.ok) throw new Error(compiled.error)
  return compiled.value.matches(readingsOf(path, where), active)
}

const table: readonly (readonly [string, string, boolean])[] = [
  ['/', '/', true],
  ['/', '//./', true],
  ['/', '/etc', false],
  ['/etc', '/etc/', true],
  ['/etc', '/etc/../etc', true],
  ['/etc/**', '/etc', true],
  ['/etc/**', '/etc/a/b', true],
  ['/etc/*', '/etc/a/b', false],
  ['/{etc,usr}/*', '/usr/bin', true],
  ['~', '/home/ann', true],
  ['~', '..', true],
  ['~/.ssh/id_*', '/home/ann/.ssh/id_rsa', true],
  ['~/.ssh/id_*', '/home/bob/.ssh/id_rsa', false],
  ['.ssh/id_*', '/home/bob/.ssh/id_rsa', true],
  ['.env', 'sub/.env', true],
  ['.env', 'sub/.env.example', false],
  ['/home/*', '/home/ann', true],
  ['/home/*', '/home/ann/x', false],
  ['/dev/sd[a-c]', '/dev/sdb', true],
  ['/dev/sd[a-c]', '/dev/sdd', false],
  ['/dev/sd[!a-c]', '/dev/sdd', true],
  ['/a/\\*', '/a/*', true],
  ['/a/\\*', '/a/b', false],
  ['/a?c', '/abc', true],
  ['/**/key', '/x/y/key', true],
]

t.test('a path glob matches what it names, however the path is written', async (t) => {
  t.same(
    table.map(([glob, path]) => [glob, path, matches(glob, path)]),
    table,
  )
})

t.test('a glob that the shell has yet to expand matches when the two can name the same file', async (t) => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['/', '/*', true],
    ['/etc', '/e*', true],
    ['/etc', '/?tc', true],
    ['/etc', '/[a-f]tc', true],
    ['/etc', '/v*', false],
    ['~', '~/*', false],
    ['~', '/home/ann/*', true],
    ['~', '/home/ann/.*', true],
    ['/home/ann/.ssh', '/home/ann/*', false],
    ['/home/ann/.ssh', '/home/ann/.s*', true],
    ['~', './*', false],
    ['~/project', '*', true],
    ['/tmp/x', '/tmp/*', true],
    ['/tmp/y*', '/tmp/*x', true],
  ]
  t.same(
    cases.map(([glob, path]) => [glob, path, matches(glob, path, true)]),
    cases,
  )
})

t.test('without a working directory a relative path is only known by its end', async (t) => {
  const nowhere = { cwd: null, home: null }
  t.same(
    [
      matches('/etc/passwd', 'etc/passwd', false, nowhere),
      matches('etc/passwd', 'etc/passwd', false, nowhere),
      matches('~/.ssh', '~/.ssh', false, nowhere),
      matches('.ssh/id_rsa', '\uFFFC/.ssh/id_rsa', false),
      matches('~/.ssh/id_rsa', '\uFFFC/.ssh/id_rsa', false),
    ],
    [false, true, true, true, false],
  )
})

t.test('in a text glob a star spans slashes', async (t) => {
  const glob = compileTextGlob('*:{main,master}')
  t.same(glob.ok && ['a/b:main', 'main', ':master', ':masters'].map(glob.value.matches), [true, false, true, false])
})

t.test('braces nest, and text that is no list of alternatives stays as it is', async (t) => {
  t.same(expandBraces('a{b,c{d,e}}f'), { ok: true, value: ['abf', 'acdf', 'acef'] })
  t.same(expandBraces('{a}{,b'), { ok: true, value: ['{a}{,b'] })
  t.same(expandBraces('{a}{b,c}'), { ok: true, value: ['{a}b', '{a}c'] })
})

t.test('a glob that cannot be read is refused with the reason', async (t) => {
  const refused = (source: string): string | undefined => {
    const compiled = compilePathGlob(source)
    return compiled.ok ? undefined : compiled.error
  }
  t.same(
    [refused('/dev/sd[a'), refused('/a/../b'), refused(''), refused('{a,b}'.repeat(20)), refused('a'.repeat(5_000))],
    [
      'a `[` is never closed',
      '`..` has no meaning in a pattern',
      'empty',
      `more than ${GLOB_ALTERNATIVES_MAX} alternatives`,
      'longer than 4096 characters',
    ],
  )
})

t.test('a literal path matches itself, also when it is written with detours', async () => {
  const name = fc.stringMatching(/^[a-z]{1,5}$/)
  const detours = fc.array(fc.constantFrom('/', '/./', '//', '/x/../'), { minLength: 6, maxLength: 6 })
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), detours, (names, between) => {
      const written = names.map((each, at) => between[at]! + each).join('')
      return matches(`/${names.join('/')}`, written) && matches('/**', written)
    }),
  )
})

t.test('compiling and matching are total', async () => {
  const soup = fc
    .array(fc.constantFrom('*', '**', '?', '[', ']', '!', '-', '{', '}', ',', '/', '~', '.', '..', '\\', 'a', 'b'), {
      maxLength: 20,
    })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(soup, soup, fc.boolean(), (source, path, active) => {
      const glob = compilePathGlob(source)
      if (glob.ok) glob.value.matches(readingsOf(path, place), active)
      const text = compileTextGlob(source)
      if (text.ok) text.value.matches(path)
    }),
    { numRuns: 2_000 },
  )
})
