import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
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
import { cannotLoad } from './each-shell.ts'

/** The suite finds hooks that do not do what they should; and where none can be loaded, shells say so and work. */

const IDS = ['line.allowed', 'line.refused', 'state.status']
const CASES = CONFORMANCE_CASES.filter(({ id }) => IDS.includes(id))

const home = makeTemporaryHome({ policy: CONFORMANCE_POLICY })
t.teardown(() => home[Symbol.dispose]())
const daemon = await TestDaemon.start(home)
t.teardown(() => daemon[Symbol.asyncDispose]())

/** What follows the shipped hook in a broken one, and the cases that must find it. */
const BROKEN: readonly {
  readonly name: string
  readonly after: (real: string) => string
  readonly failed: readonly string[]
}[] = [
  { name: 'no hook at all', after: () => '', failed: ['line.refused'] },
  {
    name: 'a hook that explains and lets run',
    after: (real) =>
      `source '${real}'\n__cmdaid_cancel() { :; }\n__cmdaid_judged() { __cmdaid_answered; __cmdaid_explain; __cmdaid_refused=; }`,
    failed: ['line.refused'],
  },
  {
    name: 'a hook that talks',
    after: (real) => `source '${real}'\nprecmd() { echo 'cmdaid: hello'; }; PROMPT_COMMAND+=$'\\n'precmd`,
    failed: ['line.allowed'],
  },
  {
    name: 'a hook that runs lines twice',
    after: (real) =>
      `source '${real}'\npreexec() { eval "$1"; }; trap '[[ $BASH_COMMAND != say* ]] || eval "$BASH_COMMAND"' DEBUG`,
    failed: IDS,
  },
]

for (const shell of testShells()) {
  if ((shell.shell !== 'bash' && shell.shell !== 'zsh') || shell.path === null) continue
  const { shell: name, version, path } = shell
  const reason = cannotLoad(name, version)
  if (reason === null && ['bash 5.2', 'zsh 5.9'].includes(`${name} ${version}`)) {
    for (const broken of BROKEN) {
      await t.test(`${name} ${version}: the cases find ${broken.name}`, async (t) => {
        const folder = mkdtempSync(join(home.dir, 'hook-'))
        mkdirSync(folder, { recursive: true })
        const hook = join(folder, 'hook')
        writeFileSync(hook, broken.after(join(PROJECT_DIR, 'shell-hooks', hookFileName(name))))
        const outcomes = await runCases(CASES, testBench({ ...shell, path }, { home, hook }))
        t.same(
          outcomes.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id),
          broken.failed,
        )
      })
    }
  }
  if (reason !== null) {
    await t.test(`${name} ${version}: the hook says that it is not loaded, and lines run`, async (t) => {
      const session = await testBench({ ...shell, path }, { home }).open({})
      t.ok(session)
      if (session === null) return
      try {
        t.match(session.terminal.shown, /cmdaid: .*: commands run unchecked/)
        await session.line('DENYME')
        await session.line('say end')
        const log = testBench({ ...shell, path }, { home }).log
        t.same(log.read().slice(-2), ['DENYME ran', 'end'])
      } finally {
        await session[Symbol.asyncDispose]()
      }
    })
  }
}
