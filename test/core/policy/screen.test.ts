import * as fc from 'fast-check'
import t from 'tap'
import { compilePolicy } from '../../../src/core/policy/compile.ts'
import { sceneOf } from '../../../src/core/policy/scene.ts'
import { deletingPrograms, readingPrograms, writingPrograms } from '../../../src/core/policy/file-access.ts'
import { parsePolicyText } from '../../../src/core/policy/parse.ts'
import type { PolicySource } from '../../../src/core/policy/document.ts'
import { candidatesOfLine, lineAsCommand } from '../../../src/core/policy/decide.ts'
import { compilePathGlob } from '../../../src/core/policy/glob.ts'
import { withoutVersion } from '../../../src/core/policy/program-class.ts'
import { readingsOf } from '../../../src/core/policy/path.ts'
import {
  CommandScreen,
  OPEN,
  SHAPE,
  Screens,
  hashesOf,
  prefixHash,
  screenOfAll,
  screenOfAny,
} from '../../../src/core/policy/screen.ts'
import { hashesOfPath } from '../../../src/core/policy/segments.ts'
import { type CompiledPolicy, candidates } from '../../../src/core/policy/table.ts'
import { analyse } from '../../../src/core/shell/analyse.ts'
import { SHIPPED_PACKS, readShippedPack } from '../../../src/adapters/policy-file/shipped-packs.ts'

const HOME = '/home/user'

async function shippedSources(): Promise<readonly PolicySource[]> {
  const packs = await Promise.all(SHIPPED_PACKS.map(readShippedPack))
  return packs.flatMap(({ prepared }) =>
    prepared === null ? [] : [{ authority: 'user', kind: 'pack', document: prepared } as const],
  )
}

/** Rules that hold for a command of the line and that nobody would try; and how many hold. */
function hiddenRules(
  policy: CompiledPolicy,
  line: string,
  cwd: string,
  home: string | null = HOME,
): { hidden: string[]; held: number } {
  const analysis = analyse({ line, shell: 'bash', cwd, home })
  const whole = lineAsCommand(analysis)
  const ofLine = whole === null ? [] : candidatesOfLine(policy, analysis, whole)
  const hidden: string[] = []
  let held = 0
  for (const command of analysis.commands) {
    const found = [...candidates(policy, command, analysis, home), ...ofLine]
    // Each test has all that judging a line may cost.
    const context = {
      actor: { kind: 'human', name: null, evidence: 'unknown' },
      shell: 'bash',
      home,
      interactive: true,
    } as const
    for (const rule of policy.rules) {
      if (!rule.test(command, sceneOf(analysis, context))) continue
      held += 1
      const judged = found.some(
        (candidate) => candidate.rule === rule && candidate.test(command, sceneOf(analysis, context)),
      )
      if (!judged) hidden.push(`${rule.id}: ${line}`)
    }
  }
  return { hidden, held }
}

/** A rule for each field that takes paths and each kind of pattern. */
function everyPathRule(): PolicySource {
  const patterns = [
    '/etc/shadow',
    '/etc',
    '/etc/*',
    '/*/shadow',
    '~/.ssh/**',
    '~/*',
    '.ssh',
    '.ssh/id_*',
    '/',
    '~',
    '~/.ssh',
  ]
  const fields =
    'path operand last_operand argument reads writes deletes redirect.write redirect.read flag_value.output flag_value.d'.split(
      ' ',
    )
  const rules = fields.flatMap((field, at) =>
    patterns.map((pattern, number) => {
      const [name = '', inner] = field.split('.')
      const test = { path: pattern }
      const when = { [name]: inner === undefined ? test : { [inner]: test } }
      return {
        id: `every.path-${at}-${number}`,
        effect: 'warn',
        risk: 'moderate',
        when,
        reason: 'x',
        match: ['x'],
        not_match: ['y'],
      }
    }),
  )
  const parsed = parsePolicyText(JSON.stringify({ version: 1, rules }), 'every-path.yaml')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return { authority: 'user', kind: 'document', document: parsed.value }
}

async function shippedPolicy(
  ...others: readonly PolicySource[]
): Promise<{ policy: CompiledPolicy; lines: readonly string[] }> {
  const sources = [...(await shippedSources()), ...others]
  const compiled = compilePolicy(sources, { examples: false })
  if (!compiled.ok) throw new Error('the shipped packs do not compile')
  const lines = sources.flatMap(({ document }) =>
    (document.content.rules ?? []).flatMap(({ match, not_match }) => [...match, ...not_match]),
  )
  return { policy: compiled.value, lines }
}

t.test('no screen hides a rule that holds, over every example of the shipped packs', async (t) => {
  const { policy, lines } = await shippedPolicy()
  const found = lines.map((line) => hiddenRules(policy, line, `${HOME}/project`))
  t.same(
    found.flatMap(({ hidden }) => hidden),
    [],
  )
  const held = found.reduce((sum, each) => sum + each.held, 0)
  t.ok(held > 300, `${held} rules held`)
})

t.test('no screen hides a rule that holds, however a path is written and whatever it is a part of', async (t) => {
  const { policy } = await shippedPolicy(everyPathRule())
  const program = fc.oneof(
    fc.constantFrom(...readingPrograms, ...writingPrograms, ...deletingPrograms, 'echo', 'docker', 'git'),
    // Those that take paths out of words.
    fc.constantFrom('dd', 'curl', 'http', 'cp', 'tar', 'rm'),
  )
  const place = fc.constantFrom(...'/ ~ . /etc/shadow shadow /etc etc ~/.ssh/id_rsa ~/.ssh .ssh /dev/sda'.split(' '))
  const spelt = fc.constantFrom(
    ...'||||./|../|/../|//|"a_b"/|--output=|-o|-T|-t|--target-directory=|@|x=@|"x=<"|of=|if=|file://|--data=@|-d@|-F"x=<"'.split(
      '|',
    ),
  )
  const ending = fc.constantFrom('', '', '', '', '/', '/.', '/..', '/*', '/.*', '/x/../y', ';type=text/plain', '*')
  const word = fc.tuple(spelt, place, ending).map(([before, path, after]) => `${before}${path}${after}`)
  const option = fc.constantFrom('-r', '-rf', '-i', '-t', '-T', '-d', '-F', '--data', '--delete', '-delete', '--')
  const redirect = fc.constantFrom('', '', '>', '>>', '<', '2>&1 >', '<<<', '&>')
  const command = fc
    .tuple(program, fc.array(fc.oneof(option, word), { maxLength: 4 }), redirect, word)
    .map(([name, words, operator, target]) =>
      [name, ...words, ...(operator === '' ? [] : [operator, target])].join(' '),
    )
  const joint = fc.constantFrom(' | ', ' && ', '; cd ~ && ', '; cd / ; ')
  const line = fc.tuple(command, joint, command).map((parts) => parts.join(''))
  const cwd = fc.constantFrom(HOME, '/', '/etc', `${HOME}/.ssh`, `${HOME}/a/b`)
  let held = 0
  fc.assert(
    fc.property(line, cwd, fc.constantFrom(HOME, HOME, null), (text, from, home) => {
      const found = hiddenRules(policy, text, from, home)
      held += found.held
      return found.hidden.length === 0
    }),
    { numRuns: 10_000 },
  )
  t.ok(held > 400, `${held} rules held`)
})

t.test('a path that a pattern matches has one of the segments that the pattern is known by', async (t) => {
  const segment = fc.constantFrom('home', 'user', 'etc', '.ssh', 'id_rsa', 'a*', '?', '**', '*')
  const pattern = fc
    .tuple(fc.constantFrom('/', '~/', ''), fc.array(segment, { maxLength: 4 }))
    .map(([root, parts]) => root + parts.join('/'))
  const plain = fc.constantFrom('home', 'user', 'etc', '.ssh', 'id_rsa', 'ab', 'x', '..', '.')
  const path = fc
    .tuple(fc.constantFrom('/', '', `${HOME}/`), fc.array(plain, { maxLength: 5 }))
    .map(([root, parts]) => root + parts.join('/'))
  fc.assert(
    fc.property(pattern, path, (source, text) => {
      const glob = compilePathGlob(source)
      if (!glob.ok) return
      const readings = readingsOf(text, { cwd: `${HOME}/etc`, home: HOME })
      if (!glob.value.matches(readings, false)) return
      const own = readings.flatMap(({ segments }) => hashesOfPath(segments))
      t.ok(glob.value.segments?.some((hash) => own.includes(hash)) ?? true, `${source} and ${text}`)
    }),
    { numRuns: 3_000 },
  )
})

t.test('of what must hold together the smaller set counts, of alternatives every one', (t) => {
  const a = { ...OPEN, flags: [1, 2, 3], segments: [7], shape: 1 }
  const b = { ...OPEN, flags: [4], words: [5, 6], shape: 2 }
  t.same(screenOfAll([a, b]), { ...OPEN, flags: [4], words: [5, 6], segments: [7], shape: 3 })
  t.same(screenOfAny([a, b]), { ...OPEN, flags: [1, 2, 3, 4], shape: 0 })
  t.same(screenOfAll([]), OPEN)
  t.same(screenOfAny([]), OPEN)
  t.end()
})

t.test('a list of screens names those that may hold, in order', (t) => {
  const screens = new Screens([
    OPEN,
    { ...OPEN, flags: hashesOf(['force', 'f']) },
    { ...OPEN, program: hashesOf(['git']) },
    { ...OPEN, shape: SHAPE.to },
    { ...OPEN, words: hashesOf(['push']), flags: hashesOf(['force']) },
    { ...OPEN, segments: hashesOfPath(['etc']) },
    { ...OPEN, program: [prefixHash('mkfs.*')] },
  ])
  const passing = (line: string): number[] => {
    const analysis = analyse({ line, shell: 'bash', cwd: `${HOME}/x`, home: HOME })
    const found: number[] = []
    screens.passing(new CommandScreen(analysis.commands[0]!, analysis, HOME, withoutVersion), (index) =>
      found.push(index),
    )
    return found
  }
  t.same(passing('ls'), [0])
  t.same(passing('git push -f'), [0, 1, 2])
  t.same(passing('git-2.30 push --force'), [0, 1, 2, 4])
  t.same(passing('sort a | tee b'), [0, 3])
  t.same(passing('cat /etc'), [0, 5])
  t.same(passing('mkfs.ext4 dev'), [0, 6])
  t.end()
})

t.test('of two texts of one bit each is told apart', (t) => {
  // More names than there are bits.
  const names = Array.from({ length: 100 }, (_, at) => `name-${at}`)
  const screens = new Screens(names.map((name) => ({ ...OPEN, words: hashesOf([name]) })))
  const analysis = analyse({ line: 'x name-42', shell: 'bash', cwd: null, home: null })
  const found: number[] = []
  screens.passing(new CommandScreen(analysis.commands[0]!, analysis, null, withoutVersion), (index) =>
    found.push(index),
  )
  t.same(found, [42])
  t.end()
})
