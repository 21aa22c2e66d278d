import { TEST_POLICY } from '../../support/policy.ts'
import { CACHE_CASES, LATER_CASE, LIMIT_CASES, UNREAD_CASES } from '../allow-cache-cases.ts'
import { runCacheCases } from '../allow-cache-world.ts'
import type { CacheCase, CacheShell } from '../allow-cache-world.ts'
import { buildRelay, FISHES, FishShell } from './fish-shell.ts'

/** A line that defines the alias itself would be refused. */
const AFTER = `function other; say "other $argv"; end
function redefine; alias $argv[1] DENYME; end`

/** A relay waits as long as it was told when it started. */
const cacheShell = (program: string): CacheShell => ({
  name: program,
  policy: TEST_POLICY,
  start: (home, hangs) => FishShell.start(home, { program, after: AFTER, waitMs: hangs ? 1_000 : 10_000 }),
  alias: (name) => `alias ${name} say`,
  typesAhead: true,
})

const COLLISION: CacheCase = {
  title: 'two lines that the relay has the same hash for are two lines',
  hangs: true,
  async run(t, world) {
    const [known, other] = collision(world.home.dir)
    await world.type(known, 'say a')
    await world.runsAtOnce(t, known)
    await world.waits(t, other)
  },
}

buildRelay()

// What is the relay's alone is the same whatever the fish.
await runCacheCases(
  FISHES.map((program, at) => ({
    shell: cacheShell(program),
    cases: at === 0 ? [...CACHE_CASES, COLLISION, ...UNREAD_CASES, ...LIMIT_CASES, LATER_CASE] : CACHE_CASES,
  })),
)

/** Two lines of one length whose FNV-1a behind this directory is the same. */
function collision(cwd: string): readonly [string, string] {
  const hash = (start: number, text: string): number =>
    [...Buffer.from(text)].reduce((sum, byte) => Math.imul(sum ^ byte, 16_777_619), start)
  const start = hash(2_166_136_261, `${cwd}say `)
  const seen = new Map<number, string>()
  for (let at = 100_000_000; ; at += 1) {
    const [sum, line] = [hash(start, String(at)), `say ${at}`]
    const found = seen.get(sum)
    if (found !== undefined) return [found, line]
    seen.set(sum, line)
  }
}
