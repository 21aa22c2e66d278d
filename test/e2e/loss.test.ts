import { rmSync, closeSync, constants, openSync, readdirSync, renameSync, writeSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { TestDaemon } from '../support/daemon.ts'
import { makeTemporaryHome } from '../support/home.ts'
import type { TemporaryHome } from '../support/home.ts'
import { TEST_POLICY } from '../support/policy.ts'
import type { PtyShell } from '../support/pty.ts'
import { said, startShell } from '../support/shell-rc.ts'
import { count } from './run-case.ts'

/** What the shells do while the daemon is missing, stopped, killed or replaced: they never hang, never flood, and say so once. */

const LOST = 'commands run unchecked'
const BACK = 'commands are checked again'

for (const shell of ['bash', 'zsh'] as const) {
  const setUp = async (
    started: boolean,
  ): Promise<AsyncDisposable & { home: TemporaryHome; daemon: TestDaemon; pty: PtyShell }> => {
    const home = makeTemporaryHome({ policy: TEST_POLICY })
    const daemon = started ? await TestDaemon.start(home) : TestDaemon.absent(home)
    const pty = await startShell(shell, home, { waitSeconds: 2 })
    return {
      home,
      daemon,
      pty,
      [Symbol.asyncDispose]: async () => {
        await pty[Symbol.asyncDispose]()
        await daemon[Symbol.asyncDispose]()
        home[Symbol.dispose]()
      },
    }
  }

  await t.test(`${shell}: a daemon that starts later is asked without a new shell`, async (t) => {
    await using world = await setUp(false)
    const { home, daemon, pty } = world
    for (const word of ['1', '2', '3']) await pty.line(`say ${word}; WARNME`)
    await daemon.start()
    await pty.line('DENYME')
    await pty.line('say end')
    t.same(
      said(home).filter((line) => line !== 'WARNME ran'),
      ['1', '2', '3', 'end'],
    )
    t.equal(
      count(pty.transcript, 'the daemon is not running: commands run unchecked'),
      1,
      'said once that nothing is checked',
    )
    t.equal(count(pty.transcript, BACK), 1, 'said once that it is again')
  })

  await t.test(`${shell}: a stopped daemon is waited for once, and asked again once it answers`, async (t) => {
    await using world = await setUp(true)
    const { home, daemon, pty } = world
    await pty.line('say 1')
    daemon.freeze()
    // Each line writes how long both hooks made it wait: only the first one may show a wait.
    for (const word of ['2', '3', '4', '5']) await pty.line(`say ${word}`)
    t.equal(count(pty.transcript, `the daemon does not answer: ${LOST}`), 1)
    // Nothing was written while it did not answer: what waits in the FIFO is at most one end and one ask.
    daemon.thaw()
    await pty.line('say 6')
    await eventually(pty, BACK)
    await pty.line('DENYME')
    await pty.line('say end')
    t.same(
      said(home).filter((line) => !line.startsWith('again')),
      ['1', '2', '3', '4', '5', '6', 'end'],
    )
    t.equal(count(pty.transcript, LOST), 1, 'said once that protection is lost')
    t.equal(count(pty.transcript, BACK), 1, 'said once that it is back')
  })

  await t.test(`${shell}: a killed daemon costs no wait and one message, and its successor is asked`, async (t) => {
    await using world = await setUp(true)
    const { home, daemon, pty } = world
    await pty.line('say 1')
    await daemon.kill()
    for (const word of ['2', '3', '4']) await pty.line(`say ${word}`)
    await daemon.start()
    await pty.line('DENYME')
    await pty.line('say end')
    t.same(said(home), ['1', '2', '3', '4', 'end'])
    t.equal(count(pty.transcript, `the daemon is not running: ${LOST}`), 1)
    t.equal(count(pty.transcript, BACK), 1)
  })

  await t.test(`${shell}: a daemon that was restarted between two lines is asked at once`, async (t) => {
    await using world = await setUp(true)
    const { home, daemon, pty } = world
    await pty.line('say 1')
    await daemon.stop()
    await daemon.start()
    await pty.line('DENYME')
    await pty.line('say end')
    t.same(said(home), ['1', 'end'])
    t.equal(count(pty.transcript, LOST), 0, 'nothing was lost, so nothing is said')
  })

  await t.test(`${shell}: a daemon killed while it is asked costs one bounded wait`, async (t) => {
    await using world = await setUp(true)
    const { home, daemon, pty } = world
    await pty.line('say 1')
    daemon.freeze()
    pty.type('say 2\r')
    await daemon.kill()
    await pty.waitForPrompt()
    await pty.line('say 3')
    await daemon.start()
    await pty.line('DENYME')
    await pty.line('say end')
    t.same(said(home), ['1', '2', '3', 'end'])
    t.equal(count(pty.transcript, LOST), 1)
  })

  await t.test(`${shell}: a full FIFO with a stopped reader does not block`, async (t) => {
    await using world = await setUp(true)
    const { home, daemon, pty } = world
    await pty.line('say 1')
    daemon.freeze()
    fill(home)
    for (const word of ['2', '3']) await pty.line(`say ${word}`)
    await pty.line('(say 4)')
    t.same(said(home), ['1', '2', '3', '4'])
    t.equal(count(pty.transcript, LOST), 1)
    await daemon.kill()
    await daemon.start()
    await pty.line('DENYME')
    await pty.line('say end')
    t.same(said(home), ['1', '2', '3', '4', 'end'])
  })

  await t.test(
    `${shell}: a session folder that vanished is replaced, and no plain file takes a FIFO's place`,
    async (t) => {
      await using world = await setUp(true)
      const { home, daemon, pty } = world
      await pty.line('say 1')
      // In one step: the daemon may be making further slots in it.
      renameSync(join(home.runtimeDir, 's'), join(home.dir, 'gone'))
      rmSync(join(home.dir, 'gone'), { recursive: true })
      await pty.line('say 2')
      t.equal(existsSync(join(home.runtimeDir, 's')), false, 'nothing was created')
      t.equal(count(pty.transcript, LOST), 1)
      await daemon.kill()
      await daemon.start()
      await pty.line('DENYME')
      await pty.line('say end')
      t.same(said(home), ['1', '2', 'end'])
    },
  )

  await t.test(`${shell}: garbage in its FIFO costs a shell its slot, and it takes another`, async (t) => {
    await using world = await setUp(true)
    const { home, pty } = world
    await pty.line('say 1')
    for (const name of slots(home)) {
      const fd = openSync(join(home.runtimeDir, 's', name, 'req'), constants.O_RDWR | constants.O_NONBLOCK)
      writeSync(fd, 'garbage\0'.repeat(8))
      closeSync(fd)
    }
    await pty.line('DENYME; say 2')
    await pty.line('DENYME; say 3')
    await pty.line('DENYME; say 4')
    await pty.line('say end')
    const ran = said(home).filter((line) => line !== 'DENYME ran')
    t.ok(ran.length <= 4, 'at most the line that was on its way ran unchecked')
    t.equal(ran.at(-1), 'end')
    t.equal(said(home).includes('4'), false, 'the lines after it are judged')
  })
}

await t.test('bash: answers that nobody asked for cost a shell its slot, and it takes another', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  await using daemon = await TestDaemon.start(home)
  t.ok(daemon.pid > 0)
  await using pty = await startShell('bash', home, { waitSeconds: 2 })
  await pty.line('say 1')
  const [first] = slots(home)
  const fd = openSync(join(home.runtimeDir, 's', first!, 'rep'), constants.O_RDWR | constants.O_NONBLOCK)
  writeSync(fd, '!'.repeat(60_000))
  closeSync(fd)
  await pty.line('say 2')
  await pty.line('DENYME; say 3')
  await pty.line('say end')
  t.same(said(home), ['1', '2', 'end'])
  t.equal(count(pty.transcript, LOST), 1)
  t.equal(count(pty.transcript, BACK), 1)
  t.equal(slots(home).length, 2)
  if (t.counts.fail > 0) t.comment(pty.transcript)
})

/** Types harmless lines until the hook has said `text`: its daemon has woken up but may not have run yet. */
async function eventually(pty: PtyShell, text: string): Promise<void> {
  for (let tries = 0; tries < 200 && !pty.transcript.includes(text); tries += 1) await pty.line('say again')
}

/** The slots that a shell has taken. */
function slots(home: TemporaryHome): readonly string[] {
  const dir = join(home.runtimeDir, 's')
  return readdirSync(dir).filter((name) => existsSync(join(dir, name, 'claimed')))
}

function fill(home: TemporaryHome): void {
  for (const name of slots(home)) {
    const fd = openSync(join(home.runtimeDir, 's', name, 'req'), constants.O_RDWR | constants.O_NONBLOCK)
    try {
      for (;;) writeSync(fd, 'x'.repeat(1024))
    } catch {
      // Full: what this was for.
    } finally {
      closeSync(fd)
    }
  }
}
