import t from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import { forgetSaid, said } from '../../support/shell-rc.ts'
import { buildRelay, FISHES, FishShell } from './fish-shell.ts'

buildRelay()
const home = makeTemporaryHome({ policy: TEST_POLICY })
t.teardown(() => home[Symbol.dispose]())
const daemon = await TestDaemon.start(home)
t.teardown(() => daemon[Symbol.asyncDispose]())

for (const program of FISHES) {
  t.test(`${program}: what may run runs once, and no part of a refused line does`, async (t) => {
    forgetSaid(home)
    await using fish = await FishShell.start(home, { program })
    for (const line of ['say 1', 'DENYME; say 2', 'say 3; DENYME', 'WARNME; say 4', 'say end']) await fish.line(line)
    t.strictSame(said(home), ['1', 'WARNME ran', '4', 'end'])
    t.equal(fish.transcript.split('cmdaid: denied: The test says no.').length - 1, 2)
    t.match(fish.transcript, 'cmdaid: warning: The test warns.')
  })
}
