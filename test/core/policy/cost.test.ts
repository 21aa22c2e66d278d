import t from 'tap'
import { DECISION_STEPS_MAX } from '../../../src/core/limits.ts'
import { sceneOf } from '../../../src/core/policy/scene.ts'
import { analyse } from '../../../src/core/shell/analyse.ts'
import { AGENT, HUMAN, compiled, judged } from './policies.ts'

const policy = compiled(`version: 1
rules:
  - {id: r.path, effect: deny, risk: high, when: {program: m, operand: {path: [/etc/**, ~/.ssh/**]}}, reason: No., match: [m /etc/x], not_match: [m x]}
  - {id: r.with, effect: deny, risk: high, when: {program: w, with: [{program: v}]}, reason: No., match: [w; v], not_match: [w; x]}
  - {id: r.deny, effect: deny, risk: high, when: {program: d}, reason: Never., match: [d], not_match: [a]}
  - {id: r.long, effect: {human: warn, agent: confirm}, risk: moderate, when: {dynamic: [too-long, parse-error]}, reason: Unreadable., match: ['a "b'], not_match: [a]}
`)
const words = 'word '.repeat(3_000)

t.test('a line that costs too much to judge is too long, and its short commands are judged first', async (t) => {
  const line = `m ${words}; d`
  t.strictSame(analyse({ line, shell: 'bash', cwd: '/w', home: '/h' }).dynamic, [], 'it was read whole')
  t.strictSame(
    judged(policy, line).hits.map(({ rule, effect }) => [rule, effect]),
    [
      ['r.deny', 'deny'],
      ['r.long', 'warn'],
    ],
  )
  t.equal(judged(policy, `m ${words}`, { actor: AGENT }).effect, 'approve', 'an agent is not let through')
  t.equal(judged(policy, `m ${words}`, { actor: HUMAN }).effect, 'warn')
})

t.test('hundreds of commands do not keep the last one of a line, or the first one, from being judged', async (t) => {
  for (const ballast of ['m /a/b; ', 'm /a/b > c; ', 'w; ', 'm a b c; ', 'sudo m /a; ']) {
    for (const count of [100, 600, 1_500]) {
      const many = ballast.repeat(count)
      t.equal(judged(policy, `${many}d x y`).effect, 'deny', `${count} times ${ballast}in front`)
      t.equal(judged(policy, `d x y; ${many}`).effect, 'deny', `${count} times ${ballast}behind`)
    }
  }
})

t.test('the directory that paths start from is paid for where it is very deep', async (t) => {
  const deep = '/directory'.repeat(400)
  const found = (line: string, cwd: string): readonly string[] =>
    judged(policy, line, { cwd }).hits.map(({ rule }) => rule)
  t.strictSame(
    [`m ${'w '.repeat(200)}`, `m ${'/w '.repeat(200)}`].map((line) => [found(line, '/w'), found(line, deep)]),
    [
      [[], ['r.long']],
      [[], []],
    ],
  )
  t.strictSame(found(`m w w w`, deep), [])
})

t.test('a rule that was not tried to the end does not match', async (t) => {
  t.strictSame(
    judged(policy, `m ${words} /etc/x`).hits.map(({ rule }) => rule),
    ['r.long'],
  )
})

t.test('what other commands are there is looked up once for all', async (t) => {
  const found = (line: string): readonly string[] => judged(policy, line).hits.map(({ rule }) => rule)
  t.strictSame(
    found(`${'w;'.repeat(300)} v`),
    Array.from({ length: 256 }, () => 'r.with'),
    'every one of many',
  )
  t.strictSame(found('w; w'), [])
  const analysis = analyse({ line: 'ls', shell: 'bash', cwd: null, home: null })
  const { budget } = sceneOf(analysis, { actor: HUMAN, shell: 'bash', home: null, interactive: true })
  t.strictSame([budget.take(DECISION_STEPS_MAX), budget.take(1)], [true, false])
})
