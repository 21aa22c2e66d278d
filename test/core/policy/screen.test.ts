import * as fc from 'fast-check'
import t from 'tap'
import { compilePolicy } from '../../../src/core/policy/compile.ts'
import { sceneOf } from '../../../src/core/policy/scene.ts'
import type { PolicySource } from '../../../src/core/policy/document.ts'
import { candidatesOfLine, lineAsCommand } from '../../../src/core/policy/decide.ts'
import { compilePathGlob } from '../../../src/core/policy/glob.ts'
import { NO_SEGMENTS, readingsOf } from '../../../src/core/policy/path.ts'
import { OPEN, Screens, bitOf, bitsOf, screenOfAll, screenOfAny } from '../../../src/core/policy/screen.ts'
import { candidates } from '../../../src/core/policy/table.ts'
import { analyse } from '../../../src/core/shell/analyse.ts'
import { SHIPPED_PACKS, readShippedPack } from '../../../src/adapters/policy-file/shipped-packs.ts'

const HOME = '/home/user'

async function shippedSources(): Promise<readonly PolicySource[]> {
  const packs = await Promise.all(SHIPPED_PACKS.map(readShippedPack))
  return packs.flatMap(({ prepared }) =>
    prepared === null ? [] : [{ authority: 'user', kind: 'pack', document: prepared } as const],
  )
}

t.test('no screen hides a rule that holds, over every example of the shipped packs', async (t) => {
  const sources = await shippedSources()
  const compiled = compilePolicy(sources, { examples: false })
  if (!compiled.ok) throw new Error('the shipped packs do not compile')
  const policy = compiled.value
  const lines = sources.flatMap(({ document }) =>
    (document.content.rules ?? []).flatMap(({ match, not_match }) => [...match, ...not_match]),
  )
  const hidden: string[] = []
  let held = 0
  for (const line of lines) {
    const analysis = analyse({ line, shell: 'bash', cwd: `${HOME}/project`, home: HOME })
    const whole = lineAsCommand(analysis)
    const ofLine = whole === null ? [] : candidatesOfLine(policy, analysis, whole)
    for (const command of analysis.commands) {
      const found = new Set([...candidates(policy, command, analysis), ...ofLine])
      const scene = sceneOf(analysis, {
        actor: { kind: 'human', name: null, evidence: 'unknown' },
        shell: 'bash',
        home: HOME,
        interactive: true,
      })
      for (const rule of policy.rules) {
        if (!rule.test(command, scene)) continue
        held += 1
        if (!found.has(rule)) hidden.push(`${rule.id}: ${line}`)
      }
    }
  }
  t.same(hidden, [])
  t.ok(held > 300, `${held} rules held`)
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
      const bits = readings.reduce(
        (all, { segments }) => all | (segments.length === 0 ? bitOf(NO_SEGMENTS) : bitsOf(segments)),
        0,
      )
      t.ok(glob.value.bits === null || (glob.value.bits & bits) !== 0, `${source} and ${text}`)
    }),
    { numRuns: 3_000 },
  )
})

t.test('of what must hold together the narrower set counts, of alternatives every one', (t) => {
  const a = { ...OPEN, flags: bitsOf(['r', 'R', 'x1']), shape: 1 }
  const b = { ...OPEN, flags: bitOf('force'), words: bitOf('push'), shape: 2 }
  t.same(screenOfAll([a, b]), { ...OPEN, flags: bitOf('force'), words: bitOf('push'), shape: 3 })
  t.same(screenOfAny([a, b]), { ...OPEN, flags: a.flags | b.flags, words: OPEN.words | b.words, shape: 0 })
  t.same(screenOfAll([]), OPEN)
  t.same(screenOfAny([]), OPEN)
  t.end()
})

t.test('a list of screens names those that may hold, in order', (t) => {
  const wanted = { ...OPEN, flags: bitOf('force') }
  const screens = new Screens([OPEN, wanted, { ...OPEN, shape: 4 }, wanted])
  const passing = (command: Parameters<Screens['passing']>[0]): number[] => {
    const found: number[] = []
    screens.passing(command, (index) => found.push(index))
    return found
  }
  t.same(passing(OPEN), [0])
  t.same(passing({ ...OPEN, flags: OPEN.flags | bitOf('force') }), [0, 1, 3])
  t.same(passing({ ...OPEN, shape: 7 }), [0, 2])
  t.end()
})
