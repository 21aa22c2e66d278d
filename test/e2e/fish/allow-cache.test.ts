import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ALLOW_CACHE_LENGTH_MAX, ALLOW_CACHE_LINES_MAX } from '../../../src/core/limits.ts'
import { control } from '../../daemon/records.ts'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import type { TemporaryHome } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import { said } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'
import { linesOfSession } from '../lines-of-session.ts'
import { buildRelay, FISHES, FishShell } from './fish-shell.ts'

/**
 * A line that was allowed runs again without waiting for the daemon. Whether it waits is seen with one that is stopped: whoever asks
 * it says that it does not answer.
 */

const HANGS = /the daemon does not answer/
const LOST = /commands run unchecked/

/** Long enough that no busy machine takes a daemon for one that hangs. */
const WAIT_MS = 2_000

/** A line that defines the alias itself would be refused. */
const OTHER = `function other; say "other $argv"; end
function redefine; alias $argv[1] DENYME; end`

/** Refuses `other`, everywhere or in one directory. */
const refusing = (when: string): string => `${TEST_POLICY}  - id: test.other
    effect: deny
    risk: high
    when: { ${when} }
    reason: The test says no.
    match: ['cd /locked && other']
    not_match: ['say a']
`

type World = AsyncDisposable & { readonly home: TemporaryHome; readonly daemon: TestDaemon; readonly fish: FishShell }

async function setUp(program: string, { policy = TEST_POLICY, after = OTHER } = {}): Promise<World> {
  await using opening = new AsyncDisposableStack()
  const home = opening.use(makeTemporaryHome({ policy }))
  const daemon = opening.use(await TestDaemon.start(home))
  const fish = opening.use(await FishShell.start(home, { program, after, waitMs: WAIT_MS }))
  const opened = opening.move()
  return { home, daemon, fish, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

async function type({ fish }: World, ...lines: readonly string[]): Promise<void> {
  for (const line of lines) await fish.line(line)
}

const refusals = ({ fish }: World): number => fish.transcript.split('cmdaid: denied:').length - 1

/** Types harmless lines until the hook says that it is asked again. */
async function untilChecked(world: World): Promise<void> {
  await until('protection to be back', async () => {
    await type(world, 'say again')
    return world.fish.transcript.includes('checked again')
  })
}

buildRelay()

for (const program of FISHES) {
  t.test(`${program}: a repeated line waits for nobody and is recorded like any other`, async (t) => {
    await using world = await setUp(program)
    const { home, daemon, fish } = world
    await type(world, 'say a', "sh -c 'exit 3'", 'say a')
    daemon.freeze()
    await type(world, 'say a', "sh -c 'exit 3'", 'say a')
    t.notMatch(fish.transcript, LOST)
    daemon.thaw()
    await type(world, 'say b')
    t.strictSame(said(home), ['a', 'a', 'a', 'a', 'b'])
    const lines = ['say a', "sh -c 'exit 3'", 'say a', 'say a', "sh -c 'exit 3'", 'say a', 'say b']
    t.strictSame(
      await linesOfSession(home, lines.length),
      lines.flatMap((line, at) => [`${at + 1} allow ${line}`, `${at + 1} finished ${line.startsWith('sh') ? 3 : 0}`]),
    )
  })

  t.test(`${program}: another line waits, after which nothing is remembered until there is an answer`, async (t) => {
    await using world = await setUp(program)
    const { home, daemon, fish } = world
    await type(world, 'say a', 'say  a', 'say a')
    daemon.freeze()
    await type(world, 'say a')
    t.notMatch(fish.transcript, LOST)
    for (const other of ['say A', 'say a', 'say  a']) await type(world, other)
    t.equal(fish.transcript.split('does not answer').length - 1, 1, 'said once')
    daemon.thaw()
    await untilChecked(world)
    await type(world, 'say a', 'DENYME', 'say a')
    t.strictSame(
      said(home).filter((text) => text !== 'again'),
      ['a', 'a', 'a', 'a', 'A', 'a', 'a', 'a', 'a'],
    )
    t.equal(refusals(world), 1)
  })

  t.test(`${program}: texts that differ in little are not taken for one another`, async (t) => {
    for (const [known, other] of [
      ['say a', 'say a '],
      ['say ab', 'say a'],
    ] as const) {
      await using world = await setUp(program)
      await type(world, known)
      world.daemon.freeze()
      await type(world, other)
      t.match(world.fish.transcript, HANGS, other)
    }
  })

  t.test(`${program}: nor are two lines that the relay has the same hash for`, async (t) => {
    await using world = await setUp(program)
    const [known, other] = collision(world.home.dir)
    await type(world, known, 'say a')
    world.daemon.freeze()
    await type(world, known)
    t.notMatch(world.fish.transcript, LOST)
    await type(world, other)
    t.match(world.fish.transcript, HANGS)
  })

  t.test(`${program}: what a new policy refuses is refused the very next time`, async (t) => {
    await using world = await setUp(program)
    const { home } = world
    await type(world, 'other 1', 'other 1')
    writeFileSync(home.policyFile, refusing('program: other'))
    await control(home, { request: 'reload' })
    await type(world, 'other 1', 'say end')
    t.strictSame(said(home), ['other 1', 'other 1', 'end'])
    t.equal(refusals(world), 1)
    writeFileSync(home.policyFile, TEST_POLICY)
    await control(home, { request: 'reload' })
    await type(world, 'other 1')
    world.daemon.freeze()
    await type(world, 'other 1')
    t.notMatch(world.fish.transcript, LOST, 'what the newest policy allows is remembered again')
  })

  t.test(`${program}: the next daemon is asked, whatever the one before it allowed`, async (t) => {
    await using world = await setUp(program)
    const { home, daemon } = world
    await type(world, 'other 1', 'other 1')
    writeFileSync(home.policyFile, refusing('program: other'))
    await daemon.kill()
    await daemon.start()
    await type(world, 'other 1', 'say end')
    t.strictSame(said(home), ['other 1', 'other 1', 'end'])
    t.equal(refusals(world), 1)
  })

  t.test(`${program}: without a daemon nothing runs as if it were allowed`, async (t) => {
    await using world = await setUp(program)
    await type(world, 'say a', 'say a')
    await world.daemon.kill()
    await type(world, 'say a')
    t.match(world.fish.transcript, /the daemon is not running: commands run unchecked/)
  })

  t.test(`${program}: the same line in another directory is another line`, async (t) => {
    await using world = await setUp(program, { policy: refusing("program: other, cwd: { glob: '*/locked' }") })
    mkdirSync(join(world.home.dir, 'locked'))
    await type(world, 'other', 'other', 'cd locked', 'other', 'cd ..', 'other', 'say end')
    t.strictSame(said(world.home), ['other ', 'other ', 'other ', 'end'])
    t.equal(refusals(world), 1)
  })

  t.test(`${program}: an alias that comes to mean something else is asked about, at once or later`, async (t) => {
    await using world = await setUp(program)
    await type(world, "alias one 'say x'", "alias two 'say x'", 'one', 'two', 'one', 'two')
    await type(world, 'redefine one', 'one', 'redefine two', 'say between', 'two', 'say end')
    t.strictSame(said(world.home), ['x', 'x', 'x', 'x', 'between', 'end'])
    t.equal(refusals(world), 2)
  })

  // The rest is the relay's alone, whatever the fish.
  if (program !== FISHES[0]) continue

  t.test(`${program}: no more than so many lines are remembered, none of them wrongly`, async (t) => {
    await using world = await setUp(program)
    const { home, daemon, fish } = world
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
    t.notMatch(fish.transcript, LOST, 'the newest are remembered')
    await type(world, 'say 1')
    t.match(fish.transcript, HANGS, 'the oldest are not')
  })

  t.test(`${program}: a line is remembered that is short enough with its directory`, async (t) => {
    await using world = await setUp(program)
    const { home, daemon, fish } = world
    const line = (length: number): string => `say ${'x'.repeat(length - home.dir.length - 4)}`
    const [short, long] = [line(ALLOW_CACHE_LENGTH_MAX), line(ALLOW_CACHE_LENGTH_MAX + 1)]
    await type(world, short, long)
    daemon.freeze()
    await type(world, short)
    t.notMatch(fish.transcript, LOST)
    await type(world, long)
    t.match(fish.transcript, HANGS)
  })

  t.test(`${program}: a policy can have every line asked about`, async (t) => {
    await using world = await setUp(program, { policy: `${TEST_POLICY}allow_cache: false\n` })
    const { home, daemon, fish } = world
    await type(world, 'say a', 'say a')
    daemon.freeze()
    await type(world, 'say a')
    t.match(fish.transcript, HANGS)
    daemon.thaw()
    await untilChecked(world)
    writeFileSync(home.policyFile, TEST_POLICY)
    await control(home, { request: 'reload' })
    await type(world, 'say b', 'say b')
    daemon.freeze()
    const before = fish.transcript.length
    await type(world, 'say b')
    t.notMatch(fish.transcript.slice(before), LOST, 'and another one not, in the same session')
  })

  t.test(`${program}: what is refused, warned of or asked about is so each time`, async (t) => {
    await using world = await setUp(program)
    const { home, fish } = world
    await type(world, 'DENYME', 'DENYME', 'WARNME', 'WARNME')
    for (const reason of ['because\r', '\r']) {
      fish.type('CONFIRMME\r')
      await fish.pty.waitForText('reason (empty to cancel): ')
      fish.type(reason)
      await fish.prompt()
    }
    t.strictSame(said(home), ['WARNME ran', 'WARNME ran', 'CONFIRMME ran'])
    t.equal(refusals(world), 2)
    t.equal(fish.transcript.split('cmdaid: warning:').length - 1, 2)
  })

  t.test(`${program}: what is only watched may be remembered, and each record has its rule`, async (t) => {
    await using world = await setUp(program, { policy: TEST_POLICY.replace('enforce', 'monitor') })
    const { home, daemon, fish } = world
    await type(world, 'DENYME')
    daemon.freeze()
    await type(world, 'DENYME')
    t.notMatch(fish.transcript, LOST)
    daemon.thaw()
    await type(world, 'say end')
    t.strictSame(said(home), ['DENYME ran', 'DENYME ran', 'end'])
    t.strictSame(
      (await linesOfSession(home, 3)).filter((line) => !line.includes('finished')),
      ['1 deny DENYME', '2 deny DENYME', '3 allow say end'],
    )
  })

  t.test(
    `${program}: a daemon that reads nothing is found out by repeated lines too, and every one is recorded`,
    async (t) => {
      await using world = await setUp(program)
      const { home, daemon, fish } = world
      await type(world, 'say a')
      daemon.freeze()
      let typed = 1
      while (!LOST.test(fish.transcript) && typed < 200) {
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

  t.test(`${program}: a daemon that had no room to be asked is asked again once it has read on`, async (t) => {
    await using world = await setUp(program)
    const { home, daemon, fish } = world
    await type(world, 'say a')
    await linesOfSession(home, 1)
    daemon.freeze()
    fill(home)
    await type(world, 'say a', 'say b')
    t.match(fish.transcript, HANGS)
    daemon.thaw()
    await untilChecked(world)
    await type(world, 'DENYME', 'say end')
    t.equal(refusals(world), 1)
  })
}

/** Two lines of one length whose FNV-1a behind this directory is the same. */
function collision(cwd: string): readonly [string, string] {
  const hash = (start: number, text: string): number =>
    [...Buffer.from(text)].reduce((sum, byte) => Math.imul(sum ^ byte, 16_777_619), start)
  const start = hash(2_166_136_261, `${cwd}say `)
  const seen = new Map<number, string>()
  for (let at = 100_000_000; ; at += 1) {
    const [sum, line] = [hash(start, String(at)), `say ${at}`]
    const found = seen.get(sum)
    if (found !== undefined) return [found, line]
    seen.set(sum, line)
  }
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
