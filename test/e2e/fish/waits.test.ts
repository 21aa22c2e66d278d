import t from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import { said } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'
import { buildRelay, FISHES, FishShell } from './fish-shell.ts'

/** Long enough that no busy machine makes a line last as long without waiting. */
const WAIT_MS = 4_000

buildRelay()

for (const program of FISHES) {
  t.test(
    `${program}: a daemon that stops, goes and comes back in the middle of a session costs one wait`,
    async (t) => {
      using home = makeTemporaryHome({ policy: TEST_POLICY })
      await using daemon = await TestDaemon.start(home)
      await using fish = await FishShell.start(home, { program, waitMs: WAIT_MS })
      let waited = 0
      const lines = async (...texts: readonly string[]): Promise<void> => {
        for (const text of texts) {
          const start = performance.now()
          await fish.line(text)
          if (performance.now() - start >= WAIT_MS) waited += 1
        }
      }
      const untilChecked = async (times: number): Promise<void> => {
        await until('protection to be back', async () => {
          await lines('say again')
          return fish.transcript.split('checked again').length > times
        })
      }
      await lines('say 1', 'DENYME; say 2')
      daemon.freeze()
      await lines('say 3', 'say 4', 'say 5', 'say 6')
      daemon.thaw()
      await untilChecked(1)
      await lines('say 7', 'DENYME; say 8')
      await daemon.kill()
      await lines('say 9', 'say 10')
      await daemon.start()
      await untilChecked(2)
      await lines('say 11', 'DENYME; say 12')
      t.equal(waited, 1, 'one line waited')
      t.strictSame(
        said(home).filter((text) => text !== 'again'),
        ['1', '3', '4', '5', '6', '7', '9', '10', '11'],
      )
      t.strictSame(
        fish.transcript.match(/cmdaid: .*checked.*/g)?.map((line) => line.trim()),
        [
          'cmdaid: the daemon does not answer: commands run unchecked',
          'cmdaid: commands are checked again',
          'cmdaid: the daemon is not running: commands run unchecked',
          'cmdaid: commands are checked again',
        ],
      )
    },
  )

  t.test(`${program}: without a daemon at its start a shell asks as soon as there is one`, async (t) => {
    using home = makeTemporaryHome({ policy: TEST_POLICY })
    await using daemon = TestDaemon.absent(home)
    await using fish = await FishShell.start(home, { program })
    await fish.line('DENYME')
    await fish.line('say 1')
    await daemon.start()
    await until('a line to be asked about', async () => {
      await fish.line('DENYME')
      return fish.transcript.includes('cmdaid: denied:')
    })
    t.same(fish.transcript.match(/cmdaid: the daemon is not running: commands run unchecked/g)?.length, 1)
  })
}
