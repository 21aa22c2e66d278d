import * as fc from 'fast-check'
import t from 'tap'
import { DYNAMIC, type Word } from '../../../src/core/shell/facts.ts'
import { pathOf } from '../../../src/core/shell/path-of.ts'

function word(text: string): Word {
  return { text, dynamic: text.includes(DYNAMIC), glob: false, span: { start: 0, end: 0 } }
}

t.test('pathOf gives one spelling to one path', async (t) => {
  const cases: readonly (readonly [text: string, cwd: string | null, home: string | null, path: string | null])[] = [
    ['/', '/w', '/h', '/'],
    ['//', '/w', '/h', '/'],
    ['/etc//passwd', '/w', '/h', '/etc/passwd'],
    ['/etc/./x/../passwd', '/w', '/h', '/etc/passwd'],
    ['/etc/', '/w', '/h', '/etc'],
    ['/../..', '/w', '/h', '/'],
    ['/.', '/w', '/h', '/'],
    ['/*', '/w', '/h', '/*'],
    ['/etc/.hidden', '/w', '/h', '/etc/.hidden'],
    ['.', '/w', '/h', '/w'],
    ['..', '/w/x', '/h', '/w'],
    ['x', '/', '/h', '/x'],
    ['x/../../y', '/w', '/h', '/y'],
    ['x', null, '/h', null],
    ['/x', null, null, '/x'],
    ['~', '/w', null, '~'],
    ['~/x/../y', '/w', null, '~/y'],
    ['~/..', '/w', null, '~'],
    ['~', '/w', '/h', '/w/~'],
    ['', '/w', '/h', null],
    [DYNAMIC, '/w', '/h', null],
    [`${DYNAMIC}/x`, '/w', '/h', null],
    [`/a/${DYNAMIC}/x`, '/w', '/h', `/a/${DYNAMIC}/x`],
    [`/a/${DYNAMIC}/../x`, '/w', '/h', null],
    ['x', '~', '/h', null],
  ]
  for (const [text, cwd, home, path] of cases) t.equal(pathOf(word(text), cwd, home), path, `${text} in ${cwd}`)
})

t.test('pathOf answers null or a normal absolute path, and the same again for its own answer', async () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('/', '.', '..', 'a', '//', '~', '*')), (pieces) => {
      const path = pathOf(word(pieces.join('')), '/w', '/h')
      if (path === null) return pieces.join('') === ''
      const segments = path.split('/').slice(1)
      const normal = path === '/' || segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..')
      return path.startsWith('/') && normal && pathOf(word(path), '/w', '/h') === path
    }),
  )
})
