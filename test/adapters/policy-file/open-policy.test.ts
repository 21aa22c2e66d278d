import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { loadPolicy } from '../../../src/adapters/policy-file/load.ts'
import { type OpenedPolicy, openPolicy } from '../../../src/adapters/policy-file/open-policy.ts'
import { until } from '../../support/until.ts'

/** A document whose one rule denies `program`. */
function denying(program: string, extra = ''): string {
  return `version: 1\n${extra}\nrules: [{id: deny.${program}, effect: deny, risk: high, when: {program: ${program}}, reason: x, match: [${program}], not_match: [other]}]\n`
}

type Watched = { readonly policy: OpenedPolicy; readonly rejected: string[][]; readonly loaded: string[] }

async function opened(
  t: { testdir: () => string; teardown: (f: () => Promise<void>) => void },
  files: Readonly<Record<string, string>> = {},
): Promise<Watched & { readonly root: string }> {
  const root = t.testdir()
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text, { mode: 0o600 })
  const rejected: string[][] = []
  const loaded: string[] = []
  const policy = await openPolicy({
    paths: { organisationPolicyFile: join(root, 'org.yaml'), policyFile: join(root, 'config/policy.yaml') },
    onLoaded: ({ hash }) => loaded.push(hash),
    onRejected: (diagnostics) => rejected.push(diagnostics.map(({ code }) => code)),
    signal: new AbortController().signal,
  })
  t.teardown(async () => await policy[Symbol.asyncDispose]())
  return { root, policy, rejected, loaded }
}

/** Ids of the rules that no shipped pack holds. */
function own(policy: OpenedPolicy): readonly string[] {
  return policy.current.rules.flatMap(({ id, file }) => (file.startsWith('pack:') ? [] : [id]))
}

t.test('a document counts as soon as it is there, also in a directory that was not', async (t) => {
  const { root, policy, loaded } = await opened(t)
  t.same([own(policy), loaded], [[], [policy.current.hash]])
  await mkdir(join(root, 'config'))
  await writeFile(join(root, 'config/policy.yaml'), denying('a'), { mode: 0o600 })
  await until('the rule deny.a', () => own(policy).includes('deny.a'))
  t.same([own(policy), loaded.length], [['deny.a'], 2])
  const here = await loadPolicy({
    organisationPolicyFile: join(root, 'org.yaml'),
    policyFile: join(root, 'config/policy.yaml'),
  })
  t.equal(here.ok && here.value.hash, policy.current.hash)
})

t.test('a folder that goes and comes again with another document', async (t) => {
  const { root, policy } = await opened(t)
  const file = join(root, 'config/policy.yaml')
  for (const program of ['a', 'b', 'c']) {
    await mkdir(join(root, 'config'))
    await writeFile(file, denying(program), { mode: 0o600 })
    await until(`the rule deny.${program}`, () => own(policy).includes(`deny.${program}`))
    await rm(join(root, 'config'), { recursive: true })
    await until('the document to be gone', () => own(policy).length === 0)
  }
})

t.test('a folder that is empty for a while', async (t) => {
  const { root, policy } = await opened(t)
  await mkdir(join(root, 'config'))
  await sleep(1_000)
  await writeFile(join(root, 'config/policy.yaml'), denying('a'), { mode: 0o600 })
  await until('the rule deny.a', () => own(policy).includes('deny.a'))
})

t.test('a document counts again when it changes, is replaced, and is removed', async (t) => {
  const { root, policy } = await opened(t)
  const file = join(root, 'config/policy.yaml')
  await mkdir(join(root, 'config'))
  await writeFile(file, denying('a'), { mode: 0o600 })
  await until('the rule deny.a', () => own(policy).includes('deny.a'))
  await writeFile(file, denying('b'))
  await until('the rule deny.b', () => own(policy).includes('deny.b'))
  await writeFile(`${file}.new`, denying('c'), { mode: 0o600 })
  await rename(`${file}.new`, file)
  await until('the rule deny.c', () => own(policy).includes('deny.c'))
  await writeFile(`${file}.new`, denying('d'), { mode: 0o600 })
  await rename(`${file}.new`, file)
  await until('the rule deny.d', () => own(policy).includes('deny.d'))
  await rm(file)
  await until('the document to be gone', () => own(policy).length === 0)
  t.same(policy.current.files, ['pack:base', 'pack:starter'])
})

t.test('a broken document keeps the last good one and says so, and a repaired one counts', async (t) => {
  const { root, policy, rejected } = await opened(t)
  const file = join(root, 'config/policy.yaml')
  await mkdir(join(root, 'config'))
  await writeFile(file, denying('a'), { mode: 0o600 })
  await until('the rule deny.a', () => own(policy).includes('deny.a'))
  const before = policy.current.hash
  await writeFile(file, 'version: 1\nruls: []\n')
  await until('a rejection', () => rejected.length > 0)
  t.same([policy.current.hash, rejected.at(-1)], [before, ['CMDAID_ERR_POLICY_UNKNOWN_KEY']])
  await writeFile(file, denying('b'))
  await until('the rule deny.b', () => own(policy).includes('deny.b'))
  t.same(own(policy), ['deny.b'])
})

t.test("a broken user's document does not hold up the organisation's", async (t) => {
  const { root, policy, rejected } = await opened(t)
  await mkdir(join(root, 'config'))
  await writeFile(join(root, 'config/policy.yaml'), 'version: 1\nruls: []\n', { mode: 0o600 })
  await until('a rejection', () => rejected.length > 0)
  await writeFile(join(root, 'org.yaml'), denying('a', 'mode: monitor'), { mode: 0o600 })
  await until('the rule deny.a', () => own(policy).includes('deny.a'))
  t.same([own(policy), policy.current.mode], [['deny.a'], 'monitor'])
})

t.test('a document that is broken at the start leaves the shipped default in force', async (t) => {
  const { policy, rejected } = await opened(t, { 'org.yaml': 'version: [\n' })
  t.same([policy.current.files, rejected], [['pack:base', 'pack:starter'], [['CMDAID_ERR_POLICY_SYNTAX']]])
})

t.test('a pack beside the document is watched too', async (t) => {
  const { root, policy } = await opened(t, {
    'org.yaml': 'version: 1\nextends: [pack.yaml]\n',
    'pack.yaml': denying('a'),
  })
  t.same(own(policy), ['deny.a'])
  await writeFile(join(root, 'pack.yaml'), denying('b'))
  await until('the rule deny.b', () => own(policy).includes('deny.b'))
  t.same(own(policy), ['deny.b'])
})
