import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Decision } from '../../src/core/policy/decision.ts'
import { warmUp, warmUpFor, warmUpSlowly } from '../../src/daemon/warm-up.ts'
import type { JudgeInput } from '../../src/daemon/judge.ts'
import { ALLOW } from '../adapters/audit-store/fixture.ts'

/** Steps of a warm-up, and what was judged in them. */
function judged(): { steps: Generator<undefined, void>; inputs: JudgeInput[] } {
  const inputs: JudgeInput[] = []
  const judge = (input: JudgeInput): Decision => {
    inputs.push(input)
    return ALLOW
  }
  return { steps: warmUp({ judge, explain: () => '', redact: () => null, home: '/home/ann' }), inputs }
}

t.test('each step judges one line that nothing has seen before, as a shell would send it', (t) => {
  const { steps, inputs } = judged()
  let count = 0
  while (steps.next().done !== true) count += 1
  t.equal(inputs.length, count)
  t.equal(new Set(inputs.map(({ line }) => line)).size, count)
  t.same(inputs[0], {
    line: 'ls -la # 0',
    shell: 'bash',
    cwd: '/home/ann',
    home: '/home/ann',
    actor: { kind: 'human', name: null, evidence: 'corroborated' },
    interactive: true,
    aliases: null,
  })
  t.ok(inputs.some(({ line }) => line.includes('\n')))
  t.same(new Set(inputs.map(({ shell }) => shell)), new Set(['bash', 'zsh']))
  t.same(new Set(inputs.map(({ actor }) => actor.kind)), new Set(['human', 'agent']))
  t.end()
})

t.test('it takes as long as it may, goes on in slices, and ends when the daemon does', async (t) => {
  const { steps, inputs } = judged()
  let nowMs = 0
  // Each look at the clock is half a millisecond later: a step is taken to last that long.
  await warmUpFor(steps, 5, () => (nowMs += 0.5))
  t.equal(inputs.length, 10)
  const stop = new AbortController()
  const going = warmUpSlowly(steps, stop.signal)
  await sleep(1)
  const before = inputs.length
  t.ok(before > 10)
  stop.abort()
  await going
  const after = inputs.length
  await sleep(10)
  t.equal(inputs.length, after)
  t.not(steps.next().done, true, 'there was more to do')
})
