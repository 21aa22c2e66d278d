import t from 'tap'
import { hashesOfPath, segmentsOf } from '../../../src/core/policy/segments.ts'
import { analyse } from '../../../src/core/shell/analyse.ts'

const HOME = '/home/ann'

function known(line: string, cwd = `${HOME}/src`): readonly number[] | null {
  return segmentsOf(analyse({ line, shell: 'bash', cwd, home: HOME }).commands[0]!, HOME)
}

t.test('every reading of every path that a word may hold is known', (t) => {
  const found = known('cp -t../x a') // `..`: nothing is known
  t.equal(found, null)
  for (const path of ['home/ann/src/a', 'src/a', 'etc/b', 'home/ann/src/c']) {
    const hashes = known('cat a --x=/etc/b @c') ?? []
    t.same(
      hashesOfPath(path.split('/')).filter((hash) => !hashes.includes(hash)),
      [],
      path,
    )
  }
  t.end()
})

t.test('what would take long is not looked at: nobody pays for it from a budget', (t) => {
  const deep = Array.from({ length: 25 }, (_, at) => `d${at}`).join('/')
  t.equal(known('cat a', `/${deep}`), null, 'a deep directory')
  t.equal(known(`cat ${deep}`), null, 'a deep path')
  t.equal(known(`cat ${'='.repeat(9)}`), null, 'many places where a path may begin')
  t.equal(known(`cat ${'x'.repeat(1_025)}`), null, 'a long word')
  t.equal(known(`cat ${'a '.repeat(33)}`), null, 'many words')
  t.equal(known(`cat ${'a/b/c/d/e/f/g/h '.repeat(25)}`), null, 'many segments')
  t.equal(known('cat a*'), null, 'what the shell expands')
  t.not(known(`cat ${'a '.repeat(20)}`), null)
  t.end()
})
