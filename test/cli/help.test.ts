import t from 'tap'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { COMMANDS } from '../../src/cli/command-table.ts'
import { helpFor } from '../../src/cli/help.ts'
import { makeTemporaryHome } from '../support/home.ts'
import { TestDaemon } from '../support/daemon.ts'
import { TEST_POLICY } from '../support/policy.ts'
import { programFolder } from '../support/script.ts'

// Each example is a process of its own.
t.setTimeout(240_000)

const EVERY = COMMANDS.flatMap((spec) => [
  { words: [spec.name], spec },
  ...spec.verbs.map((verb) => ({ words: [spec.name, verb.name], spec: verb })),
])

t.test('every command has a text of its own, and the first text lists them all with what they do', async (t) => {
  const texts = EVERY.map(({ words }) => helpFor(words))
  t.equal(new Set([...texts, helpFor([])]).size, EVERY.length + 1)
  for (const { name, summary } of COMMANDS) t.match(helpFor([]), new RegExp(`^  ${name} +${summary}$`, 'm'))
})

t.test('each text describes exactly the options that the command takes', async (t) => {
  for (const { words, spec } of EVERY) {
    const described = [...helpFor(words).matchAll(/^ {2}(?:-(\w), )?--([a-z-]+)/gm)].map((match) =>
      match[1] === undefined ? `--${match[2]}` : `--${match[2]} -${match[1]}`,
    )
    const taken = spec.options.map(({ name, short }) => (short === undefined ? `--${name}` : `--${name} -${short}`))
    t.strictSame([...described].sort(), [...taken].sort(), words.join(' '))
  }
})

t.test('no line of a text is wider than a page', async (t) => {
  const wide = [[], ...EVERY.map(({ words }) => words)].flatMap((words) =>
    helpFor(words)
      .split('\n')
      .filter((line) => line.length > 128),
  )
  t.strictSame(wide, [])
})

t.test('the synopsis of the manual is what the texts say', async (t) => {
  const manual = readFileSync('docs/man/cmdaid.1.md', 'utf8')
  const synopsis = /## Synopsis\n\n```\n([\s\S]*?)```/.exec(manual)?.[1]?.trim().split('\n')
  const usages = [[], ...EVERY.map(({ words }) => words)].flatMap((words) =>
    [...helpFor(words).matchAll(/^(?:Usage:| {6}) (cmdaid .*)$/gm)].map((match) => match[1]),
  )
  t.strictSame(synopsis, usages)
})

t.test('the example of every text works', async (t) => {
  using home = makeTemporaryHome({ policy: TEST_POLICY })
  writeFileSync(join(home.dir, 'policy.yaml'), TEST_POLICY, { mode: 0o600 })
  const env = { ...home.env, PATH: `${programFolder(home)}:${home.env['PATH'] ?? ''}` }
  await using _daemon = await TestDaemon.start(home)
  for (const words of [[], ...EVERY.map((each) => each.words)]) {
    const example = /^Example: (cmdaid .*)$/m.exec(helpFor(words))?.[1]
    if (example === undefined) throw new Error(`${words.join(' ')} has no example`)
    const ran = spawnSync('bash', ['-c', example], { cwd: home.dir, env, encoding: 'utf8' })
    // `doctor` finds shells without a hook on this home, and the shipped default denies the first example.
    const expected = words[0] === 'doctor' ? 1 : 0
    t.strictSame({ example, status: ran.status, stderr: ran.stderr }, { example, status: expected, stderr: '' })
    // Nothing was refused on this home yet.
    if (words[0] !== 'log') t.not(ran.stdout, '', example)
  }
})
