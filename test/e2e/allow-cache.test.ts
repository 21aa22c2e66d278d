import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ALLOW_CACHE_LENGTH_MAX, ALLOW_CACHE_LINES_MAX } from '../../src/core/limits.ts'
import { control, recordsOf } from '../daemon/records.ts'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import type { TemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import type { PtyShell } from '../support/pty.ts'
import { forgetSaid, said, startShell } from '../support/shell-rc.ts'

/** Long enough that no busy machine takes a daemon for one that hangs; some lines here wait that long. */
const WAIT_SECONDS = 2
const LOST = 'cmdaid: the daemon does not answer'

/** Lines of `text` in the record: their number, the decision and how they ended. */
async function recorded(home: TemporaryHome, text: string): Promise<readonly (readonly unknown[])[]> {
  const records = await recordsOf(home)
  const outcome = (attempt: string | null): string | null | undefined =>
    records.find(({ record, attempt_id: id }) => id === attempt && record === 'PRECMD')?.execution?.outcome
  return records
    .filter(({ record, command }) => record === 'PREEXEC' && command?.text === text)
    .map((each) => [each.session_seq, each.policy_evaluation?.decision, outcome(each.attempt_id)])
}

async function gaps(home: TemporaryHome): Promise<number> {
  return (await recordsOf(home)).filter(({ record }) => record === 'SESSION_GAP').length
}

/** With the daemon stopped: whether the line ran, and whether the shell had to wait for a verdict first. */
async function runsAtOnce(home: TemporaryHome, pty: PtyShell, daemon: TestDaemon, line: string): Promise<boolean> {
  const before = pty.transcript.length
  // Nothing lies unread then: bash writes nothing behind what the daemon has not taken.
  await control(home, { request: 'flush' })
  daemon.freeze()
  await pty.line(line)
  daemon.thaw()
  await control(home, { request: 'flush' })
  return !pty.transcript.slice(before).includes(LOST)
}

for (const shell of ['bash', 'zsh'] as const) {
  t.test(`${shell}: a line that was allowed runs again at once, and is recorded each time`, async (t) => {
    using home = makeTemporaryHome({ policy: TEST_POLICY })
    await using daemon = await TestDaemon.start(home)
    await using pty = await startShell(shell, home, { waitSeconds: WAIT_SECONDS })
    await pty.line('say once')
    t.equal(await runsAtOnce(home, pty, daemon, 'say once'), true)
    await pty.line('say once')
    t.strictSame(said(home), ['once', 'once', 'once'])
    // bash does not tell the end of a line while the daemon has not even taken its begin.
    t.strictSame(await recorded(home, 'say once'), [
      [1, 'allow', 'finished'],
      [2, 'allow', shell === 'bash' ? 'unknown' : 'finished'],
      [3, 'allow', 'finished'],
    ])
    t.equal(await gaps(home), 0)
    t.equal(await runsAtOnce(home, pty, daemon, 'say another'), false)
  })

  t.test(`${shell}: nothing else is remembered`, async (t) => {
    using home = makeTemporaryHome({ policy: TEST_POLICY })
    await using daemon = await TestDaemon.start(home)
    const elsewhere = join(home.dir, 'else where')
    mkdirSync(elsewhere)
    for (const [line, ...before] of [
      ['WARNME'],
      ['say here', `cd '${elsewhere}'`],
      [`say ${'long '.repeat(ALLOW_CACHE_LENGTH_MAX / 5)}`],
    ] as const) {
      await using pty = await startShell(shell, home, { waitSeconds: WAIT_SECONDS })
      await pty.line(line)
      for (const each of before) await pty.line(each)
      t.equal(await runsAtOnce(home, pty, daemon, line), false, line)
    }
    await using pty = await startShell(shell, home, { waitSeconds: 10 })
    forgetSaid(home)
    for (const line of ['DENYME', 'DENYME', 'say a; DENYME', 'say a; DENYME']) await pty.line(line)
    t.strictSame(said(home), [])
  })

  t.test(`${shell}: another policy counts from the next line on`, async (t) => {
    using home = makeTemporaryHome({ policy: TEST_POLICY })
    await using daemon = await TestDaemon.start(home)
    await using pty = await startShell(shell, home, { waitSeconds: WAIT_SECONDS })
    for (const line of ['say it', 'say it', 'say that']) await pty.line(line)
    writeFileSync(
      home.policyFile,
      TEST_POLICY.replaceAll('DENYME', 'say').replace("not_match: ['say a']", "not_match: ['echo']"),
    )
    await control(home, { request: 'reload' })
    for (const line of ['say it', 'say that']) await pty.line(line)
    t.strictSame(said(home), ['it', 'it', 'that'])
    writeFileSync(home.policyFile, TEST_POLICY)
    await control(home, { request: 'reload' })
    for (const line of ['say it', 'say it']) await pty.line(line)
    t.equal(await runsAtOnce(home, pty, daemon, 'say it'), true)
    writeFileSync(home.policyFile, `${TEST_POLICY}allow_cache: false\n`)
    await control(home, { request: 'reload' })
    for (const line of ['say it', 'say it']) await pty.line(line)
    t.equal(await runsAtOnce(home, pty, daemon, 'say it'), false)
    t.equal(said(home).length, 9)
  })

  t.test(`${shell}: what a word stands for is part of what is remembered`, async (t) => {
    using home = makeTemporaryHome({ policy: TEST_POLICY })
    await using daemon = await TestDaemon.start(home)
    t.ok(daemon.pid > 0)
    await using pty = await startShell(shell, home, { waitSeconds: WAIT_SECONDS })
    writeFileSync(join(home.dir, 'other'), 'alias ok=DENYME\n')
    for (const line of ["alias ok='say fine'", 'ok', 'ok', `. '${home.dir}/other'`, 'ok', 'ok']) await pty.line(line)
    t.strictSame(said(home), ['fine', 'fine'])
  })

  t.test(`${shell}: more lines than are remembered, typed ahead, are all judged and recorded`, async (t) => {
    using home = makeTemporaryHome({ policy: TEST_POLICY })
    await using daemon = await TestDaemon.start(home)
    await using pty = await startShell(shell, home, { waitSeconds: WAIT_SECONDS })
    const lines = Array.from({ length: ALLOW_CACHE_LINES_MAX + 20 }, (_, n) => `say ${n}`)
    for (let at = 0; at < lines.length; at += 20) {
      const some = lines.slice(at, at + 20)
      pty.type(`${[...some, ...some].join('\r')}\r`)
      for (let n = 0; n < 2 * some.length; n += 1) await pty.waitForPrompt()
    }
    const expected = Array.from({ length: lines.length / 20 + 1 }, (_, n) => lines.slice(n * 20, n * 20 + 20)).flatMap(
      (some) => [...some, ...some],
    )
    t.strictSame(
      said(home),
      expected.map((line) => line.slice(4)),
    )
    const asked = (await recordsOf(home)).filter(({ record }) => record === 'PREEXEC')
    t.strictSame(
      asked.map(({ session_seq: seq, command }) => [seq, command?.text]),
      expected.map((line, n) => [n + 1, line]),
    )
    t.equal(await gaps(home), 0)
    t.equal(await runsAtOnce(home, pty, daemon, lines.at(-1)!), true)
    t.equal(await runsAtOnce(home, pty, daemon, lines[0]!), false)
  })

  t.test(`${shell}: any text is remembered as it is`, async (t) => {
    using home = makeTemporaryHome({ policy: TEST_POLICY })
    await using daemon = await TestDaemon.start(home)
    t.ok(daemon.pid > 0)
    await using pty = await startShell(shell, home, { waitSeconds: WAIT_SECONDS })
    const texts = [
      "say ']' '[x]' \"a]b\"",
      "say '(e)x' '\\]' '*'",
      "say 'é  ü' # [",
      `say '"$(' '\\0'`,
      "say '$x' ']=('",
    ]
    for (const text of texts) for (let n = 0; n < 3; n += 1) await pty.line(text)
    for (const text of texts) {
      const rows = await recorded(home, text)
      t.strictSame(
        rows.map(([, ...rest]) => rest),
        Array.from({ length: 3 }, () => ['allow', 'finished']),
        text,
      )
    }
    t.equal(said(home).length, 3 * texts.length)
    t.equal(await gaps(home), 0)
  })
}
