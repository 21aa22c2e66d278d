import * as fc from 'fast-check'
import t from 'tap'
import { POLICY_DIAGNOSTICS_MAX, POLICY_DOCUMENT_BYTES_MAX } from '../../../src/core/limits.ts'
import { formatDiagnostic } from '../../../src/core/policy/diagnostic.ts'
import { parsePolicyText } from '../../../src/core/policy/parse.ts'
import { ruleDocument } from './policies.ts'

/** The findings as they are printed: one assertion covers place, code, message and hint. */
function refusalOf(text: string): readonly string[] {
  const result = parsePolicyText(text, 'p.yaml')
  return result.ok ? ['accepted'] : result.error.map(formatDiagnostic)
}

t.test('a document with every field of the format is accepted', async (t) => {
  const text = `version: "1.0"
organization: Example
effective_date: 2026-01-31
mode: monitor
extends: [starter, {pack: ./team.yaml, digest: "sha256:${'0'.repeat(64)}"}]
safety: {risk_tolerance: moderate, require_approval_for: [critical], blocked_patterns: ["curl * | bash"], additional_dangerous_paths: [/data]}
allowed_tools: [{name: kubectl, versions: [">=1.30"], reason: x, approved_contexts: [dev], blocked_contexts: [prod], required_flags: [--namespace], approved_profiles: [a]}]
inference: {allowed_backends: [a], blocked_backends: [b], model_allowlist: [c], require_local: true}
approvals: {require_manager_approval: [x], auto_approve: true}
audit: {log_all_commands: true, log_retention_days: 90, send_to_siem: false, siem_endpoint: "https://siem.example.com"}
compliance: {frameworks: [SOC2], data_classification: internal, require_mfa: true}
rules: []
exceptions: []
`
  t.same(parsePolicyText(text, 'p.yaml').ok, true)
})

const refusals: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  'an unknown key, with the one that was meant': [
    'version: 1\nruls: []\n',
    ['p.yaml:2:1: error CMDAID_ERR_POLICY_UNKNOWN_KEY: the document has no key `ruls`\n  hint: did you mean `rules`?'],
  ],
  'an unknown key deep in a condition': [
    ruleDocument('{program: rm, oprand: x}', 'rm'),
    [
      'p.yaml:6:25: error CMDAID_ERR_POLICY_UNKNOWN_KEY: `rules[0].when` has no key `oprand`\n  hint: did you mean `operand`?',
    ],
  ],
  'an unknown key with nothing like it': [
    'version: 1\nmode: monitor\nsafety: {zzzzzz: 1}\n',
    [
      'p.yaml:3:10: error CMDAID_ERR_POLICY_UNKNOWN_KEY: `safety` has no key `zzzzzz`\n  hint: known keys are risk_tolerance, require_approval_for, blocked_patterns, additional_dangerous_paths',
    ],
  ],
  'a key that is there twice': [
    'version: 1\nmode: monitor\nmode: enforce\n',
    ['p.yaml:3:1: error CMDAID_ERR_POLICY_DUPLICATE_KEY: this key is there twice\n  hint: remove one of the two'],
  ],
  'a rule without examples': [
    'version: 1\nrules:\n  - id: a\n    effect: deny\n    risk: high\n    when: {program: a}\n    reason: x\n',
    [
      'p.yaml:3:5: error CMDAID_ERR_POLICY_MISSING_KEY: `rules[0]` lacks `match`\n  hint: give at least one command line that this must match',
      'p.yaml:3:5: error CMDAID_ERR_POLICY_MISSING_KEY: `rules[0]` lacks `not_match`\n  hint: give at least one harmless neighbour that this must not match',
    ],
  ],
  'a setting that does not exist': [
    'version: 1\nnon_interactive: on\n',
    ['p.yaml:2:18: error CMDAID_ERR_POLICY_VALUE: `non_interactive` must be one of off, observe, enforce'],
  ],
  'an effect that does not exist': [
    'version: 1\nmode: enforced\n',
    [
      'p.yaml:2:7: error CMDAID_ERR_POLICY_VALUE: `mode` must be one of monitor, enforce\n  hint: did you mean `enforce`?',
    ],
  ],
  'a number where text belongs': [
    'version: 1\norganization: 7\n',
    ['p.yaml:2:15: error CMDAID_ERR_POLICY_VALUE: `organization` must be text\n  hint: quote it if it is text'],
  ],
  'a list where a mapping belongs': [
    'version: 1\nsafety: []\n',
    ['p.yaml:2:9: error CMDAID_ERR_POLICY_VALUE: `safety` must be a mapping'],
  ],
  'an id with blanks': [
    ruleDocument('{program: a}', 'a').replace('test.rule', 'Test Rule'),
    [
      'p.yaml:3:9: error CMDAID_ERR_POLICY_VALUE: `rules[0].id` is not of the form ^[a-z0-9][a-z0-9_.-]{0,127}$\n  hint: use small letters, digits, `.`, `-` and `_`',
    ],
  ],
  'an effect for people without one for agents': [
    ruleDocument('{program: a}', 'a').replace('effect: warn', 'effect: {human: warn}'),
    ['p.yaml:4:13: error CMDAID_ERR_POLICY_MISSING_KEY: `rules[0].effect` lacks `agent`'],
  ],
  'no version': [
    'mode: monitor\n',
    [
      'p.yaml:1:1: error CMDAID_ERR_POLICY_MISSING_KEY: the document lacks `version`\n  hint: begin the document with `version: 1`',
    ],
  ],
  'another version': [
    'version: 2\n',
    [
      'p.yaml:1:10: error CMDAID_ERR_POLICY_VERSION: this version of the policy format is not known\n  hint: write `version: 1`',
    ],
  ],
  'nothing at all': ['', ['p.yaml:1:1: error CMDAID_ERR_POLICY_VALUE: the document must be a mapping']],
  'an anchor and its alias': [
    'version: 1\nsafety: &a {blocked_patterns: [x]}\naudit: *a\n',
    [
      'p.yaml:2:12: error CMDAID_ERR_POLICY_ALIAS: the anchor &a is not read\n  hint: write the value out; quote it if it is text',
      'p.yaml:3:8: error CMDAID_ERR_POLICY_ALIAS: the alias *a is not read\n  hint: write the value out; quote it if it is text',
    ],
  ],
  'two documents in one': [
    'version: 1\n---\nversion: 1\n',
    [
      'p.yaml:2:1: error CMDAID_ERR_POLICY_SYNTAX: there is more than one document\n  hint: remove everything from the second `---` on',
    ],
  ],
  'a tag': [
    'version: !!js/function x\n',
    [
      'p.yaml:1:10: error CMDAID_ERR_POLICY_SYNTAX: tags (`!name`) are not read\n  hint: quote the value if it is text that begins with `!`',
    ],
  ],
}

for (const [title, [text, expected]] of Object.entries(refusals)) {
  t.test(`a document is refused for ${title}`, async (t) => {
    t.same(refusalOf(text), expected)
  })
}

t.test('an alias bomb is refused before it is expanded', async (t) => {
  const levels = Array.from(
    { length: 30 },
    (_, level) => `l${level + 1}: &l${level + 1} [${Array.from({ length: 9 }, () => `*l${level}`).join(', ')}]`,
  )
  const found = parsePolicyText(`l0: &l0 x\n${levels.join('\n')}\n`, 'p.yaml')
  t.same(!found.ok && [found.error.length, [...new Set(found.error.map(({ code }) => code))]], [
    POLICY_DIAGNOSTICS_MAX,
    ['CMDAID_ERR_POLICY_ALIAS'],
  ])
})

t.test('a document nested by the ten thousand is refused, not a stack overflow', async (t) => {
  const found = parsePolicyText('['.repeat(50_000), 'p.yaml')
  t.same(!found.ok && found.error.every(({ code }) => code === 'CMDAID_ERR_POLICY_SYNTAX'), true)
})

t.test('a document over the bound is refused without being parsed', async (t) => {
  t.same(refusalOf('#'.repeat(POLICY_DOCUMENT_BYTES_MAX + 1)), [
    `p.yaml:1:1: error CMDAID_ERR_POLICY_TOO_LARGE: the document is larger than ${POLICY_DOCUMENT_BYTES_MAX} bytes\n  hint: move rules into documents of their own and name them in \`extends\``,
  ])
})

t.test('any text gives a document or at least one error with a place, and never an exception', async () => {
  const pieces = fc.constantFrom(
    'version: 1\n',
    'rules:\n',
    '  - id: a\n',
    '    when: ',
    '{',
    '}',
    '[',
    ']',
    '&a ',
    '*a',
    '|\n',
    '!!',
    '"',
    "'",
    ': ',
    '- ',
    '\t',
    '\n',
    '---\n',
    '\u0000',
    '\uD800',
    '#',
    '? ',
    '<<: ',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
  )
  fc.assert(
    fc.property(text, (input) => {
      const result = parsePolicyText(input, 'p.yaml')
      return (
        result.ok ||
        (result.error.length > 0 &&
          result.error.every(({ line, column, message }) => line >= 1 && column >= 1 && message !== ''))
      )
    }),
    { numRuns: 500 },
  )
})
