import t from 'tap'
import { protectionOf } from '../../src/daemon/protection.ts'

const ENFORCE = { mode: 'enforce', nonInteractive: 'off' } as const
const MONITOR = { mode: 'monitor', nonInteractive: 'enforce' } as const
const SCRIPT = { lost: null, canary: null, scripted: true } as const

function prompt(outcome: 'enforced' | 'observing' | 'failed' | null) {
  return { lost: null, canary: outcome === null ? null : { outcome, atUs: 1n }, scripted: false } as const
}

t.test('a session is enforced only by what its canary has shown', async (t) => {
  t.strictSame(
    (['enforced', 'observing', 'failed', null] as const).map((outcome) => protectionOf(prompt(outcome), ENFORCE).state),
    ['enforced', 'degraded', 'degraded', 'degraded'],
  )
})

t.test('a policy that stops nothing makes every working session an observing one', async (t) => {
  t.strictSame(
    (['enforced', 'observing', 'failed', null] as const).map((outcome) => protectionOf(prompt(outcome), MONITOR).state),
    ['observing', 'observing', 'degraded', 'degraded'],
  )
})

t.test('a line that ran without a verdict degrades a session that was proved, and says how', async (t) => {
  for (const lost of ['unasked', 'timeout', 'overflow'] as const) {
    const { state, why } = protectionOf({ ...prompt('enforced'), lost }, ENFORCE)
    t.equal(state, 'degraded')
    t.match(why, /./)
  }
})

t.test('a shell without a person needs no canary: the policy says what it does', async (t) => {
  t.strictSame(
    [
      protectionOf(SCRIPT, { mode: 'enforce', nonInteractive: 'enforce' }),
      protectionOf(SCRIPT, { mode: 'enforce', nonInteractive: 'observe' }),
      protectionOf(SCRIPT, MONITOR),
    ].map(({ state }) => state),
    ['enforced', 'observing', 'observing'],
  )
})
