import * as fc from 'fast-check'
import t from 'tap'
import { EXPLANATION_BYTES_MAX } from '../../../src/core/limits.ts'
import { explanationData, explanationFor } from '../../../src/core/policy/explain.ts'
import { ENGLISH } from '../../../src/core/policy/messages.ts'
import type { Messages } from '../../../src/core/policy/messages.ts'
import { AGENT, compiled, judged } from './policies.ts'

const policy = compiled(`version: 1
rules:
  - {id: fs.tool, effect: deny, risk: critical, when: {program: tool}, reason: It destroys things., suggest: Use another tool., owner: sec@example.com, url: "https://example.com/why", match: [tool], not_match: [a]}
  - {id: fs.other, effect: confirm, risk: moderate, when: {program: [tool, other]}, reason: It needs a reason., match: [other], not_match: [a]}
`)

const warnings = compiled(`version: 1
rules:
  - {id: w.risky, effect: warn, risk: high, when: {program: risky}, reason: It may hurt., suggest: Ask first., match: [risky], not_match: [a]}
  - {id: w.mild, effect: warn, risk: moderate, when: {program: mild}, reason: It is odd., match: [mild], not_match: [a]}
`)

t.test('an explanation says which rule, why, what was seen, who owns it and what to do next', async (t) => {
  t.equal(
    explanationFor(judged(policy, "sudo tool 'a b'"), "sudo tool 'a b'"),
    `cmdaid: denied: It destroys things.
cmdaid:   rule     fs.tool  (risk critical)
cmdaid:   matched  tool 'a b'  (sudo → tool)
cmdaid:   instead  Use another tool.
cmdaid:   owner    sec@example.com
cmdaid:   see      https://example.com/why
cmdaid:   also     fs.other  confirm: It needs a reason.
cmdaid:   ask      sec@example.com for an exception to fs.tool
cmdaid:   next     cmdaid explain -- 'sudo tool '\\''a b'\\'''
`,
  )
})

t.test('what needs an approval says whom to ask, and a rule without an owner that somebody keeps it', async (t) => {
  const line = 'other'
  t.equal(
    explanationFor(judged(policy, line, { actor: AGENT }), line),
    `cmdaid: needs an approval: It needs a reason.
cmdaid:   rule     fs.other  (risk moderate)
cmdaid:   matched  other
cmdaid:   ask      whoever keeps the policy to approve it, or for an exception to fs.other
cmdaid:   next     cmdaid explain -- 'other'
`,
  )
})

t.test('a warning is one line, with what to do instead', async (t) => {
  t.strictSame(
    ['risky', 'mild'].map((line) => explanationFor(judged(warnings, line), line)),
    ['cmdaid: warning: It may hurt. Instead: Ask first.  (w.risky)\n', 'cmdaid: warning: It is odd.  (w.mild)\n'],
  )
})

t.test('another table is another language, and its columns stay aligned', async (t) => {
  const german: Messages = {
    ...ENGLISH,
    headline: { ...ENGLISH.headline, deny: 'verweigert' },
    label: { ...ENGLISH.label, rule: 'Regel', matched: 'trifft auf', next: 'weiter' },
  }
  t.match(explanationFor(judged(policy, 'tool'), 'tool', german).split('\n'), [
    'cmdaid: verweigert: It destroys things.',
    'cmdaid:   Regel       fs.tool  (risk critical)',
    'cmdaid:   trifft auf  tool',
  ])
})

t.test('an explanation follows what really happens', async (t) => {
  const first = (text: string): string => text.split('\n')[0]!
  const monitor = { ...judged(policy, 'tool'), mode: 'monitor' as const }
  t.same(
    [
      first(explanationFor(judged(policy, 'other'), 'other')),
      first(explanationFor(judged(policy, 'other', { actor: AGENT }), 'other')),
      first(explanationFor(monitor, 'tool')),
      explanationFor(judged(policy, 'ls'), 'ls'),
    ],
    [
      'cmdaid: needs your reason: It needs a reason.',
      'cmdaid: needs an approval: It needs a reason.',
      'cmdaid: would be denied (monitor mode): It destroys things.',
      '',
    ],
  )
})

t.test('the same is there as data', async (t) => {
  const decision = judged(policy, 'tool')
  t.same(explanationData(decision), {
    effect: 'deny',
    enforced: 'deny',
    risk: 'critical',
    mode: 'enforce',
    rule: 'fs.tool',
    reason: 'It destroys things.',
    policy: policy.hash,
    hits: decision.hits,
  })
})

t.test('whatever the line holds, an explanation is bounded, complete lines, and moves no cursor', async () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      '\u001B[2J',
      '\u202E',
      '\r',
      '\n',
      '\u009B31m',
      "'",
      'x'.repeat(9_000),
      'ü'.repeat(5_000),
      '🎉'.repeat(4_000),
    ),
  )
  fc.assert(
    fc.property(fc.array(nasty, { maxLength: 4 }), (parts) => {
      const line = `tool ${parts.map((part) => `'${part.replaceAll("'", "'\\''")}'`).join(' ')}`
      const text = explanationFor(judged(policy, line), line)
      // oxlint-disable-next-line no-control-regex -- control characters are what this is about
      const clean = !/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/.test(text)
      return (
        clean &&
        Buffer.byteLength(text) <= EXPLANATION_BYTES_MAX &&
        (text === '' ||
          (text.endsWith('\n') &&
            text
              .trimEnd()
              .split('\n')
              .every((row) => row.startsWith('cmdaid: ')) &&
            text.includes('next')))
      )
    }),
    { numRuns: 300 },
  )
})
