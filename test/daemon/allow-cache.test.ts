import { existsSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import type { TemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import { until } from '../support/until.ts'
import { RawShell } from './raw-shell.ts'
import { control, recordsOf } from './records.ts'

const marker = (home: TemporaryHome): readonly string[] => {
  const dir = join(home.runtimeDir, 'allow')
  return existsSync(dir) ? readdirSync(dir) : []
}

/** What the record says of the last session's lines. */
async function linesOf(home: TemporaryHome): Promise<readonly (readonly unknown[])[]> {
  const records = await recordsOf(home)
  const session = records.findLast(({ record }) => record === 'SESSION_OPEN')?.context.session_id
  return records
    .filter(({ context }) => context.session_id === session)
    .map(({ record, session_seq: seq, command, policy_evaluation: policy, execution, details }) => [
      record,
      seq,
      command?.text ?? null,
      policy?.decision ?? null,
      execution?.outcome ?? details['cause'] ?? null,
    ])
}

/** What `ok` stands for in this shell from the next telling on. */
function aliasOk(shell: RawShell, value: string): void {
  writeFileSync(join(shell.slotDir, 'aliases'), `a\0ok\0${value}\0\0`)
}

t.test('a line that runs because it was allowed before is judged and recorded like any other', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  t.strictSame(marker(home), [`${daemon.pid}.1`])
  t.equal(readlinkSync(join(home.runtimeDir, 'allow', `${daemon.pid}.1`)), `/proc/${daemon.pid}/stat`)
  using shell = RawShell.join(home.runtimeDir)
  t.equal(await shell.ask('echo one'), 'b')
  shell.finish()
  shell.send('1A1', 'echo one', '2 p')
  shell.send('1E1', '3 3', '2')
  shell.send('1A1', 'DENYME now', '3 p')
  shell.send('1E1', '0 0', '3')
  t.equal(shell.pending(), null, 'nobody is answered')
  t.strictSame(await linesOf(home), [
    ['SESSION_OPEN', null, null, null, null],
    ['PREEXEC', 1, 'echo one', 'allow', null],
    ['PRECMD', 1, null, null, 'finished'],
    ['PREEXEC', 2, 'echo one', 'allow', null],
    ['PRECMD', 2, null, null, 'finished'],
    ['PREEXEC', 3, 'DENYME now', 'deny', null],
    ['SESSION_GAP', null, null, null, 'unasked'],
    ['PRECMD', 3, null, null, 'finished'],
  ])
})

t.test('it is judged with the aliases it was told with', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  t.ok(daemon.pid > 0)
  using shell = RawShell.join(home.runtimeDir)
  aliasOk(shell, 'true')
  t.equal(await shell.ask('ok', { form: 'p 1' }), 'b')
  shell.send('1A1', 'ok', '2 p 1')
  // Only a frame that was read is judged with what the file said then.
  await until('the frame to be read', async () => (await linesOf(home)).some(([, seq]) => seq === 2))
  aliasOk(shell, 'DENYME')
  t.equal(await shell.ask('ok', { form: 'p 2' }), 'C')
  const asked = (await linesOf(home)).filter(([record]) => record === 'PREEXEC')
  t.strictSame(
    asked.map(([, , text, effect]) => [text, effect]),
    [
      ['ok', 'allow'],
      ['ok', 'allow'],
      ['ok', 'deny'],
    ],
  )
})

t.test('a line that is told with other aliases than the last one is judged with those', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using _daemon = await TestDaemon.start(home)
  using shell = RawShell.join(home.runtimeDir)
  aliasOk(shell, 'true')
  t.equal(await shell.ask('ok', { form: 'p 1' }), 'b')
  shell.finish()
  aliasOk(shell, 'DENYME')
  shell.send('1A1', 'ok', '2 p 2')
  shell.send('1E1', '0 0', '2')
  t.strictSame((await linesOf(home)).slice(1), [
    ['PREEXEC', 1, 'ok', 'allow', null],
    ['PRECMD', 1, null, null, 'finished'],
    ['PREEXEC', 2, 'ok', 'deny', null],
    ['SESSION_GAP', null, null, null, 'unasked'],
    ['PRECMD', 2, null, null, 'finished'],
  ])
})

t.test('the marker has another name under another policy, and none where the policy or nobody wants it', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  {
    await using daemon = await TestDaemon.start(home)
    writeFileSync(home.policyFile, TEST_POLICY.replace('enforce', 'monitor'))
    await control(home, { request: 'reload' })
    const [second, ...others] = marker(home)
    t.strictSame(others, [])
    t.match(second, new RegExp(`^${daemon.pid}\\.[2-9]$`))
    writeFileSync(home.policyFile, `${TEST_POLICY}allow_cache: false\n`)
    await control(home, { request: 'reload' })
    t.strictSame(marker(home), [])
    writeFileSync(home.policyFile, TEST_POLICY)
    await control(home, { request: 'reload' })
    t.equal(marker(home).length, 1)
    await daemon.kill()
  }
  t.equal(existsSync(join(home.runtimeDir, 'allow', marker(home)[0]!)), false, 'of a dead daemon nothing is found')
  {
    await using daemon = await TestDaemon.start(home)
    t.strictSame(marker(home), [`${daemon.pid}.1`])
    await daemon.stop()
  }
  t.strictSame(marker(home), [])
})

t.test(
  'a daemon that comes no further than its start has taken away what said that an earlier one lives',
  async (t) => {
    using home = makeTemporaryHome({ policy: TEST_POLICY })
    {
      await using daemon = await TestDaemon.start(home)
      await daemon.kill()
    }
    t.equal(marker(home).length, 1)
    rmSync(join(home.stateDir, 'audit'), { recursive: true })
    writeFileSync(join(home.stateDir, 'audit'), 'no folder')
    await t.rejects(TestDaemon.start(home), /the daemon did not start/)
    t.strictSame(marker(home), [])
  },
)
