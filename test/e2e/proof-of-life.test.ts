import t from 'tap'
import { control, recordsOf } from '../daemon/records.ts'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import { startShell } from '../support/shell-rc.ts'
import { testShellsOf } from '../support/shells.ts'
import { until } from '../support/until.ts'
import { FishShell, buildRelay } from './fish/fish-shell.ts'
import { startPowerShell } from './powershell/start-powershell.ts'

/** Every shell shows that it stops lines, counts those that nobody was asked about, and begins and ends on the record. */

const home = makeTemporaryHome({ policy: TEST_POLICY })
t.teardown(() => home[Symbol.dispose]())
const daemon = await TestDaemon.start(home)
t.teardown(() => daemon[Symbol.asyncDispose]())

/** A zsh without `zsh/system` cannot be hooked, says so, and counts as a shell without a hook. */
function workingShellsOf(shell: 'bash' | 'zsh') {
  return testShellsOf(shell).found.filter(({ version }) => !version.endsWith('-static'))
}

type Driven = AsyncDisposable & { line(text: string): Promise<unknown>; type(keys: string): void }

const starts: readonly (readonly [title: string, start: () => Promise<Driven>])[] = [
  ...(['bash', 'zsh'] as const).flatMap((shell) =>
    workingShellsOf(shell).map(
      ({ version, path }) => [`${shell} ${version}`, () => startShell(shell, home, { program: path })] as const,
    ),
  ),
  ...testShellsOf('fish').found.map(
    ({ version, path }) => [`fish ${version}`, () => FishShell.start(home, { program: path })] as const,
  ),
  ...testShellsOf('powershell').found.map(
    ({ version, path }) => [`powershell ${version}`, () => startPowerShell(path, home)] as const,
  ),
]

// A shell that loads no hook, from the start on: it is to be old enough to be noticed at the end.
const unhooked = await startShell('bash', home, { hook: false })
t.teardown(() => unhooked[Symbol.asyncDispose]())

buildRelay()
for (const [title, start] of starts) {
  await t.test(`${title}: its canary, its lines, its gap and its end are on the record`, async (t) => {
    await using shell = await start()
    await shell.line('say 1')
    // What is recorded is safe; what is not when a daemon is killed counts as a gap, which it would be.
    await recordsOf(home)
    await until(
      'the session to be saved',
      async () => (await control(home, { request: 'sessions' })).sessions.at(-1)?.lastSeq === 1,
    )
    await daemon.stop()
    await shell.line('say 2')
    await shell.line('say 3')
    await daemon.start()
    await shell.line('say 4')
    const { sessions } = await control(home, { request: 'sessions' })
    t.match(sessions, [{ state: 'enforced', why: null, lastSeq: 4, canary: { outcome: 'enforced' } }])
    shell.type('exit\r')
    const own = await until('the end of the session', async () => {
      const records = await recordsOf(home)
      const session = records.findLast(({ record }) => record === 'SESSION_OPEN')?.context.session_id
      const found = records.filter(({ context }) => context.session_id === session)
      return found.at(-1)?.record === 'SESSION_CLOSE' ? found : null
    })
    t.strictSame(
      own.map(({ record, session_seq: seq, details }) =>
        [record, seq, details['outcome'] ?? details['cause'], details['first_seq'], details['last_seq']].filter(
          (part) => part !== null && part !== undefined,
        ),
      ),
      [
        ['SESSION_OPEN'],
        ['CANARY', 'enforced'],
        ['PREEXEC', 1],
        ['PRECMD', 1],
        ['SESSION_GAP', 'unasked', 2, 3],
        ['PREEXEC', 4],
        ['PRECMD', 4],
        ['PREEXEC', 5],
        ['PRECMD', 5],
        ['SESSION_CLOSE', 'bye'],
      ],
    )
  })
}

for (const { missing } of (['bash', 'zsh', 'fish', 'powershell'] as const).map(testShellsOf))
  for (const reason of missing) await t.test(reason, { skip: reason }, async () => undefined)

await t.test('a shell without a hook is listed, and recorded once', async (t) => {
  const listed = await until('the shell to be noticed', async () => {
    const found = (await control(home, { request: 'sessions' })).unhooked
    return found.find(({ pid }) => pid === unhooked.pid)
  })
  t.equal(listed.shell, 'bash')
  const records = await recordsOf(home)
  const since = records.findLastIndex(({ record }) => record === 'DAEMON_START')
  t.match(
    records
      .slice(since)
      .filter(({ record, details }) => record === 'SHELL_UNHOOKED' && details['pid'] === unhooked.pid),
    [{ event_type: 'shell_unhooked', command: { shell: 'bash' }, details: { tty: /^\/dev\/pts\// } }],
  )
})
