import { mkdirSync, rmSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Test } from 'tap'
import { FEW_CASES } from '../../src/conformance/daemon-cases.ts'
import { runCases } from '../../src/conformance/run-cases.ts'
import type { Bench } from '../../src/conformance/run-cases.ts'
import type { ShellSession } from '../../src/conformance/session.ts'
import { makeTemporaryHome } from '../support/home.ts'
import type { ShellName } from '../support/shells.ts'
import { until } from '../support/until.ts'
import { testBench } from './bench.ts'
import { eachShell } from './each-shell.ts'
import type { FoundShell } from './each-shell.ts'
import { answer, honest, Peer, wrongDigit } from './peer.ts'
import type { Asked, Behaviour } from './peer.ts'

/**
 * Shells against a peer that speaks the protocol and is slow, silent, wrong, noisy or malicious: no line runs twice or is
 * lost, no shell ends or hangs, what the shell says is well formed, and it never says more than its one unanswered ask.
 */

const WAIT_SECONDS = 1

type Expectation = 'judged' | 'unexplained' | 'unjudged' | 'either'

/** All of these 512 bytes but the letters that answer something. */
const GARBAGE = Buffer.from(Array.from({ length: 512 }, (_, at) => at % 256)).filter(
  (byte) => !/[A-Ta-t]/.test(String.fromCharCode(byte)),
)

const LIES: readonly {
  readonly name: string
  readonly behaviour: Behaviour
  readonly expect: Expectation
}[] = [
  { name: 'answers after a while', behaviour: later(30), expect: 'judged' },
  {
    name: 'answers an older ask first',
    behaviour: (asked) => {
      wrongDigit(asked)
      honest(asked)
    },
    expect: 'judged',
  },
  {
    name: 'says everything twice',
    behaviour: (asked) => {
      honest(asked)
      judge(asked)
    },
    expect: 'judged',
  },
  { name: 'answers other asks only', behaviour: wrongDigit, expect: 'unjudged' },
  { name: 'says nothing', behaviour: () => undefined, expect: 'unjudged' },
  { name: 'answers too late', behaviour: later(WAIT_SECONDS * 1_000 + 300), expect: 'either' },
  { name: 'answers with garbage', behaviour: ({ slot }) => slot.send(Buffer.from(GARBAGE)), expect: 'either' },
  {
    name: 'answers with garbage before the answer',
    behaviour: (asked) => {
      asked.slot.send(Buffer.from(GARBAGE.subarray(0, 64)))
      honest(asked)
    },
    expect: 'either',
  },
  { name: 'floods the answers', behaviour: ({ slot }) => slot.flood('z'), expect: 'either' },
  {
    name: 'has no explanation',
    behaviour: (asked) => {
      rmSync(join(asked.slot.dir, 'why'), { force: true, recursive: true })
      judge(asked)
    },
    expect: 'unexplained',
  },
  {
    name: 'has a folder for an explanation',
    behaviour: (asked) => {
      asked.slot.explain('')
      rmSync(join(asked.slot.dir, 'why'))
      mkdirSync(join(asked.slot.dir, 'why'))
      judge(asked)
    },
    expect: 'unexplained',
  },
  {
    name: 'has an explanation without end',
    behaviour: (asked) => {
      asked.slot.explain('cmdaid: denied: The case says no.\n'.repeat(40_000))
      judge(asked)
    },
    expect: 'unexplained',
  },
  {
    name: 'has a FIFO for an explanation',
    behaviour: (asked) => {
      asked.slot.explain('')
      rmSync(join(asked.slot.dir, 'why'))
      execFileSync('/usr/bin/mkfifo', [join(asked.slot.dir, 'why')])
      judge(asked)
    },
    expect: 'unexplained',
  },
]

const NOT_READY = [
  ['is empty', ''],
  ['is garbage', '\x1b]0;x\x07 $(touch made) `touch made`\n'],
  ['names a group of processes', '-1 1\n'],
  ['names a process that is gone', '4194000 1\n'],
  ['names more than one', '1 1 1\n'],
  ['is long', `${'x'.repeat(4_000)} 1\n`],
] as const

/** The whole suite in every version of a shell. */
export function testPeers(name: ShellName): void {
  eachShell(name, 'no answer can hang, end or flood the shell', async (t, shell) => {
    // One shell for all of them, as long as it stays what it was.
    let place: Place | null = null
    for (const { name, behaviour, expect } of LIES) {
      place ??= await openPlace(shell)
      const { peer, bench, session } = place
      await t.test(`a peer that ${name}`, async (t) => {
        peer.frames.length = 0
        peer.behaviour = behaviour
        await expectCases(t, bench, session, expect)
        peer.behaviour = honest
        peer.announce()
        await untilAsked(peer, session)
        await expectCases(t, bench, session, 'judged')
        t.same(peer.faults, [], 'everything the shell said is well formed')
        t.ok(unansweredInARow(peer) <= 1 || expect === 'judged', 'it asks nothing while it waits for an answer')
      })
      if (!t.passing()) {
        await place.close()
        place = null
      }
    }
    await place?.close()

    await t.test('an honest peer is asked about each line once, and told of each end', async (t) => {
      await withPlace(shell, async ({ peer, session }) => {
        for (const line of ['say a', 'DENYME', 'say b; say c']) await session.line(line)
        await until('the end of the last line', () => peer.of('E').length >= 3)
        const asks = peer.frames.filter(({ type, extra }) => (type === 'Q' || type === 'S') && !/ c\b/.test(extra))
        t.same(
          asks.map(({ extra }) => Number(extra.split(' ')[0])),
          [1, 2, 3],
          'numbered from 1',
        )
        t.equal(peer.of('H').length, 1, 'one hello')
        t.match(peer.of('H')[0]?.text, new RegExp(`^shell=${shell.shell}$`, 'm'))
        t.same(
          peer.of('E').map(({ extra }) => extra),
          ['1', '2', '3'],
          'each line has ended',
        )
        t.equal(peer.of('U').length, 0, 'nothing ran unasked')
      })
    })

    await t.test('a file `ready` that names no daemon is not believed', async (t) => {
      await withPlace(
        shell,
        async ({ peer, bench, session }) => {
          for (const [name, text] of NOT_READY) {
            peer.ready(text)
            await expectCases(t, bench, session, 'unjudged')
            t.same(peer.frames, [], `nobody was asked where it ${name}`)
          }
        },
        (peer) => peer.ready(''),
      )
    })
  })
}

type Place = {
  readonly peer: Peer
  readonly bench: Bench
  readonly session: ShellSession
  readonly close: () => Promise<void>
}

/** A peer, and a shell of this version at its prompt. */
async function openPlace(shell: FoundShell, prepare: (peer: Peer) => void = () => undefined): Promise<Place> {
  const home = makeTemporaryHome()
  mkdirSync(home.runtimeDir, { mode: 0o700 })
  const peer = new Peer(home.runtimeDir)
  prepare(peer)
  const bench = testBench(shell, { home, waitSeconds: WAIT_SECONDS })
  const session = await bench.open({})
  if (session === null) throw new Error('a bench of tests has every rc file')
  const close = async (): Promise<void> => {
    await session[Symbol.asyncDispose]()
    peer[Symbol.dispose]()
    home[Symbol.dispose]()
  }
  return { peer, bench, session, close }
}

async function withPlace(
  shell: FoundShell,
  run: (place: Place) => Promise<void>,
  prepare?: (peer: Peer) => void,
): Promise<void> {
  const place = await openPlace(shell, prepare)
  try {
    await run(place)
  } finally {
    await place.close()
  }
}

async function expectCases(t: Test, bench: Bench, session: ShellSession, expect: Expectation): Promise<void> {
  const outcomes = await runCases(FEW_CASES, bench, { expect, session })
  t.same(
    outcomes.filter(({ outcome }) => outcome !== 'passed'),
    [],
    `${outcomes.length} cases, ${expect}`,
  )
  if (!t.passing()) throw new Error('the shell is not what it was')
}

/** Types harmless lines until one is asked about again: what lies in the FIFOs may cost some. */
async function untilAsked(peer: Peer, session: ShellSession): Promise<void> {
  for (let lines = 0; lines < 50; lines += 1) {
    const before = peer.frames.length
    peer.speak()
    await session.line('say again')
    const ended = peer.frames.slice(before).some(({ type }) => type === 'E')
    if (ended) return
  }
  throw new Error('the shell does not ask any more')
}

function later(milliseconds: number): Behaviour {
  return (asked) => {
    setTimeout(() => honest(asked), milliseconds)
  }
}

/** The verdict without its explanation. */
function judge(asked: Asked): void {
  answer(asked, asked.line.includes('DENYME') ? 'refuse' : 'run')
}

/** The longest run of asks of one slot between which nothing was said to have ended. */
function unansweredInARow(peer: Peer): number {
  let longest = 0
  let run = 0
  for (const { type } of peer.frames) {
    if (type === 'Q' || type === 'S') run += 1
    else run = 0
    longest = Math.max(longest, run)
  }
  return longest
}
