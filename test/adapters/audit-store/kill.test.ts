import t from 'tap'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readEntries } from '../../../src/adapters/audit-store/read-entries.ts'
import { verifyLog } from '../../../src/adapters/audit-store/verify-log.ts'
import { openFixed, temporaryFolder } from './fixture.ts'

t.setTimeout(240_000)

const ROUNDS = 104
const LANES = 2

/** Starts a writer, kills it after so many acknowledgements and a little more, and returns how many it had given. */
async function killedAfter(dir: string, round: number, acknowledgements: number, extraMs: number): Promise<number> {
  const child = spawn('node', ['test/adapters/audit-store/kill-child.ts', dir, String(round)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    if (text.split('\n').length > acknowledgements) setTimeout(() => child.kill('SIGKILL'), extraMs)
  })
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself: ${errors}`)
  return text.split('\n').length - 1
}

t.test('a writer killed at any moment has lost nothing that it had acknowledged', async (t) => {
  const lane = async (lane: number): Promise<void> => {
    const dir = temporaryFolder(t)
    const acknowledged = new Map<number, number>()
    for (let round = 1; round <= ROUNDS / LANES; round++) {
      // Not at random: each round another place in the writer's cycle of commits, checkpoints and segments.
      const count = await killedAfter(dir, round, (round * 7) % 23, (round * lane) % 4)
      acknowledged.set(round, count)
    }
    {
      await using store = await openFixed(dir)
      t.equal(store.state().degraded, null)
    }
    const kept = new Map<number, number[]>()
    for await (const entry of readEntries(dir, { order: 'oldest' })) {
      if (entry.record !== 'PREEXEC') continue
      const round = Number.parseInt(entry.context.session_id ?? '', 10)
      kept.set(round, [...(kept.get(round) ?? []), entry.session_seq ?? 0])
    }
    const wrong: string[] = []
    for (const [round, count] of acknowledged) {
      const numbers = kept.get(round) ?? []
      const whole = numbers.every((n, index) => n === index + 1)
      // At most one more than was acknowledged: the one whose acknowledgement was on its way.
      if (!whole || numbers.length < count || numbers.length > count + 1) {
        wrong.push(`round ${round}: acknowledged ${count}, kept ${numbers.join(' ')}`)
      }
    }
    t.strictSame(wrong, [])
    const report = await verifyLog({ dir })
    t.strictSame([report.verdict, report.findings.filter((it) => it.severity !== 'note')], ['UNANCHORED', []])
    t.ok(report.segments > 3, 'segments were closed in between')
  }
  await Promise.all(Array.from({ length: LANES }, (_, index) => lane(index + 1)))
})
