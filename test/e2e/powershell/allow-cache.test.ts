import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ALLOW_CACHE_LENGTH_MAX, ALLOW_CACHE_LINES_MAX } from '../../../src/core/limits.ts'
import { control } from '../../daemon/records.ts'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import type { TemporaryHome } from '../../support/home.ts'
import type { PtyShell } from '../../support/pty.ts'
import { until } from '../../support/until.ts'
import { linesOfSession } from '../lines-of-session.ts'
import { count, POWERSHELL_POLICY } from './run-case.ts'
import { findPowerShell, said, startPowerShell } from './start-powershell.ts'

/**
 * A line that was allowed runs again without waiting for the daemon. Whether it waits is seen with one that is stopped: whoever asks
 * it says that it does not answer.
 */

const HANGS = /the daemon does not answer/
const LOST = /commands run unchecked/

/** Long enough that no busy machine takes a daemon for one that hangs. */
const WAIT_SECONDS = 4

const OTHER = 'function other { say "other $args" }'

/** Refuses `other`, everywhere or in one directory. */
const refusing = (when: string): string => `${POWERSHELL_POLICY}  - id: test.other
    effect: deny
    risk: high
    when: { ${when} }
    reason: The test says no.
    match: ['cd /locked && other']
    not_match: ['say a']
`

type World = AsyncDisposable & { readonly home: TemporaryHome; readonly daemon: TestDaemon; readonly pty: PtyShell }

async function setUp(program: string, policy = POWERSHELL_POLICY): Promise<World> {
  await using opening = new AsyncDisposableStack()
  const home = opening.use(makeTemporaryHome({ policy }))
  const daemon = opening.use(await TestDaemon.start(home))
  const pty = opening.use(await startPowerShell(program, home, { after: OTHER, waitSeconds: WAIT_SECONDS }))
  const opened = opening.move()
  return { home, daemon, pty, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

async function type({ pty }: World, ...lines: readonly string[]): Promise<void> {
  for (const line of lines) await pty.line(line)
}

const refusals = ({ pty }: World): number => count(pty.transcript, 'cmdaid: denied:')

/** Types harmless lines until the hook says that it is asked again. */
async function untilChecked(world: World): Promise<void> {
  await until('protection to be back', async () => {
    await type(world, 'say again')
    return world.pty.transcript.includes('checked again')
  })
}

const found = findPowerShell()
if ('skip' in found) t.plan(0, found.skip)
else {
  await t.test('a repeated line waits for nobody and is recorded like any other', async (t) => {
    await using world = await setUp(found.program)
    const { home, daemon, pty } = world
    await type(world, 'say a', "sh -c 'exit 3'", '$null = 1')
    daemon.freeze()
    await type(world, 'say a', "sh -c 'exit 3'", '$null = 1')
    t.notMatch(pty.transcript, LOST)
    daemon.thaw()
    await type(world, 'say b')
    t.strictSame(said(home), ['a', 'a', 'b'])
    const lines = ['say a', "sh -c 'exit 3'", '$null = 1', 'say a', "sh -c 'exit 3'", '$null = 1', 'say b']
    t.strictSame(
      await linesOfSession(home, lines.length),
      lines.flatMap((line, at) => [`${at + 1} allow ${line}`, `${at + 1} finished ${line.startsWith('sh') ? 3 : 0}`]),
    )
  })

  await t.test('another line waits, after which nothing is remembered until there is an answer', async (t) => {
    await using world = await setUp(found.program)
    const { home, daemon, pty } = world
    await type(world, 'say a', 'say  a', 'say a')
    daemon.freeze()
    await type(world, 'say a')
    t.notMatch(pty.transcript, LOST)
    for (const other of ['say A', 'say a', 'say  a']) await type(world, other)
    t.equal(pty.transcript.split('does not answer').length - 1, 1, 'said once')
    daemon.thaw()
    await untilChecked(world)
    await type(world, 'say a', 'DENYME', 'say a')
    t.strictSame(
      said(home).filter((text) => text !== 'again'),
      ['a', 'a', 'a', 'a', 'A', 'a', 'a', 'a', 'a'],
    )
    t.equal(refusals(world), 1)
  })

  await t.test('texts that differ in little are not taken for one another', async (t) => {
    for (const [known, other] of [
      ['say a', 'say a '],
      ['say ab', 'say a'],
    ] as const) {
      await using world = await setUp(found.program)
      await type(world, known)
      world.daemon.freeze()
      await type(world, other)
      t.match(world.pty.transcript, HANGS, other)
    }
  })

  await t.test('what a new policy refuses is refused the very next time', async (t) => {
    await using world = await setUp(found.program)
    const { home } = world
    await type(world, 'other 1', 'other 1')
    writeFileSync(home.policyFile, refusing('program: other'))
    await control(home, { request: 'reload' })
    await type(world, 'other 1', 'say end')
    t.strictSame(said(home), ['other 1', 'other 1', 'end'])
    t.equal(refusals(world), 1)
    writeFileSync(home.policyFile, POWERSHELL_POLICY)
    await control(home, { request: 'reload' })
    await type(world, 'other 1')
    world.daemon.freeze()
    await type(world, 'other 1')
    t.notMatch(world.pty.transcript, LOST, 'what the newest policy allows is remembered again')
  })

  await t.test('the next daemon is asked, whatever the one before it allowed', async (t) => {
    await using world = await setUp(found.program)
    const { home, daemon } = world
    await type(world, 'other 1', 'other 1')
    writeFileSync(home.policyFile, refusing('program: other'))
    await daemon.kill()
    await daemon.start()
    await type(world, 'other 1', 'say end')
    t.strictSame(said(home), ['other 1', 'other 1', 'end'])
    t.equal(refusals(world), 1)
  })

  await t.test('without a daemon nothing runs as if it were allowed', async (t) => {
    await using world = await setUp(found.program)
    await type(world, 'say a', 'say a')
    await world.daemon.kill()
    await type(world, 'say a')
    t.match(world.pty.transcript, /the daemon is not running: commands run unchecked/)
  })

  await t.test('the same line in another directory is another line', async (t) => {
    await using world = await setUp(found.program, refusing("program: other, cwd: { glob: '*/locked' }"))
    mkdirSync(join(world.home.dir, 'locked'))
    // The first use of `cd` tells of an alias.
    await type(world, 'cd .', 'other', 'other', 'cd locked', 'other', 'cd ..', 'other', 'say end')
    t.strictSame(said(world.home), ['other ', 'other ', 'other ', 'end'])
    t.equal(refusals(world), 1)
  })

  await t.test('an alias that comes to mean something else is asked about, at once or later', async (t) => {
    await using world = await setUp(found.program)
    await type(world, 'Set-Alias one say', 'Set-Alias two say', 'one x', 'two x', 'one x', 'two x')
    await type(world, 'Set-Alias one DENYME', 'one x', 'Set-Alias two DENYME', 'say between', 'two x', 'say end')
    t.strictSame(said(world.home), ['x', 'x', 'x', 'x', 'between', 'end'])
    t.equal(refusals(world), 2)
  })

  await t.test('no more than so many lines are remembered, none of them wrongly', async (t) => {
    await using world = await setUp(found.program)
    const { home, daemon, pty } = world
    const texts = Array.from({ length: ALLOW_CACHE_LINES_MAX + 44 }, (_, at) => `say ${at}`)
    await type(world, ...texts, 'say 0', 'say 0')
    const lines = [...texts, 'say 0', 'say 0']
    t.strictSame(
      said(home),
      lines.map((line) => line.slice(4)),
    )
    t.strictSame(
      await linesOfSession(home, lines.length),
      lines.flatMap((line, at) => [`${at + 1} allow ${line}`, `${at + 1} finished 0`]),
    )
    daemon.freeze()
    await type(world, texts.at(-1)!, 'say 0')
    t.notMatch(pty.transcript, LOST, 'the newest are remembered')
    await type(world, 'say 1')
    t.match(pty.transcript, HANGS, 'the oldest are not')
  })

  await t.test('a line is remembered that is short enough with its directory', async (t) => {
    await using world = await setUp(found.program)
    const { home, daemon, pty } = world
    const line = (length: number): string => `say ${'x'.repeat(length - home.dir.length - 4)}`
    const [short, long] = [line(ALLOW_CACHE_LENGTH_MAX), line(ALLOW_CACHE_LENGTH_MAX + 1)]
    let typed = 0
    // A line that is broken on the screen is drawn again and again, with the prompt.
    const enter = async (text: string): Promise<void> => {
      typed += 1
      pty.type(`${text}\r`)
      await until('the line to run', () => said(home).length === typed)
      await type(world, '')
    }
    await enter(short)
    await enter(long)
    daemon.freeze()
    await enter(short)
    t.notMatch(pty.transcript, LOST)
    await enter(long)
    await until('the shell to say so', () => HANGS.test(pty.transcript))
  })

  await t.test('a policy can have every line asked about', async (t) => {
    await using world = await setUp(found.program, `${POWERSHELL_POLICY}allow_cache: false\n`)
    const { home, daemon, pty } = world
    await type(world, 'say a', 'say a')
    daemon.freeze()
    await type(world, 'say a')
    t.match(pty.transcript, HANGS)
    daemon.thaw()
    await untilChecked(world)
    writeFileSync(home.policyFile, POWERSHELL_POLICY)
    await control(home, { request: 'reload' })
    await type(world, 'say b', 'say b')
    daemon.freeze()
    const before = pty.transcript.length
    await type(world, 'say b')
    t.notMatch(pty.transcript.slice(before), LOST, 'and another one not, in the same session')
  })

  await t.test('what is refused, warned of or asked about is so each time', async (t) => {
    await using world = await setUp(found.program)
    const { home, pty } = world
    await type(world, 'DENYME', 'DENYME', 'WARNME', 'WARNME')
    for (const reason of ['because\r', '\r']) {
      pty.type('CONFIRMME\r')
      await pty.waitForText('reason (empty to cancel): ')
      pty.type(reason)
      await pty.waitForPrompt()
    }
    t.strictSame(said(home), ['WARNME ran', 'WARNME ran', 'CONFIRMME ran'])
    t.equal(refusals(world), 2)
    t.equal(pty.transcript.split('cmdaid: warning:').length - 1, 2)
  })

  await t.test('what is only watched may be remembered, and each record has its rule', async (t) => {
    await using world = await setUp(found.program, POWERSHELL_POLICY.replace('enforce', 'monitor'))
    const { home, daemon, pty } = world
    await type(world, 'DENYME')
    daemon.freeze()
    await type(world, 'DENYME')
    t.notMatch(pty.transcript, LOST)
    daemon.thaw()
    await type(world, 'say end')
    t.strictSame(said(home), ['DENYME ran', 'DENYME ran', 'end'])
    t.strictSame(
      (await linesOfSession(home, 3)).filter((line) => !line.includes('finished')),
      ['1 deny DENYME', '2 deny DENYME', '3 allow say end'],
    )
  })

  await t.test(
    'a daemon that reads nothing is found out by repeated lines too, and every one is recorded',
    async (t) => {
      await using world = await setUp(found.program)
      const { home, daemon, pty } = world
      await type(world, 'say a')
      daemon.freeze()
      let typed = 1
      while (!LOST.test(pty.transcript) && typed < 200) {
        await type(world, 'say a')
        typed += 1
      }
      t.ok(typed > 10 && typed < 200, `after ${typed} lines`)
      daemon.thaw()
      await untilChecked(world)
      const lines = await linesOfSession(home, said(home).length)
      t.strictSame(
        lines.filter((line) => line.endsWith('allow say a')),
        Array.from({ length: typed }, (_, at) => `${at + 1} allow say a`),
      )
      t.equal(said(home).filter((text) => text === 'a').length, typed)
    },
  )

  await t.test('a daemon that had no room to be asked is asked again once it has read on', async (t) => {
    await using world = await setUp(found.program)
    const { home, daemon, pty } = world
    await type(world, 'say a')
    await linesOfSession(home, 1)
    daemon.freeze()
    fill(home)
    await type(world, 'say a', 'say b')
    t.match(pty.transcript, HANGS)
    daemon.thaw()
    await untilChecked(world)
    await type(world, 'DENYME', 'say end')
    t.equal(refusals(world), 1)
  })
}

/** Frames that end a line which has ended, until the FIFO of the one session has no room. */
function fill(home: TemporaryHome): void {
  const slots = join(home.runtimeDir, 's')
  const mine = readdirSync(slots).find((name) => existsSync(join(slots, name, 'claimed')))!
  const fd = openSync(join(slots, mine, 'req'), constants.O_RDWR | constants.O_NONBLOCK)
  try {
    for (;;) writeSync(fd, '1E0\0/\x000 0\x001\0')
  } catch {
    // Full: what this was for.
  } finally {
    closeSync(fd)
  }
}
