import { appliesTo } from '../../src/conformance/case.ts'
import { control } from '../daemon/records.ts'
import { TEST_POLICY } from '../support/policy.ts'
import { startShell, takesLoadable } from '../support/shell-rc.ts'
import type { HookedShell } from '../support/shell-rc.ts'
import { CACHE_CASES, LIMIT_CASES } from './allow-cache-cases.ts'
import { HURRIED, runCacheCases } from './allow-cache-world.ts'
import type { CacheCase, CacheShell } from './allow-cache-world.ts'
import { linesOfSession } from './lines-of-session.ts'
import { BOTH, versionOf } from './run-case.ts'

const AFTER = `other() { say "other $*"; }
redefine() { alias "$1=DENYME"; }
hurry() { __cmdaid_wait=0.050000; echo '${HURRIED}'; }
calm() { __cmdaid_wait=10.000000; }`

const cacheShell = (shell: HookedShell): CacheShell => ({
  name: shell,
  policy: TEST_POLICY,
  start: (home) => startShell(shell, home, { after: AFTER }),
  hurry: { on: 'hurry', off: 'calm' },
  alias: (name) => `alias ${name}=say`,
  sendsOne: shell === 'bash',
  typesAhead: true,
  // What bash remembers has the length of the directory before it, zsh's a NUL between the two.
  lengthRest: 5,
})

const ANY_TEXT: CacheCase = {
  title: 'any text is remembered as it is',
  async run(t, world) {
    const texts = [
      "say ']' '[x]' \"a]b\"",
      "say '(e)x' '\\]' '*'",
      "say 'é  ü' # [",
      `say '"$(' '\\0'`,
      "say '$x' ']=('",
    ]
    await world.type(...texts)
    await world.runsAtOnce(t, ...texts)
    await world.type(...texts)
    const typed = [...texts, ...texts, ...texts]
    t.strictSame(
      await linesOfSession(world.home, typed.length),
      typed.flatMap((line, at) => [`${at + 1} allow ${line}`, `${at + 1} finished 0`]),
    )
    t.equal(world.said.length, typed.length)
  },
}

const SEVERAL: CacheCase = {
  title: 'lists, loops and substitutions are remembered, for the aliases that there were',
  async run(t, world) {
    const lines = ['say b; one c', 'for i in d e; do one $i; done', 'say "$(one x >/dev/null; echo f)"', 'eval "one g"']
    await world.type('alias one=say', ...lines)
    await world.runsAtOnce(t, ...lines)
    const all = ['b', 'c', 'd', 'e', 'x', 'f', 'g']
    t.strictSame(world.said, [...all, ...all])
    await world.type('redefine one', ...lines, 'say end')
    t.strictSame(world.said.slice(14), ['end'])
    t.equal(world.refusals, lines.length)
  },
}

/** Of the functions of bash alone: the loadable builtin writes without blocking. */
const UNTOLD_END: CacheCase = {
  title: 'the end of a line is not told while its begin is not read',
  hangs: true,
  async run(t, world) {
    await world.type('say a', 'hurry') // else the next prompt waits as long as an ask
    await world.stopped(() => world.type('say a'))
    await control(world.home, { request: 'flush' })
    await world.type('say a')
    t.strictSame(
      (await linesOfSession(world.home, 4)).filter((line) => !line.includes('hurry')),
      [
        '1 allow say a',
        '1 finished 0',
        '2 finished 0',
        '3 allow say a',
        '3 unknown null',
        '4 allow say a',
        '4 finished 0',
      ],
    )
  },
}

/** Of a bash or zsh that remembers nothing. */
const EACH_ASKED: CacheCase = {
  title: 'each line is asked about',
  hangs: true,
  async run(t, world) {
    await world.type('say a', 'say a')
    await world.waits(t, 'say a')
  },
}

await runCacheCases(
  BOTH.map((shell) => {
    const loadable = shell === 'bash' && takesLoadable()
    const remembers = loadable || appliesTo({ shells: ['bash>=5.2', 'zsh>=5.9'] }, shell, versionOf(shell))
    const own = shell === 'bash' && !loadable ? [UNTOLD_END] : []
    const cases = remembers ? [...CACHE_CASES, ...own, ANY_TEXT, SEVERAL, ...LIMIT_CASES] : [EACH_ASKED]
    return { shell: cacheShell(shell), cases }
  }),
)
