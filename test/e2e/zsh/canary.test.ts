import t from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import type { TemporaryHome } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import { askedLines, readRecord } from '../../support/record.ts'
import { startShell } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'

/** The hook proves that it stops lines: a session says what came of one that every policy refuses. */

t.test('a session that enforces says so at its first prompt, prints nothing and counts no line', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  t.ok(daemon.pid > 0)
  await using pty = await startShell('zsh', home)
  t.same(await outcomes(home, 1), ['enforced'])
  await pty.line('say a')
  await pty.line('__cmdaid_canary')
  t.same(await outcomes(home, 2), ['enforced', 'enforced'])
  t.notMatch(pty.transcript, /cmdaid:/)
  const record = await readRecord(home)
  t.same(askedLines(record).map(String), ['say a', '__cmdaid_canary'])
  t.same(
    record.filter((entry) => entry.record === 'PREEXEC').map((entry) => entry.session_seq),
    [1, 2],
  )
})

t.test('a session under a policy that only records says that it observes', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY.replace('mode: enforce', 'mode: monitor') })
  await using daemon = await TestDaemon.start(home)
  t.ok(daemon.pid > 0)
  await using pty = await startShell('zsh', home)
  t.same(await outcomes(home, 1), ['observing'])
  t.notMatch(pty.transcript, /cmdaid:/)
})

t.test('a canary that nobody answers is told as failed once the daemon is back, and sent again', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  await using pty = await startShell('zsh', home, { waitSeconds: 1 })
  t.same(await outcomes(home, 1), ['enforced'])
  daemon.freeze()
  await pty.line('__cmdaid_canary')
  daemon.thaw()
  await until('protection to be back', async () => {
    await pty.line('say again')
    return pty.transcript.includes('checked again')
  })
  t.same(await outcomes(home, 3), ['enforced', 'failed', 'enforced'])
})

t.test('a first canary that nobody answers is sent again at a prompt, without a line', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  daemon.freeze()
  await using pty = await startShell('zsh', home, { waitSeconds: 1 })
  daemon.thaw()
  await until('the canary to be sent again', async () => {
    await pty.line('')
    return (await outcomes(home, 0)).includes('enforced')
  })
  t.same(await outcomes(home, 2), ['failed', 'enforced'])
})

t.test('a shell that is older than its daemon sends its canary when it first meets one', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = TestDaemon.absent(home)
  await using pty = await startShell('zsh', home)
  await pty.line('say a')
  await daemon.start()
  await pty.line('')
  t.same(await outcomes(home, 1), ['enforced'])
  await daemon.stop()
  await daemon.start()
  await pty.line('DENYME')
  t.match(pty.transcript, /cmdaid: denied: The test says no\./)
  t.notMatch(pty.transcript, /canary/)
})

/** What canaries showed so far, oldest first, once there are `count`. */
async function outcomes(home: TemporaryHome, count: number): Promise<readonly unknown[]> {
  return until('the outcomes of canaries', async () => {
    const entries = await readRecord(home)
    const shown = entries.filter((entry) => entry.record === 'CANARY').map(({ details }) => details['outcome'])
    return shown.length >= count ? shown : null
  })
}
