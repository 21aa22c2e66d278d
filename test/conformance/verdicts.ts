import { CONFORMANCE_CASES } from '../../src/conformance/cases.ts'
import { CONFORMANCE_POLICY } from '../../src/conformance/policy.ts'
import { runCases } from '../../src/conformance/run-cases.ts'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import type { ShellName } from '../support/shells.ts'
import { testBench } from './bench.ts'
import { eachShell } from './each-shell.ts'

/** Every case in every version of every shell that there is, each version against a daemon of its own. */

/** `CMDAID_TEST_CASE=state.` leaves out the cases whose id begins otherwise. */
const prefix = process.env['CMDAID_TEST_CASE'] ?? ''

/** Every case in every version of a shell, each version against a daemon of its own. */
export function testVerdicts(name: ShellName): void {
  eachShell(name, 'every case is met', async (t, shell) => {
    using home = makeTemporaryHome({ policy: CONFORMANCE_POLICY })
    await using daemon = await TestDaemon.start(home)
    t.ok(daemon.pid > 0)
    const cases = CONFORMANCE_CASES.filter(({ id }) => id.startsWith(prefix))
    await runCases(cases, testBench(shell, { home }), {
      onOutcome: ({ id, title, outcome, detail }) => {
        t.equal(outcome, 'passed', `${id}: ${title}`)
        if (outcome !== 'passed') t.comment(detail)
      },
    })
  })
}
