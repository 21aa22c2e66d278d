import * as fc from 'fast-check'
import t from 'tap'
import { type Actor, EFFECTS, enforcedEffect } from '../../../src/core/policy/decision.ts'
import { AGENT, HUMAN, compiled, judged, ruleDocument } from './policies.ts'

const ladder = compiled(`version: 1
rules:
  - {id: r.warn, effect: warn, risk: critical, when: {program: [a, b]}, reason: Warned., match: [a], not_match: [c]}
  - {id: r.confirm, effect: confirm, risk: moderate, when: {program: b}, reason: Why., match: [b], not_match: [a]}
  - {id: r.deny, effect: {human: deny, agent: approve}, risk: high, when: {program: d}, reason: Never., suggest: Do not., owner: sec@example.com, url: "https://example.com", match: [d], not_match: [a]}
  - {id: r.people, effect: deny, risk: high, scope: {actors: [human], shells: [zsh], directories: ["/srv"]}, when: {program: e}, reason: Here., match: [e], not_match: [a]}
  - {id: r.claude, effect: deny, risk: high, scope: {agents: [claude-code]}, when: {program: f}, reason: It., match: [f], not_match: [a]}
`)

t.test('a line without a hit is allowed, with the policy named', async (t) => {
  t.same(judged(ladder, 'ls'), {
    effect: 'allow',
    risk: 'safe',
    mode: 'enforce',
    rule: null,
    reason: '',
    hits: [],
    policyHash: ladder.hash,
  })
})

t.test('a rule that holds in two ways is one hit, and one for each command, also of one text', (t) => {
  const policy = compiled(`version: 1
rules:
  - {id: r.any, effect: warn, risk: high, when: {any: [{program: a}, {flags: x}, {operand: y}]}, reason: Any., match: [a], not_match: [b]}
`)
  const hits = (line: string): readonly string[] => judged(policy, line).hits.map(({ resolved }) => resolved)
  t.same(hits('a -x y'), ['a -x y'])
  t.same(hits("sh -c 'a -x; b -x y'"), ['a -x', 'b -x y'])
  t.same(hits('b y; c'), ['b y'])
  t.end()
})

t.test('the strictest rule of any command wins, and every hit is kept with where and how', async (t) => {
  const decision = judged(ladder, 'a && sudo sh -c \'d "x y"\'')
  t.same(decision, {
    effect: 'deny',
    risk: 'high',
    mode: 'enforce',
    rule: 'r.deny',
    reason: 'Never.',
    hits: [
      {
        rule: 'r.deny',
        effect: 'deny',
        risk: 'high',
        reason: 'Never.',
        suggest: 'Do not.',
        owner: 'sec@example.com',
        url: 'https://example.com',
        span: decision.hits[0]!.span,
        route: ['sudo', 'sh -c', 'd'],
        resolved: "d 'x y'",
      },
      {
        rule: 'r.warn',
        effect: 'warn',
        risk: 'critical',
        reason: 'Warned.',
        suggest: null,
        owner: null,
        url: null,
        span: { start: 0, end: 1 },
        route: ['a'],
        resolved: 'a',
      },
    ],
    policyHash: ladder.hash,
  })
})

t.test('only a person at a terminal can confirm', async (t) => {
  t.same(
    [
      judged(ladder, 'b').effect,
      judged(ladder, 'b', { interactive: false }).effect,
      judged(ladder, 'b', { actor: AGENT }).effect,
    ],
    ['confirm', 'approve', 'approve'],
  )
})

t.test('an agent may have another effect; everybody else has that for people', async (t) => {
  const kinds = ['human', 'agent', 'ci', 'script', 'unknown'] as const
  t.same(
    kinds.map((kind) => judged(ladder, 'd', { actor: { kind, name: null, evidence: 'claimed' } }).effect),
    ['deny', 'approve', 'deny', 'deny', 'deny'],
  )
})

t.test('a rule counts only within its scope', async (t) => {
  const other: Actor = { kind: 'agent', name: 'codex', evidence: 'verified' }
  t.same(
    [
      judged(ladder, 'e', { shell: 'zsh', cwd: '/srv/app' }).effect,
      judged(ladder, 'cd /srv && e', { shell: 'zsh' }).effect,
      judged(ladder, 'e', { shell: 'zsh', cwd: '/srv/app', actor: AGENT }).effect,
      judged(ladder, 'e', { shell: 'bash', cwd: '/srv/app' }).effect,
      judged(ladder, 'e', { shell: 'zsh', cwd: '/srvx' }).effect,
      judged(ladder, 'e', { shell: 'zsh', cwd: null }).effect,
      judged(ladder, 'f', { actor: AGENT }).effect,
      judged(ladder, 'f', { actor: other }).effect,
      judged(ladder, 'f', { actor: HUMAN }).effect,
    ],
    ['deny', 'deny', 'allow', 'allow', 'allow', 'allow', 'deny', 'allow', 'allow'],
  )
})

t.test('a program is named in any spelling where the shell takes any', async (t) => {
  const policy = compiled(ruleDocument('{ program: DeployAll }', 'DeployAll now'))
  t.equal(judged(policy, 'deployall now', { shell: 'powershell' }).effect, 'warn')
  t.equal(judged(policy, 'DEPLOYALL now', { shell: 'powershell' }).effect, 'warn')
  t.equal(judged(policy, 'deployall now').effect, 'allow')
  t.equal(judged(policy, 'DeployAll now').effect, 'warn')
})

t.test('monitor mode says what would have happened and stops nothing', async (t) => {
  const policy = compiled(
    'version: 1\nmode: monitor\nrules: [{id: r, effect: deny, risk: high, when: {program: a}, reason: x, match: [a], not_match: [b]}]\n',
  )
  const decision = judged(policy, 'a')
  t.same([decision.effect, decision.mode, enforcedEffect(decision)], ['deny', 'monitor', 'allow'])
})

const rule = (id: string): string =>
  `{id: ${id}, effect: deny, risk: high, when: {program: [tool, eval]}, reason: x, match: [tool], not_match: [a]}`
const exception = (when: string, silences: string, match: string, notMatch = 'other'): string =>
  `{id: ok, silences: [${silences}], when: ${when}, reason: Fine., match: ['${match}'], not_match: ['${notMatch}']}`

t.test('an exception silences the rules it names, for what it describes, at the bare name only', async (t) => {
  const policy = compiled(
    `version: 1\nrules: [${rule('r.one')}, ${rule('r.two')}]\nexceptions: [${exception('{program: tool, operand: safe}', 'r.one', 'tool safe', 'tool other')}]\n`,
  )
  const rules = (line: string): readonly string[] => judged(policy, line).hits.map((hit) => hit.rule)
  t.same(
    [
      'tool safe',
      'tool x',
      './tool safe',
      '/tmp/tool safe',
      'PATH=/tmp tool safe',
      'PATH=/tmp; tool safe',
      'tool safe; tool x',
    ].map(rules),
    [
      ['r.two'],
      ['r.one', 'r.two'],
      ['r.one', 'r.two'],
      ['r.one', 'r.two'],
      ['r.one', 'r.two'],
      ['r.one', 'r.two'],
      ['r.two', 'r.one', 'r.two'],
    ],
  )
})

t.test('an exception may trust one exact path', async (t) => {
  const policy = compiled(
    `version: 1\nrules: [${rule('r.one')}]\nexceptions: [${exception('{program: tool, path: /opt/x/tool}', 'r.one', '/opt/x/tool', 'tool')}]\n`,
  )
  t.same(
    ['/opt/x/tool', '/tmp/tool', 'tool'].map((line) => judged(policy, line).effect),
    ['allow', 'deny', 'deny'],
  )
})

t.test("the organisation's mode and rules stand, whatever the user's document says", async (t) => {
  const policy = compiled(
    { authority: 'organisation', text: `version: 1\nmode: enforce\nrules: [${rule('r.org')}]\n` },
    `version: 1\nmode: monitor\nrules: [${rule('r.user')}]\nexceptions: [${exception('{program: tool}', 'r.org, r.user', 'tool')}]\n`,
  )
  const decision = judged(policy, 'tool')
  t.same(
    [
      decision.mode,
      decision.hits.map((hit) => hit.rule),
      policy.diagnostics.map(({ severity, code, message }) => [severity, code, message]),
    ],
    [
      'enforce',
      ['r.org'],
      [
        [
          'warning',
          'CMDAID_ERR_POLICY_INEFFECTIVE',
          "`r.org` is the organisation's rule: this exception does not silence it",
        ],
      ],
    ],
  )
})

t.test("the organisation's exception silences the user's rule as well", async (t) => {
  const policy = compiled(`version: 1\nrules: [${rule('r.user')}]\n`, {
    authority: 'organisation',
    text: `version: 1\nexceptions: [${exception('{program: tool}', 'r.user', 'tool')}]\n`,
  })
  t.same(judged(policy, 'tool').effect, 'allow')
})

t.test('neither the order of documents nor that of rules changes a decision', async (t) => {
  const one = `version: 1\nrules: [${rule('r.one')}]\n`
  const two = `version: 1\nrules: [${rule('r.two')}]\n`
  t.same(judged(compiled(one, two), 'tool').hits, judged(compiled(two, one), 'tool').hits)
})

t.test('any text gets a decision, whoever asks from wherever', async () => {
  const soup = fc
    .array(
      fc.constantFrom(
        'a',
        'b',
        'd',
        ' ',
        ';',
        '|',
        '&&',
        '$(',
        ')',
        '`',
        '"',
        "'",
        '{',
        '}',
        '<<E\n',
        '\n',
        '>',
        '\\',
        '*',
        '~',
        '$x',
        '\u0000',
      ),
      { maxLength: 40 },
    )
    .map((parts) => parts.join(''))
  const input = fc.record({
    cwd: fc.constantFrom(null, '', '/', '/srv', 'relative'),
    home: fc.constantFrom(null, '/', '/home/user'),
    shell: fc.constantFrom('bash' as const, 'zsh' as const, 'fish' as const, 'powershell' as const),
    actor: fc.constantFrom(HUMAN, AGENT),
  })
  fc.assert(
    fc.property(fc.oneof(soup, fc.string({ unit: 'binary', maxLength: 100 })), input, (line, given) => {
      const { effect, hits } = judged(ladder, line, given)
      return EFFECTS.includes(effect) && (hits.length === 0 ? effect === 'allow' : hits[0]!.effect === effect)
    }),
    { numRuns: 1_000 },
  )
})
