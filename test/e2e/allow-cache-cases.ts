import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { ALLOW_CACHE_LENGTH_MAX, ALLOW_CACHE_LINES_MAX } from '../../src/core/limits.ts'
import { typeConfirmed } from '../support/confirm.ts'
import { HANGS, inForce, LOST, refusing } from './allow-cache-world.ts'
import type { CacheCase, CacheWorld } from './allow-cache-world.ts'
import { linesOfSession } from './lines-of-session.ts'
import { count } from './run-case.ts'

/** Of every shell. */
export const CACHE_CASES: readonly CacheCase[] = [
  {
    title: 'a repeated line waits for nobody and is recorded like any other',
    async run(t, world) {
      const lines = ['say a', "say b && sh -c 'exit 3'", 'say a', ...(world.shell.repeated ?? [])]
      await world.type(...lines)
      await world.runsAtOnce(t, ...lines)
      await world.type('say c')
      t.strictSame(world.said, ['a', 'b', 'a', 'a', 'b', 'a', 'c'])
      const typed = [...lines, ...lines, 'say c']
      t.strictSame(
        await linesOfSession(world.home, typed.length),
        typed.flatMap((line, at) => [
          `${at + 1} allow ${line}`,
          `${at + 1} finished ${line.includes('exit 3') ? 3 : 0}`,
        ]),
      )
    },
  },
  {
    title: 'another line waits, after which nothing is remembered until there is an answer',
    hangs: true,
    async run(t, world) {
      await world.type('say a', 'say  a', 'say a')
      await world.hurried(async () => {
        await world.type('say a')
        t.notMatch(world.transcript, LOST)
        await world.type('say A', 'say a', 'say  a')
        t.equal(count(world.transcript, 'does not answer'), 1, 'said once')
      })
      await world.untilChecked()
      await world.type('say a', 'DENYME', 'say a')
      t.strictSame(world.said, ['a', 'a', 'a', 'a', 'A', 'a', 'a', 'a', 'a'])
      t.equal(world.refusals, 1)
    },
  },
  {
    title: 'texts that differ in little are not taken for one another',
    hangs: true,
    async run(t, world) {
      for (const [known, other] of [
        ['say a', 'say a '],
        ['say cd', 'say c'],
      ] as const) {
        await world.type(known)
        await world.waits(t, other)
        await world.untilChecked()
      }
    },
  },
  {
    title: 'the same line in another directory is another line',
    async run(t, world) {
      // The first `cd` tells PowerShell's daemon of an alias, which empties what is remembered.
      await world.type('cd .', 'other', 'other')
      // Nor is this one, which a directory and `other` make together.
      await world.type('/else where/lockedother', "cd 'else where/locked'", 'other', 'cd ../..', 'other', 'say end')
      t.strictSame(world.said, ['other ', 'other ', 'other ', 'end'])
      t.equal(world.refusals, 1)
    },
  },
  {
    title: 'an alias that comes to mean something else is asked about, at once or later',
    async run(t, world) {
      await world.type(world.shell.alias('one'), world.shell.alias('two'), 'one x', 'two x', 'one x', 'two x')
      await world.type('redefine one', 'one x', 'redefine two', 'say between', 'two x', 'say end')
      t.strictSame(world.said, ['x', 'x', 'x', 'x', 'between', 'end'])
      t.equal(world.refusals, 2)
    },
  },
  {
    title: 'what a new policy refuses is refused the very next time',
    async run(t, world) {
      await world.type('other 1', 'other 1')
      await world.setPolicy(refusing(world.shell.policy, 'program: other'))
      await world.type('other 1', 'say end')
      t.strictSame(world.said, ['other 1', 'other 1', 'end'])
      t.equal(world.refusals, 1)
      await world.setPolicy(inForce(world.shell.policy))
      // Some shells see at the second ask only that there is another policy.
      await world.type('other 1', 'other 1')
      // What the newest policy allows is remembered again.
      await world.runsAtOnce(t, 'other 1')
    },
  },
  {
    title: 'without a daemon nothing runs as if it were allowed, and the next one is asked',
    async run(t, world) {
      const { home, daemon, shell } = world
      await using second = await shell.start(home, false)
      for (const line of ['other 1', 'other 1']) await second.line(line)
      await world.type('say a', 'say a')
      writeFileSync(home.policyFile, refusing(shell.policy, 'program: other'))
      await daemon.kill()
      await world.type('say a')
      t.match(world.transcript, /the daemon is not running: commands run unchecked/)
      await daemon.start()
      for (const line of ['other 1', 'say end']) await second.line(line)
      t.strictSame(world.said, ['other 1', 'other 1', 'a', 'a', 'a', 'end'])
      t.equal(count(second.transcript, 'cmdaid: denied:'), 1)
    },
  },
]

/** What each shell or relay does in one way only, whatever its version. */
export const LIMIT_CASES: readonly CacheCase[] = [
  {
    title: 'no more than so many lines are remembered, none of them wrongly',
    hangs: true,
    async run(t, world) {
      const { typesAhead } = world.shell
      const texts = Array.from({ length: ALLOW_CACHE_LINES_MAX + 24 }, (_, at) => `say ${at}`)
      const blocks = Array.from({ length: texts.length / 20 }, (_, at) => texts.slice(20 * at, 20 * at + 20))
      const lines = [...blocks.flatMap((some) => (typesAhead ? [...some, ...some] : some)), 'say 0', 'say 0']
      for (const some of typesAhead ? blocks : []) {
        world.pty.type([...some, ...some].map((line) => `${line}\r`).join(''))
        for (let n = 0; n < 2 * some.length; n += 1) await world.pty.waitForPrompt()
      }
      await world.type(...(typesAhead ? ['say 0', 'say 0'] : lines))
      t.strictSame(
        world.said,
        lines.map((line) => line.slice(4)),
      )
      t.strictSame(
        await linesOfSession(world.home, lines.length),
        lines.flatMap((line, at) => [`${at + 1} allow ${line}`, `${at + 1} finished 0`]),
      )
      await world.runsAtOnce(t, texts.at(-1)!, 'say 0') // the newest are remembered
      await world.waits(t, 'say 1') // the oldest are not
    },
  },
  {
    title: 'a line is remembered that is short enough with its directory',
    hangs: true,
    async run(t, world) {
      const line = (length: number): string => `say ${'x'.repeat(length - world.home.dir.length - 4)}`
      const short = line(ALLOW_CACHE_LENGTH_MAX - (world.shell.lengthRest ?? 0))
      const long = line(ALLOW_CACHE_LENGTH_MAX + 1)
      await world.typeAny(short, long)
      await world.runsAtOnce(t, short)
      await world.waits(t, long)
    },
  },
  {
    title: 'what is refused, warned of or asked about is so each time',
    async run(t, world) {
      await world.type('DENYME', 'DENYME', 'say a; DENYME', 'say a; DENYME', 'WARNME', 'WARNME')
      for (const reason of ['because\r', '\r']) await typeConfirmed(world.pty, 'CONFIRMME', reason)
      t.strictSame(world.said, ['WARNME ran', 'WARNME ran', 'CONFIRMME ran'])
      t.equal(world.refusals, 4)
      t.equal(count(world.transcript, 'cmdaid: warning:'), 2)
    },
  },
  {
    title: 'what is only watched may be remembered, and each record has its rule',
    policy: (policy) => policy.replace('enforce', 'monitor'),
    async run(t, world) {
      await world.type('DENYME')
      await world.runsAtOnce(t, 'DENYME')
      await world.type('say end')
      t.strictSame(world.said, ['DENYME ran', 'DENYME ran', 'end'])
      t.strictSame(
        (await linesOfSession(world.home, 3)).filter((line) => !line.includes('finished')),
        ['1 deny DENYME', '2 deny DENYME', '3 allow say end'],
      )
    },
  },
  {
    title: 'a policy can have every line asked about',
    hangs: true,
    async run(t, world) {
      await world.type('say a', 'say a')
      await world.setPolicy(askingAlways(world.shell.policy))
      await world.type('say a', 'say a')
      await world.waits(t, 'say a')
    },
  },
]

/** Where a session that has begun under `allow_cache: false` can remember under a later policy. */
export const LATER_CASE: CacheCase = {
  title: 'a policy can have every line asked about, and another one not, in the same session',
  policy: askingAlways,
  hangs: true,
  async run(t, world) {
    await world.type('say a', 'say a')
    await world.waits(t, 'say a')
    await world.untilChecked()
    await world.setPolicy(inForce(world.shell.policy))
    await world.type('say b', 'say b')
    await world.runsAtOnce(t, 'say b')
  },
}

/** Where a shell sends on while the daemon reads nothing, but no more than a FIFO surely takes. */
export const UNREAD_CASES: readonly CacheCase[] = [
  {
    title: 'a daemon that reads nothing is found out by repeated lines too, and every one is recorded',
    hangs: true,
    async run(t, world) {
      await world.type('say a')
      const numbers = [world.typed]
      await world.hurried(async () => {
        while (!LOST.test(world.transcript) && numbers.length < 200) {
          await world.type('say a')
          numbers.push(world.typed)
        }
      })
      t.ok(numbers.length > 10 && numbers.length < 200, `after ${numbers.length} lines`)
      await world.untilChecked()
      const lines = await linesOfSession(world.home, world.typed)
      t.strictSame(
        lines.filter((line) => line.endsWith('allow say a')),
        numbers.map((n) => `${n} allow say a`),
      )
      t.equal(world.said.length, numbers.length)
    },
  },
  {
    title: 'a daemon that had no room to be asked is asked again once it has read on',
    async run(t, world) {
      await world.type('say a')
      await linesOfSession(world.home, 1)
      await world.stopped(async () => {
        fill(world)
        await world.type('say a', 'say b')
        t.match(world.transcript, HANGS)
      })
      await world.untilChecked()
      await world.type('DENYME', 'say end')
      t.equal(world.refusals, 1)
    },
  },
]

function askingAlways(policy: string): string {
  return `${policy}allow_cache: false\n`
}

/** Frames that end a line which has ended, until the FIFO of the session has no room. */
function fill({ home, pty }: CacheWorld): void {
  const slots = join(home.runtimeDir, 's')
  const mine = readdirSync(slots).find((name) => claimant(join(slots, name)) === pty.pid)
  const fd = openSync(join(slots, mine!, 'req'), constants.O_RDWR | constants.O_NONBLOCK)
  try {
    for (;;) writeSync(fd, '1E0\0/\x000 0\x001\0')
  } catch {
    // Full: what this was for.
  } finally {
    closeSync(fd)
  }
}

/** The process that has made a slot its own, if one has. */
function claimant(slot: string): number | null {
  const file = join(slot, 'claimed')
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : null
}
