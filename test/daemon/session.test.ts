import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { COMMAND_BYTES_MAX, DEFERRED_MAX, HOOK_FRAME_BYTES_MAX, SLOTS_PER_PROCESS_MAX } from '../../src/core/limits.ts'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import { until } from '../support/until.ts'
import { RawShell, helloText } from './raw-shell.ts'
import { control, recordsOf } from './records.ts'

t.test('a served session', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using _daemon = await TestDaemon.start(home)
  const { runtimeDir } = home

  await t.test('every effect has its answer, in the group of the effect and at the place of the digit', async (t) => {
    using shell = RawShell.join(runtimeDir)
    t.strictSame(
      [
        await shell.ask('true'),
        await shell.ask('DENYME'),
        await shell.ask('WARNME'),
        await shell.ask('CONFIRMME'),
        await shell.ask('true && (DENYME)'),
      ],
      ['b', 'C', 'n', 'O', 'F'],
    )
  })

  await t.test('the explanation is there before the answer, private, and names the rule', async (t) => {
    using shell = RawShell.join(runtimeDir)
    await shell.ask('DENYME')
    t.match(shell.why(), /test\.deny/)
    t.match(shell.why(), /^cmdaid: /)
    t.equal(statSync(join(shell.slotDir, 'why')).mode & 0o777, 0o600)
  })

  await t.test('an attempt is recorded with its decision, its end and its duration', async (t) => {
    using shell = RawShell.join(runtimeDir)
    await shell.ask('true | false')
    shell.finish(1, [0, 1])
    await shell.ask('DENYME now')
    shell.finish(130)
    const records = (await recordsOf(home)).filter(({ context }) => context.session_id !== null)
    const session = records.findLast(({ event_type: type }) => type === 'session_opened')?.context.session_id
    const own = records.filter(({ context }) => context.session_id === session)
    t.strictSame(
      own.map(({ event_type: type, session_seq: seq, command, execution }) => [
        type,
        seq,
        command?.text ?? null,
        execution?.exit_code ?? null,
      ]),
      [
        ['session_opened', null, null, null],
        ['command_started', 1, 'true | false', null],
        ['command_executed', 1, null, 1],
        ['command_blocked', 2, 'DENYME now', null],
        ['command_ended', 2, null, 130],
      ],
    )
    t.equal(own[1]?.attempt_id, own[2]?.attempt_id)
    t.equal(own[3]?.attempt_id, own[4]?.attempt_id)
    t.not(own[1]?.attempt_id, own[3]?.attempt_id)
  })

  await t.test('more lines than may wait for their record are all in it, in order', async (t) => {
    using shell = RawShell.join(runtimeDir)
    const lines = Array.from({ length: DEFERRED_MAX }, (_, n) => `true ${n}`)
    for (const line of lines) {
      await shell.ask(line)
      shell.finish()
    }
    const records = await recordsOf(home)
    const session = records.findLast(({ event_type: type }) => type === 'session_opened')?.context.session_id
    t.strictSame(
      records
        .filter(({ context, session_seq: seq }) => context.session_id === session && seq !== null)
        .map(({ event_type: type, session_seq: seq, command }) => [type, seq, command?.text ?? null]),
      lines.flatMap((line, n) => [
        ['command_started', n + 1, line],
        ['command_executed', n + 1, null],
      ]),
    )
  })

  await t.test('a secret is not in the record', async (t) => {
    using shell = RawShell.join(runtimeDir)
    await shell.ask('curl -H "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.abcdefghijklmnop" https://example.org')
    const last = (await recordsOf(home)).findLast(({ event_type: type }) => type === 'command_started')
    t.notMatch(last?.command?.text, /abcdefghijklmnop/)
    t.match(last?.redactions, [{}])
  })

  await t.test('a text of the history form is judged without its number', async (t) => {
    using shell = RawShell.join(runtimeDir)
    t.equal(await shell.ask('true\n  501  DENYME\n', { form: 'h' }), 'B')
    t.equal(await shell.ask('DENYME\n  502  true\n', { form: 'h' }), 'c')
  })

  await t.test('bytes that are no text arrive as they are', async (t) => {
    using shell = RawShell.join(runtimeDir)
    const bytes = Buffer.from([0x65, 0x63, 0x68, 0x6f, 0x20, 0xff, 0xfe, 0x1b, 0x0d])
    t.equal(await shell.ask(bytes), 'b')
    const last = (await recordsOf(home)).findLast(({ event_type: type }) => type === 'command_started')
    t.equal(last?.command?.text_base64, bytes.toString('base64'))
  })

  await t.test('a long text comes through the file, and what is beyond the bound is counted', async (t) => {
    using shell = RawShell.join(runtimeDir)
    const line = `echo ${'x'.repeat(COMMAND_BYTES_MAX + 100)}`
    t.match(await shell.askByFile(line), /^[a-jk-tA-JK-T]$/)
    const last = (await recordsOf(home)).findLast(({ command }) => command?.text?.startsWith('echo xxx') === true)
    t.equal(last?.command?.cut_from_bytes, line.length)
  })

  await t.test('an ask whose file is missing or is not a file is answered, and does not stop the daemon', async (t) => {
    using shell = RawShell.join(runtimeDir)
    shell.send('1S1', '', '1 p')
    t.match(await shell.answer(), /^[b]$/)
    mkfifoSync(join(shell.slotDir, 'cmd'))
    shell.send('1S2', '', '2 p')
    t.match(await shell.answer(), /^[c]$/)
    mkfifoSync(join(shell.slotDir, 'why'))
    shell.send('1Q3', 'DENYME', '3 p')
    t.equal(await shell.answer(), 'D')
  })

  await t.test('a confirm is recorded with its reason, or as refused', async (t) => {
    using shell = RawShell.join(runtimeDir)
    await shell.ask('CONFIRMME 1')
    shell.send('1R1', 'agreed with the owner', '1')
    shell.finish(0)
    await shell.ask('CONFIRMME 2')
    shell.send('1R2', '', '2')
    shell.finish(130)
    const records = (await recordsOf(home)).slice(-6)
    t.strictSame(
      records.map(({ event_type: type, session_seq: seq }) => [type, seq]),
      [
        ['command_started', 1],
        ['command_answered', 1],
        ['command_executed', 1],
        ['command_started', 2],
        ['command_answered', 2],
        ['command_ended', 2],
      ],
    )
    t.match(records[1], { execution: { allowed: true }, details: { reason: 'agreed with the owner' } })
    t.match(records[4], { execution: { allowed: false } })
  })

  await t.test('numbers that nobody asked about are a gap', async (t) => {
    using shell = RawShell.join(runtimeDir)
    await shell.ask('true')
    shell.finish()
    shell.skip(3)
    await shell.ask('true')
    const gap = (await recordsOf(home)).findLast(({ event_type: type }) => type === 'session_gap')
    t.match(gap?.details, { cause: 'unasked', first_seq: 2, last_seq: 4 })
  })

  await t.test('a line whose answer came too late is recorded as run without a verdict', async (t) => {
    using shell = RawShell.join(runtimeDir)
    await shell.ask('DENYME late')
    shell.send('1U1', 'DENYME late', '1')
    shell.finish(0)
    const records = (await recordsOf(home)).slice(-2)
    t.match(records[0]?.details, { cause: 'timeout', first_seq: 1, last_seq: 1 })
    t.equal(records[1]?.event_type, 'command_executed')
  })

  await t.test('what is not the protocol drops the slot, and other sessions go on', async (t) => {
    using other = RawShell.join(runtimeDir)
    for (const bytes of [
      Buffer.from('garbage'),
      Buffer.from('2Q0\0/\0x\x001 p\0'),
      Buffer.from('1Q0\0/\0x\0no number\0'),
      Buffer.from([0]),
      Buffer.alloc(3, 0xff),
    ]) {
      using shell = RawShell.join(runtimeDir)
      shell.write(bytes)
      await until('the slot to go', () => shell.gone)
    }
    t.equal(await other.ask('DENYME'), 'B')
  })

  await t.test('half a frame waits for its other half', async (t) => {
    using shell = RawShell.join(runtimeDir)
    const frame = Buffer.from('1Q4\0/tmp\0DENYME\x001 p\0')
    for (const byte of frame.subarray(0, -1)) shell.write(Buffer.of(byte))
    t.equal(shell.pending(), null)
    shell.write(frame.subarray(-1))
    t.equal(await shell.answer(), 'E')
  })

  await t.test('a frame without an end drops the slot at the bound', async (t) => {
    using shell = RawShell.join(runtimeDir)
    shell.write(Buffer.from('1Q0\0/\0'))
    const part = Buffer.alloc(4_096, 0x61)
    let sent = 0
    await until('the slot to go', () => {
      if (shell.write(part)) sent += part.length
      return shell.gone
    })
    t.ok(sent <= HOOK_FRAME_BYTES_MAX + 131_072, `${sent} bytes were taken`)
  })

  await t.test('an ask before any hello is refused when nobody claimed the slot', async (t) => {
    using shell = RawShell.join(runtimeDir, { hello: null })
    rmSync(join(shell.slotDir, 'claimed'))
    shell.send('1Q1', 'true', '1 p')
    await until('the slot to go', () => shell.gone)
    t.equal(shell.pending(), null)
  })

  await t.test('a shell that reads no answers stops nobody else, and what it ran is a gap', async (t) => {
    using stuck = RawShell.join(runtimeDir)
    using other = RawShell.join(runtimeDir)
    stuck.fillReplies()
    stuck.send('1Q1', 'DENYME', '1 p')
    t.equal(await other.ask('DENYME'), 'B')
    const status = await control(home, { request: 'status' })
    t.equal(status.counters['undelivered'], 1)
    const gap = (await recordsOf(home)).findLast(({ event_type: type }) => type === 'session_gap')
    t.match(gap?.details, { cause: 'overflow', first_seq: 1, last_seq: 1 })
  })

  await t.test('a canary is answered like a line and leaves no record but its outcome', async (t) => {
    const before = await control(home, { request: 'status' })
    using shell = RawShell.join(runtimeDir)
    shell.send('1Q4', 'cmdaid-canary', '0 c')
    t.equal(await shell.answer(), 'E')
    t.match(shell.why(), /cmdaid\.canary/)
    shell.send('1K4', 'enforced', '0')
    t.equal(await shell.ask('true'), 'b')
    const records = await recordsOf(home)
    const own = records.filter(({ context }) => context.session_id === records.at(-1)?.context.session_id)
    t.strictSame(
      own.map(({ event_type: type, session_seq: seq, details }) => [type, seq, details['outcome']]),
      [
        ['session_opened', null, undefined],
        ['canary_answered', null, 'enforced'],
        ['command_started', 1, undefined],
      ],
    )
    const after = await control(home, { request: 'status' })
    t.strictSame(after.counters, { ...before.counters, asked: (before.counters['asked'] ?? 0) + 1 })
  })

  await t.test('a canary that was not refused here proves nothing', async (t) => {
    using shell = RawShell.join(runtimeDir)
    shell.send('1K0', 'enforced', '0')
    await shell.ask('true')
    const last = (await recordsOf(home)).findLast(({ record }) => record === 'CANARY')
    t.strictSame([last?.event_type, last?.details['outcome']], ['canary_failed', 'failed'])
  })

  await t.test('the form of the canary hides no other line', async (t) => {
    using shell = RawShell.join(runtimeDir)
    shell.send('1Q1', 'true', '0 c')
    await until('the slot to go', () => shell.gone)
    t.equal(shell.pending(), null)
  })

  await t.test('a goodbye removes the slot and ends what was open', async (t) => {
    using shell = RawShell.join(runtimeDir)
    await shell.ask('exit')
    shell.send('1X2', '', '1')
    await until('the slot to go', () => shell.gone)
    const records = (await recordsOf(home)).slice(-2)
    t.strictSame(
      records.map(({ event_type: type, details, execution }) => [type, execution?.outcome ?? details['cause']]),
      [
        ['command_ended', 'abandoned'],
        ['session_closed', 'bye'],
      ],
    )
  })

  await t.test('a shell that dies without a goodbye is noticed', async (t) => {
    const process_ = spawn('/bin/sleep', ['1000'], { stdio: 'ignore' })
    const pid = process_.pid ?? 0
    using shell = RawShell.join(runtimeDir, { pid })
    await shell.ask('make')
    process_.kill('SIGKILL')
    await once(process_, 'exit')
    await until('the slot to go', () => shell.gone)
    const records = (await recordsOf(home)).slice(-2)
    t.strictSame(
      records.map(({ event_type: type, details, execution }) => [type, execution?.outcome ?? details['cause']]),
      [
        ['command_ended', 'killed'],
        ['session_closed', 'gone'],
      ],
    )
  })

  await t.test('an agent that says so by a variable is an agent by claim', async (t) => {
    using shell = RawShell.join(runtimeDir, { hello: helloText(process.pid).replace('markers=', 'markers=GEMINI_CLI') })
    t.equal(await shell.ask('CONFIRMME'), 'B')
    const { sessions } = await control(home, { request: 'sessions' })
    t.equal(sessions.at(-1)?.actor.kind, 'agent')
  })

  await t.test(
    'slots are made ahead of the shells that take them, and one process keeps only its newest',
    async (t) => {
      const shells: RawShell[] = []
      for (let count = 0; count < 60; count += 1) {
        const shell = await until('a free slot', () => tryJoin(runtimeDir))
        // The daemon has heard its hello: what is newest is what came last.
        await shell.ask('true')
        shells.push(shell)
      }
      const newest = shells.splice(-SLOTS_PER_PROCESS_MAX)
      await until('the older slots to go', () => shells.every((shell) => shell.gone))
      t.strictSame(new Set(await Promise.all(newest.map((shell) => shell.ask('DENYME')))), new Set(['C']))
      for (const shell of newest) shell.send('1X2', '', '1')
      for (const shell of [...shells, ...newest]) shell[Symbol.dispose]()
    },
  )

  await t.test('nothing in the log of the daemon quotes a command', async (t) => {
    t.notMatch(_daemon.output, /DENYME|CONFIRMME|agreed with/)
    t.match(_daemon.output, /dropped a session slot/)
  })
})

t.test('a policy that records only stops nothing and records what it would have done', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY.replace('mode: enforce', 'mode: monitor') })
  await using _daemon = await TestDaemon.start(home)
  using shell = RawShell.join(home.runtimeDir)
  t.equal(await shell.ask('DENYME'), 'b')
  shell.finish(0)
  const records = (await recordsOf(home)).slice(-2)
  t.equal(records[0]?.policy_evaluation?.decision, 'deny')
  t.equal(records[1]?.event_type, 'command_executed')
})

function tryJoin(runtimeDir: string): RawShell | null {
  try {
    return RawShell.join(runtimeDir)
  } catch {
    return null
  }
}

function mkfifoSync(path: string): void {
  rmSync(path, { force: true })
  spawnSync('/usr/bin/mkfifo', [path])
}
