import { closeSync, constants, existsSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import type { TemporaryHome } from '../../support/home.ts'
import type { PtyShell } from '../../support/pty.ts'
import { said } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'
import { count } from '../run-case.ts'
import { POWERSHELL_POLICY } from './run-case.ts'
import { findPowerShell, startPowerShell } from './start-powershell.ts'

/** What PowerShell does while the daemon is missing, stopped, killed or replaced: it never hangs, never floods, and says so once. */

const LOST = 'commands run unchecked'
const BACK = 'commands are checked again'

type World = AsyncDisposable & { readonly home: TemporaryHome; readonly daemon: TestDaemon; readonly pty: PtyShell }

const found = findPowerShell()
if ('skip' in found) t.plan(0, found.skip)
else {
  const setUp = async (started: boolean): Promise<World> => {
    await using opening = new AsyncDisposableStack()
    const home = opening.use(makeTemporaryHome({ policy: POWERSHELL_POLICY }))
    const daemon = opening.use(TestDaemon.absent(home))
    if (started) await daemon.start()
    const pty = opening.use(await startPowerShell(found.program, home, { waitSeconds: 2 }))
    const opened = opening.move()
    return { home, daemon, pty, [Symbol.asyncDispose]: () => opened.disposeAsync() }
  }

  await t.test('a daemon that starts later is asked without a new shell', async (t) => {
    await using world = await setUp(false)
    const { home, daemon, pty } = world
    for (const word of ['1', '2', '3']) await pty.line(`say ${word}; WARNME`)
    await daemon.start()
    await pty.line('DENYME')
    await pty.line('say end $Error.Count')
    t.same(
      said(home).filter((line) => line !== 'WARNME ran'),
      ['1', '2', '3', 'end 0'],
    )
    t.equal(count(pty.transcript, `the daemon is not running: ${LOST}`), 1, 'said once that nothing is checked')
    t.equal(count(pty.transcript, BACK), 1, 'said once that it is again')
  })

  await t.test('a stopped daemon is waited for once, and asked again once it answers', async (t) => {
    await using world = await setUp(true)
    const { home, daemon, pty } = world
    await pty.line('say 1')
    daemon.freeze()
    for (const word of ['2', '3', '4', '5']) await pty.line(`say ${word}`)
    t.equal(count(pty.transcript, `the daemon does not answer: ${LOST}`), 1)
    daemon.thaw()
    await eventually(pty, BACK)
    await pty.line('DENYME')
    await pty.line('say end $Error.Count')
    t.same(
      said(home).filter((line) => line !== 'again'),
      ['1', '2', '3', '4', '5', 'end 0'],
    )
    t.equal(count(pty.transcript, LOST), 1, 'said once that protection is lost')
    t.equal(count(pty.transcript, BACK), 1, 'said once that it is back')
  })

  await t.test('a killed daemon costs no wait and one message, and its successor is asked', async (t) => {
    await using world = await setUp(true)
    const { home, daemon, pty } = world
    await pty.line('say 1')
    await daemon.kill()
    for (const word of ['2', '3', '4']) await pty.line(`say ${word}`)
    await daemon.start()
    await pty.line('DENYME')
    await pty.line('say end $Error.Count')
    t.same(said(home), ['1', '2', '3', '4', 'end 0'])
    t.equal(count(pty.transcript, `the daemon is not running: ${LOST}`), 1)
    t.equal(count(pty.transcript, BACK), 1)
  })

  await t.test('a daemon that was restarted between two lines is asked at once', async (t) => {
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

  await t.test('a daemon killed while it is asked costs one bounded wait', async (t) => {
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

  await t.test('a full FIFO with a stopped reader does not block', async (t) => {
    await using world = await setUp(true)
    const { home, daemon, pty } = world
    await pty.line('say 1')
    daemon.freeze()
    fill(home)
    for (const word of ['2', '3']) await pty.line(`say ${word}`)
    t.same(said(home), ['1', '2', '3'])
    t.equal(count(pty.transcript, LOST), 1)
    await daemon.kill()
    await daemon.start()
    await pty.line('DENYME')
    await pty.line('say end $Error.Count')
    t.same(said(home), ['1', '2', '3', 'end 0'])
  })

  await t.test('a session folder that vanished is replaced, and nothing is created in its place', async (t) => {
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
    await pty.line('say end $Error.Count')
    t.same(said(home), ['1', '2', 'end 0'])
  })

  await t.test('aliases are told again to the session that follows', async (t) => {
    await using world = await setUp(true)
    const { home, daemon, pty } = world
    await pty.line('Set-Alias zz DENYME')
    await pty.line('zz')
    await daemon.kill()
    rmSync(home.runtimeDir, { recursive: true })
    await daemon.start()
    await pty.line('zz')
    await pty.line('say end')
    t.same(said(home), ['end'])
    t.equal(count(pty.transcript, 'cmdaid: denied:'), 2)
  })

  await t.test('what is not a session is not used', async (t) => {
    const home = makeTemporaryHome({ policy: POWERSHELL_POLICY })
    t.teardown(() => home[Symbol.dispose]())
    await using daemon = await TestDaemon.start(home)
    const slots = join(home.runtimeDir, 's')
    await until('every slot to be there', () => !readdirSync(slots).some((name) => name.startsWith('.')))
    // A plain file where the FIFO was: a shell that wrote there would be asking nobody.
    const planted = readdirSync(slots)
    for (const name of planted) {
      rmSync(join(slots, name, 'req'))
      closeSync(openSync(join(slots, name, 'req'), 'w'))
    }
    await using pty = await startPowerShell(found.program, home, { waitSeconds: 2 })
    await pty.line('say 1')
    t.same(said(home), ['1'])
    const used = planted.filter((name) => existsSync(join(slots, name, 'claimed')))
    t.same(used, [])
    t.ok(daemon.pid > 0)
  })
}

/** Types harmless lines until the hook has said `text`: its daemon has woken up but may not have run yet. */
async function eventually(pty: PtyShell, text: string): Promise<void> {
  for (let tries = 0; tries < 200 && !pty.transcript.includes(text); tries += 1) await pty.line('say again')
}

function fill(home: TemporaryHome): void {
  for (const name of readdirSync(join(home.runtimeDir, 's'))) {
    if (!existsSync(join(home.runtimeDir, 's', name, 'claimed'))) continue
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
