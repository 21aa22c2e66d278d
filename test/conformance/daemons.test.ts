import t from 'tap'
import type { Test } from 'tap'
import { CORE_CASES } from '../../src/conformance/cases.ts'
import { CONFORMANCE_POLICY } from '../../src/conformance/policy.ts'
import { runCases } from '../../src/conformance/run-cases.ts'
import type { Bench } from '../../src/conformance/run-cases.ts'
import type { ShellSession } from '../../src/conformance/session.ts'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import { testBench } from './bench.ts'
import { buildRelay, eachShell } from './each-shell.ts'

/**
 * The same shell, before there is a daemon, with one, while it is stopped, after it came back, after it was killed, and after
 * another one took its place: lines run once whatever happens, are judged whenever they can be, and the person is told of each
 * change once.
 */

const LOST = ': commands run unchecked'
const BACK = 'cmdaid: commands are checked again'

buildRelay()
eachShell(['bash', 'zsh', 'fish', 'powershell'], 'losing the daemon loses no line', async (t, shell) => {
  using home = makeTemporaryHome({ policy: CONFORMANCE_POLICY })
  await using daemon = TestDaemon.absent(home)
  const bench = testBench(shell, { home, waitSeconds: 2 })
  const session = await bench.open({})
  if (session === null) return
  try {
    await expectCases(t, bench, session, 'with no daemon', 'unjudged')
    t.same(told(session), { lost: 1, back: 0 }, 'told once that there is none')

    await daemon.start()
    await untilTold(session, { lost: 1, back: 1 })
    await expectCases(t, bench, session, 'with a daemon', 'judged')

    daemon.freeze()
    await expectCases(t, bench, session, 'with a stopped daemon', 'unjudged')
    t.same(told(session), { lost: 2, back: 1 }, 'told once that it does not answer')

    daemon.thaw()
    await untilTold(session, { lost: 2, back: 2 })
    await expectCases(t, bench, session, 'with a daemon that came back', 'judged')

    await daemon.kill()
    await expectCases(t, bench, session, 'after it was killed', 'unjudged')
    t.same(told(session), { lost: 3, back: 2 }, 'told once that it is gone')

    await daemon.start()
    await untilTold(session, { lost: 3, back: 3 })
    await daemon.stop()
    await daemon.start()
    await expectCases(t, bench, session, 'with another daemon', 'judged')
    t.same(told(session), { lost: 3, back: 3 }, 'a daemon that is replaced between two lines is not missed')
  } finally {
    if (!t.passing()) t.comment(JSON.stringify(session.terminal.shown.slice(-4_096)))
    await session[Symbol.asyncDispose]()
  }
})

async function expectCases(
  t: Test,
  bench: Bench,
  session: ShellSession,
  when: string,
  expect: 'judged' | 'unjudged',
): Promise<void> {
  const outcomes = await runCases(CORE_CASES, bench, { expect, session })
  const failed = outcomes.filter(({ outcome }) => outcome !== 'passed')
  t.same(failed, [], `${when}: ${outcomes.length} cases`)
  if (failed.length > 0) throw new Error(`${when}: the shell is not what it was`)
}

function told({ terminal: { shown } }: ShellSession): { readonly lost: number; readonly back: number } {
  return { lost: shown.split(LOST).length - 1, back: shown.split(BACK).length - 1 }
}

/** Types harmless lines until the hook says so: a daemon that wakes up needs its time. */
async function untilTold(
  session: ShellSession,
  expected: { readonly lost: number; readonly back: number },
): Promise<void> {
  for (let lines = 0; lines < 200; lines += 1) {
    await session.line('say again')
    if (told(session).back >= expected.back) return
  }
  t.same(told(session), expected, 'told that lines are checked again')
}
