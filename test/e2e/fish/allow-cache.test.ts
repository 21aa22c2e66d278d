import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
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
  title: 'two lines that the relay has the same hash for are two lines, and two directories are two',
  hangs: true,
  async run(t, world) {
    const { dir } = world.home
    const [known, other] = collision(`${dir}say `).map((end) => `say ${end}`)
    await world.type(known!, 'say a')
    await world.runsAtOnce(t, known!)
    await world.waits(t, other!)
    await world.untilChecked()
    const [here, there] = collision(`${dir}/`).map((end) => join(dir, end))
    for (const each of [here!, there!]) mkdirSync(each)
    await world.type(`cd ${here}`, 'say a', `cd ${there}`)
    await world.waits(t, 'say a')
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

/** Two ends of one length whose FNV-1a behind this beginning is the same. */
function collision(beginning: string): readonly [string, string] {
  const hash = (start: number, text: string): number =>
    [...Buffer.from(text)].reduce((sum, byte) => Math.imul(sum ^ byte, 16_777_619), start)
  const start = hash(2_166_136_261, beginning)
  const seen = new Map<number, string>()
  for (let at = 100_000_000; ; at += 1) {
    const [sum, end] = [hash(start, String(at)), String(at)]
    const found = seen.get(sum)
    if (found !== undefined) return [found, end]
    seen.set(sum, end)
  }
}
