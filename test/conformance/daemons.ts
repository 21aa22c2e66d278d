import { runDaemonCases } from '../../src/conformance/daemon-cases.ts'
import { CONFORMANCE_POLICY } from '../../src/conformance/policy.ts'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import type { ShellName } from '../support/shells.ts'
import { testBench } from './bench.ts'
import { eachShell } from './each-shell.ts'

/** The same lines in one shell: before there is a daemon, with one, while it is stopped, after it was killed and replaced. */
export function testDaemons(name: ShellName): void {
  eachShell(name, 'losing the daemon loses no line', async (t, shell) => {
    using home = makeTemporaryHome({ policy: CONFORMANCE_POLICY })
    await using daemon = TestDaemon.absent(home)
    await runDaemonCases(testBench(shell, { home, waitSeconds: 2 }), daemon, {
      onOutcome: ({ id, title, outcome, detail }) => {
        t.equal(outcome, 'passed', `${id}: ${title}`)
        if (outcome !== 'passed') t.comment(detail)
      },
    })
  })
}
