import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import type { TemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import { endedLines, readRecord } from '../support/record.ts'
import { forgetSaid, hookFile, said, startShell } from '../support/shell-rc.ts'
import { until } from '../support/until.ts'
import { count } from './run-case.ts'

/** One shell, one session: how they begin, end, nest and live beside each other, and what they cost the system. */

const home = makeTemporaryHome({ policy: TEST_POLICY })
t.teardown(() => home[Symbol.dispose]())
const daemon = await TestDaemon.start(home)
t.teardown(() => daemon[Symbol.asyncDispose]())

for (const shell of ['bash', 'zsh'] as const) {
  await t.test(`${shell}: each line is recorded with its end, and the session with its own`, async (t) => {
    using own = makeTemporaryHome({ policy: TEST_POLICY })
    await using ownDaemon = await TestDaemon.start(own)
    t.ok(ownDaemon.pid > 0)
    await using pty = await startShell(shell, own)
    for (const line of ['true', '(exit 3)', 'false | true', 'DENYME', ' true', 'f() { :; }', 'f']) await pty.line(line)
    pty.type('exit\r')
    await pty.waitForExit()
    const record = await until('the end of the session in the record', async () => {
      const entries = await readRecord(own)
      return entries.some((entry) => entry.record === 'SESSION_CLOSE') ? entries : null
    })
    const denied = shell === 'bash' ? 'denied:130' : 'denied:0'
    t.same(endedLines(record), [
      '1:finished:0',
      '2:finished:3',
      '3:finished:0',
      `4:${denied}`,
      '5:finished:0',
      '6:finished:0',
      '7:finished:0',
      '8:abandoned:null',
    ])
    t.same(record.filter((entry) => entry.record === 'SESSION_GAP').length, 0, 'no line is missing')
    t.equal(record.find((entry) => entry.record === 'SESSION_CLOSE')?.details['cause'], 'bye')
  })

  await t.test(`${shell}: a nested shell and one that replaces itself have sessions of their own`, async (t) => {
    forgetSaid(home)
    await using pty = await startShell(shell, home)
    const again = shell === 'bash' ? 'bash --noprofile --rcfile $TEST_RC -i' : 'zsh -d -i'
    await pty.line(again)
    await pty.line('DENYME')
    await pty.line('say nested')
    await pty.line(`exec ${again}`)
    await pty.line('DENYME')
    await pty.line('say replaced')
    await pty.line('exit')
    await pty.line('DENYME')
    await pty.line('say outer')
    t.same(said(home), ['nested', 'replaced', 'outer'])
    t.equal(count(pty.transcript, 'cmdaid: denied:'), 3)
  })

  await t.test(`${shell}: children see no descriptor of ours`, async (t) => {
    await using pty = await startShell(shell, home)
    await pty.line('true')
    const shown = await pty.line('ls -l /proc/self/fd')
    t.match(shown, /pts/)
    t.notMatch(shown, /[0-9a-f]{16}/, 'no file of a session slot')
  })

  await t.test(`${shell}: asking forks nothing`, async (t) => {
    const counts = []
    for (const hook of [true, false]) {
      const lines = 200
      const traced = await traceForks(shell, home, hook, lines)
      counts.push(traced)
    }
    t.equal(counts[0], counts[1], 'as many processes with the hook as without')
  })

  const notRoot =
    process.getuid?.() !== 0 && 'only root can give a directory to another user: runs where tests run as root'
  await t.test(`${shell}: a runtime directory of somebody else is not used`, { skip: notRoot }, async (t) => {
    using other = makeTemporaryHome({ policy: TEST_POLICY })
    await using otherDaemon = await TestDaemon.start(other)
    t.ok(otherDaemon.pid > 0)
    execFileSync('chown', ['65534', other.runtimeDir])
    await using pty = await startShell(shell, other)
    await pty.line('DENYME')
    t.same(said(other), ['DENYME ran'])
    t.match(pty.transcript, /commands run unchecked/)
    execFileSync('chown', ['0', other.runtimeDir])
  })

  await t.test(`${shell}: a shell that is not interactive loads nothing`, async (t) => {
    const { stdout, stderr, status } = spawnSync(
      shell,
      ['-c', `source '${hookFile(shell)}'; typeset -f | grep -c __cmdaid; DENYME() { echo ran; }; DENYME`],
      { env: home.env, encoding: 'utf8' },
    )
    t.same({ stdout, stderr, status }, { stdout: '0\nran\n', stderr: '', status: 0 })
  })

  await t.test(`${shell}: twenty shells beside each other get their own verdicts`, async (t) => {
    forgetSaid(home)
    const rounds = 20
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        await using pty = await startShell(shell, home)
        for (let round = 0; round < rounds; round += 1) {
          const allowed = (index + round) % 2 === 0
          await pty.line(allowed ? `say ${index}.${round}` : `say wrong; DENYME`)
        }
      }),
    )
    const expected = Array.from({ length: 20 }, (_, index) =>
      Array.from({ length: rounds }, (_, round) => `${index}.${round}`).filter((_, round) => (index + round) % 2 === 0),
    ).flat()
    t.same([...said(home)].sort(), [...expected].sort())
  })
}

/** Processes that a shell starts while it runs `lines` lines that start none. */
async function traceForks(shell: 'bash' | 'zsh', home: TemporaryHome, hook: boolean, lines: number): Promise<number> {
  const wrapper = join(home.dir, 'traced')
  const trace = join(home.dir, 'trace')
  writeFileSync(wrapper, `#!/bin/sh\nexec strace -f -o ${trace} -e trace=clone,clone3,fork,vfork ${shell} "$@"\n`)
  chmodSync(wrapper, 0o700)
  await using pty = await startShell(shell, home, { program: wrapper, hook })
  const before = forks(trace)
  for (let at = 0; at < lines; at += 20) {
    pty.type(': x\r'.repeat(20))
    for (let n = 0; n < 20; n += 1) await pty.waitForPrompt()
  }
  return forks(trace) - before
}

function forks(trace: string): number {
  return readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => /(clone3?|v?fork)\(/.test(line)).length
}
