import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t from 'tap'
import { testPolicyFile, validatePolicyFile } from '../../../src/adapters/policy-file/inspect.ts'
import { loadPolicy, loadPolicyFile } from '../../../src/adapters/policy-file/load.ts'
import { digestOf } from '../../../src/adapters/policy-file/shipped-packs.ts'
import { POLICY_EXTENDS_DEPTH_MAX } from '../../../src/core/limits.ts'
import { formatDiagnostic } from '../../../src/core/policy/diagnostic.ts'
import { ruleDocument } from '../../core/policy/policies.ts'

type Files = Readonly<Record<string, string>>

async function folder(t: { testdir: () => string }, files: Files): Promise<string> {
  const root = t.testdir()
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), text, { mode: 0o600 })
  }
  return root
}

/** Diagnostics of `policy.yaml` as printed, with the folder left out. */
async function findings(t: { testdir: () => string }, files: Files): Promise<readonly string[]> {
  const root = await folder(t, files)
  const { diagnostics } = await validatePolicyFile(join(root, 'policy.yaml'))
  return diagnostics.map((diagnostic) => formatDiagnostic(diagnostic).replaceAll(root, '.'))
}

t.test('without any document the shipped default is in force', async (t) => {
  const root = await folder(t, {})
  const loaded = await loadPolicy({
    organisationPolicyFile: join(root, 'org.yaml'),
    policyFile: join(root, 'policy.yaml'),
  })
  t.same(loaded.ok && [loaded.value.mode, loaded.value.files], ['enforce', ['pack:base', 'pack:starter']])
})

t.test('a document adds to the starter pack, unless it says what it extends; the base pack stays', async (t) => {
  const root = await folder(t, { 'a.yaml': 'version: 1\n', 'b.yaml': 'version: 1\nextends: []\n' })
  const files = await Promise.all(['a.yaml', 'b.yaml'].map(async (name) => await loadPolicyFile(join(root, name))))
  t.same(
    files.map((loaded) => loaded.ok && loaded.value.files.map((file) => file.replace(root, '.'))),
    [
      ['pack:base', './a.yaml', 'pack:starter'],
      ['pack:base', './b.yaml'],
    ],
  )
})

t.test('packs are files beside the document, pinned by digest when it says so, and count once', async (t) => {
  const pack = ruleDocument('{program: a}', 'a')
  const root = await folder(t, {
    'policy.yaml': `version: 1\nextends: [{pack: packs/x.yaml, digest: "${digestOf(pack)}"}, ./packs/x.yaml]\n`,
    'packs/x.yaml': pack,
  })
  const loaded = await loadPolicyFile(join(root, 'policy.yaml'))
  t.same(loaded.ok && loaded.value.files.map((file) => file.replace(root, '.')), [
    'pack:base',
    './policy.yaml',
    './packs/x.yaml',
  ])
})

t.test('a pack cannot set the mode', async (t) => {
  const root = await folder(t, {
    'policy.yaml': 'version: 1\nextends: [x.yaml]\n',
    'x.yaml': 'version: 1\nextends: []\nmode: monitor\n',
  })
  const loaded = await loadPolicyFile(join(root, 'policy.yaml'))
  t.equal(loaded.ok && loaded.value.mode, 'enforce')
})

const chain = Object.fromEntries(
  Array.from({ length: POLICY_EXTENDS_DEPTH_MAX + 2 }, (_, at) => [
    at === 0 ? 'policy.yaml' : `p${at}.yaml`,
    `version: 1\nextends: [p${at + 1}.yaml]\n`,
  ]),
)

const refusals: Readonly<Record<string, readonly [Files, readonly string[]]>> = {
  'a pack that is not there': [
    { 'policy.yaml': 'version: 1\nextends:\n  - startr\n' },
    [
      './policy.yaml:3:5: error CMDAID_ERR_POLICY_EXTENDS: there is no pack or file `startr`\n  hint: name a shipped pack (base, starter) or a file below .',
    ],
  ],
  'a document that extends itself in the end': [
    { 'policy.yaml': 'version: 1\nextends: [a.yaml]\n', 'a.yaml': 'version: 1\nextends: [policy.yaml]\n' },
    [
      './a.yaml:2:11: error CMDAID_ERR_POLICY_EXTENDS: `policy.yaml` extends itself: policy.yaml → a.yaml → policy.yaml\n  hint: remove one of the links',
    ],
  ],
  'a pack outside the directory of the document': [
    { 'policy.yaml': 'version: 1\nextends: [../x.yaml, /etc/x.yaml]\n' },
    ['../x.yaml', '/etc/x.yaml'].map(
      (name, at) =>
        `./policy.yaml:2:${at === 0 ? 11 : 22}: error CMDAID_ERR_POLICY_EXTENDS: \`${name}\` is not in the directory of the document\n  hint: name a shipped pack (base, starter) or a file below .`,
    ),
  ],
  'a pack that is not the one its digest promises': [
    {
      'policy.yaml': `version: 1\nextends:\n  - {pack: a.yaml, digest: "sha256:${'0'.repeat(64)}"}\n`,
      'a.yaml': 'version: 1\n',
    },
    [
      `./policy.yaml:3:5: error CMDAID_ERR_POLICY_EXTENDS: \`a.yaml\` has the digest ${digestOf('version: 1\n')}\n  hint: review the file, then write its new digest`,
    ],
  ],
  'a chain of packs that is too long': [
    chain,
    [
      `./p${POLICY_EXTENDS_DEPTH_MAX}.yaml:2:11: error CMDAID_ERR_POLICY_EXTENDS: \`p${POLICY_EXTENDS_DEPTH_MAX + 1}.yaml\` is extended over more than ${POLICY_EXTENDS_DEPTH_MAX} levels`,
    ],
  ],
  'a pack that is broken, where it is broken': [
    { 'policy.yaml': 'version: 1\nextends: [a.yaml]\n', 'a.yaml': 'version: 1\nrule: []\n' },
    [
      './a.yaml:2:1: error CMDAID_ERR_POLICY_UNKNOWN_KEY: the document has no key `rule`\n  hint: did you mean `rules`?',
    ],
  ],
}

for (const [title, [files, expected]] of Object.entries(refusals)) {
  t.test(`a document is refused for ${title}`, async (t) => {
    t.same(await findings(t, files), expected)
  })
}

t.test('what is accepted without being enforced is said', async (t) => {
  t.same(
    await findings(t, {
      'policy.yaml': 'version: 1\naudit:\n  send_to_siem: true\nallowed_tools: [{name: kubectl}]\n',
    }),
    [
      './policy.yaml:3:17: note CMDAID_ERR_POLICY_NOT_ENFORCED: `audit.send_to_siem` is accepted, not enforced by this version',
      './policy.yaml:4:16: note CMDAID_ERR_POLICY_NOT_ENFORCED: `allowed_tools` is accepted, not enforced by this version',
    ],
  )
})

t.test("others may not write the organisation's file; in the user's own it is a warning", async (t) => {
  const root = await folder(t, { 'org.yaml': 'version: 1\n', 'policy.yaml': 'version: 1\n' })
  for (const name of ['org.yaml', 'policy.yaml']) await chmod(join(root, name), 0o666)
  const organisation = await loadPolicy({ organisationPolicyFile: join(root, 'org.yaml'), policyFile: null })
  const user = await validatePolicyFile(join(root, 'policy.yaml'))
  const seen = (diagnostics: readonly { severity: string; code: string }[]): readonly string[] =>
    diagnostics.map(({ severity, code }) => `${severity} ${code}`)
  t.same(
    [organisation.ok ? [] : seen(organisation.error), seen(user.diagnostics), user.policy !== null],
    [['error CMDAID_ERR_POLICY_PERMISSIONS'], ['warning CMDAID_ERR_POLICY_PERMISSIONS'], true],
  )
})

t.test('what is not a file is refused without waiting for it', async (t) => {
  const root = await folder(t, {})
  await mkdir(join(root, 'policy.yaml'))
  await symlink('/dev/zero', join(root, 'zero.yaml'))
  const codes = await Promise.all(
    ['policy.yaml', 'zero.yaml', 'none.yaml'].map(async (name) =>
      (await validatePolicyFile(join(root, name))).diagnostics.map(({ code }) => code),
    ),
  )
  t.same(codes, [['CMDAID_ERR_POLICY_READ'], ['CMDAID_ERR_POLICY_READ'], ['CMDAID_ERR_POLICY_READ']])
})

t.test('testing a document reports each of its examples, those of its packs included', async (t) => {
  const root = await folder(t, {
    'policy.yaml': `${ruleDocument('{program: a}', 'a')}extends: []\n`,
    'bad.yaml': `${ruleDocument('{program: a}', 'b')}extends: []\n`,
  })
  const own = async (name: string): Promise<unknown> => {
    const tested = await testPolicyFile(join(root, name))
    return tested.ok && tested.value.results.filter(({ subject }) => subject === 'test.rule')
  }
  t.same(
    [await own('policy.yaml'), await own('bad.yaml')],
    [
      [
        { subject: 'test.rule', line: 'a', expected: 'match', passed: true },
        { subject: 'test.rule', line: 'true', expected: 'not_match', passed: true },
      ],
      [
        { subject: 'test.rule', line: 'b', expected: 'match', passed: false },
        { subject: 'test.rule', line: 'true', expected: 'not_match', passed: true },
      ],
    ],
  )
})
