import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CONFORMANCE_CASES } from '../../src/conformance/cases.ts'
import { hookFileName } from '../../src/conformance/dialect.ts'
import { CONFORMANCE_POLICY } from '../../src/conformance/policy.ts'
import { runCases } from '../../src/conformance/run-cases.ts'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome, PROJECT_DIR } from '../support/home.ts'
import { testShells } from '../support/shells.ts'
import { testBench } from './bench.ts'

/** Every case in every version of every shell that there is, each version against a daemon of its own. */

/** `CMDAID_TEST_ONLY=bash:5.1,zsh` leaves the others out; `CMDAID_TEST_CASE=state.` runs the cases whose id begins so. */
const only = process.env['CMDAID_TEST_ONLY']?.split(',')
const prefix = process.env['CMDAID_TEST_CASE'] ?? ''

for (const entry of testShells()) {
  const { shell, version, path } = entry
  if (only !== undefined && !only.includes(shell) && !only.includes(`${shell}:${version}`)) continue
  const name = `${shell} ${version}`
  const skip =
    path === null
      ? entry.skip
      : !existsSync(join(PROJECT_DIR, 'shell-hooks', hookFileName(shell))) && `there is no hook for ${shell} yet`
  t.test(`${name}: every case is met`, { skip }, async (t) => {
    if (path === null) return
    using home = makeTemporaryHome({ policy: CONFORMANCE_POLICY })
    await using daemon = await TestDaemon.start(home)
    t.ok(daemon.pid > 0)
    const bench = testBench({ ...entry, path }, { home })
    if (version.endsWith('-static')) return
    const cases = CONFORMANCE_CASES.filter(({ id }) => id.startsWith(prefix))
    await runCases(cases, bench, {
      onOutcome: ({ id, title, outcome, detail }) => {
        t.equal(outcome, 'passed', `${id}: ${title}`)
        if (outcome !== 'passed') t.comment(detail)
      },
    })
  })
}
