import t from 'tap'
import { appliesTo } from '../../src/conformance/case.ts'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import type { PtyShell } from '../support/pty.ts'
import { said, startShell } from '../support/shell-rc.ts'
import { until } from '../support/until.ts'
import { readStopwatch, STOPWATCH } from '../support/stopwatch.ts'
import { versionOf } from './run-case.ts'

/** Long enough that no busy machine makes a line last as long without waiting. */
const WAIT_SECONDS = 3

async function lines(pty: PtyShell, texts: readonly string[]): Promise<void> {
  for (const text of texts) await pty.line(text)
}

/** Types harmless lines until the shell says that they are checked again: the daemon needs its time to come back. */
async function untilChecked(pty: PtyShell, times: number): Promise<void> {
  await until('protection to be back', async () => {
    await pty.line('say again')
    return (pty.transcript.match(/checked again/g)?.length ?? 0) >= times
  })
}

for (const shell of ['bash', 'zsh'] as const) {
  t.test(`${shell}: a daemon that stops, goes and comes back in the middle of a session costs one wait`, async (t) => {
    using home = makeTemporaryHome({ policy: TEST_POLICY })
    await using daemon = await TestDaemon.start(home)
    // Before 5.0 bash has no clock to be asked in a prompt: there only what runs and what is said is looked at.
    const hasClock = appliesTo({ shells: ['bash>=5.0', 'zsh'] }, shell, versionOf(shell))
    const stopwatch = hasClock ? STOPWATCH[shell] : {}
    await using pty = await startShell(shell, home, { ...stopwatch, waitSeconds: WAIT_SECONDS })
    await lines(pty, ['say 1', 'DENYME; say 2'])
    daemon.freeze()
    await lines(pty, ['say 3', 'say 4', 'say 5', 'say 6'])
    daemon.thaw()
    await untilChecked(pty, 1)
    await lines(pty, ['say 7', 'DENYME; say 8'])
    await daemon.kill()
    await lines(pty, ['say 9', 'say 10'])
    await daemon.start()
    await untilChecked(pty, 2)
    await lines(pty, ['say 11', 'DENYME; say 12'])
    if (hasClock) {
      const waits = (await readStopwatch(pty, home)).map((micros) => micros >= WAIT_SECONDS * 1e6)
      t.equal(waits.filter(Boolean).length, 1, 'one line waited')
    }
    t.strictSame(
      said(home).filter((text) => text !== 'again'),
      ['1', '3', '4', '5', '6', '7', '9', '10', '11'],
    )
    t.strictSame(
      pty.transcript.match(/cmdaid: .*checked.*/g)?.map((line) => line.trim()),
      [
        'cmdaid: the daemon does not answer: commands run unchecked',
        'cmdaid: commands are checked again',
        'cmdaid: the daemon is not running: commands run unchecked',
        'cmdaid: commands are checked again',
      ],
    )
  })
}
