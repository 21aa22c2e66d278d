import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import type { TemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import { until } from '../support/until.ts'
import { RawShell, helloText } from './raw-shell.ts'
import { control, recordsOf } from './records.ts'

const withSetting = (setting: string): string => `${TEST_POLICY}non_interactive: ${setting}\n`

function settingOf(home: TemporaryHome): string | null {
  const file = join(home.runtimeDir, 'noninteractive')
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

/** What a shell without a person does: one ask, and goodbye. Returns the answer byte. */
async function runString(home: TemporaryHome, line: string, markers = ''): Promise<string> {
  const hello = helloText(process.pid)
    .replace('interactive=1', 'interactive=0')
    .replace(/tty=.*/, 'tty=')
    .replace('markers=', `markers=${markers}`)
  using shell = RawShell.join(home.runtimeDir, { hello })
  const answer = await shell.ask(line)
  shell.send('1X1', '', '1')
  await until('the slot to go', () => shell.gone)
  return answer
}

t.test('shells without a person learn what the policy wants of them, as soon as it changes', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  t.equal(settingOf(home), null)
  for (const [setting, file] of [
    ['observe', 'observe\n'],
    ['enforce', 'enforce\n'],
    ['off', null],
    ['observe', 'observe\n'],
  ] as const) {
    writeFileSync(home.policyFile, withSetting(setting))
    await control(home, { request: 'reload' })
    t.equal(settingOf(home), file)
  }
  t.equal(statSync(join(home.runtimeDir, 'noninteractive')).mode & 0o777, 0o600)
  await daemon.stop()
  t.equal(settingOf(home), null)
})

t.test('a daemon that starts forgets what one that was killed has said', async (t) => {
  using home = makeTemporaryHome({ policy: withSetting('enforce') })
  await using daemon = await TestDaemon.start(home)
  t.equal(settingOf(home), 'enforce\n')
  await daemon.kill()
  t.equal(settingOf(home), 'enforce\n')
  writeFileSync(home.policyFile, TEST_POLICY)
  await daemon.start()
  t.equal(settingOf(home), null)
})

t.test('a string is judged without a person to ask, and recorded as a script’s or an agent’s', async (t) => {
  using home = makeTemporaryHome({ policy: withSetting('enforce') })
  await using _daemon = await TestDaemon.start(home)
  t.strictSame(
    [
      await runString(home, 'true'),
      await runString(home, 'DENYME'),
      await runString(home, 'CONFIRMME', 'GEMINI_CLI'),
      await runString(home, 'WARNME'),
    ],
    ['b', 'B', 'B', 'l'],
  )
  const records = (await recordsOf(home)).filter(({ record }) => record === 'PREEXEC')
  t.match(records[0]?.command?.source, /^(?:script|agent|ci)$/)
  t.strictSame(
    records.map(({ event_type: type, policy_evaluation: policy }) => [type, policy?.decision, policy?.mode]),
    [
      ['command_started', 'allow', 'enforce'],
      ['command_blocked', 'deny', 'enforce'],
      ['command_started', 'approve', 'enforce'],
      ['command_started', 'warn', 'enforce'],
    ],
  )
  t.equal(records[2]?.command?.source, 'agent')
})

t.test('a string that is only observed runs, and the record does not say otherwise; a person is stopped', async (t) => {
  using home = makeTemporaryHome({ policy: withSetting('observe') })
  await using _daemon = await TestDaemon.start(home)
  t.equal(await runString(home, 'DENYME'), 'b')
  using person = RawShell.join(home.runtimeDir)
  t.equal(await person.ask('DENYME'), 'B')
  const records = (await recordsOf(home)).filter(({ record }) => record === 'PREEXEC')
  t.strictSame(
    records.map(({ event_type: type, policy_evaluation: policy }) => [type, policy?.decision, policy?.enforced]),
    [
      ['policy_violation', 'deny', 'allow'],
      ['command_blocked', 'deny', 'deny'],
    ],
  )
})
