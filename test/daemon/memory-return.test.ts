import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { MEMORY_RETURN_FRAMES_MIN, MEMORY_RETURN_LOOKS } from '../../src/core/limits.ts'
import { MemoryReturn } from '../../src/daemon/memory-return.ts'
import { PROJECT_DIR } from '../support/home.ts'

function watched(): { memory: MemoryReturn; look: (times: number) => number; hear: (frames: number) => void } {
  let collections = 0
  const memory = new MemoryReturn(() => (collections += 1))
  return {
    memory,
    look: (times) => {
      for (let look = 0; look < times; look += 1) memory.look()
      return collections
    },
    hear: (frames) => {
      for (let frame = 0; frame < frames; frame += 1) memory.heard()
    },
  }
}

t.test('what the start took is given back once nobody has spoken for long enough, and once only', async (t) => {
  const { look } = watched()
  t.equal(look(MEMORY_RETURN_LOOKS), 0)
  t.equal(look(1), 1)
  t.equal(look(10 * MEMORY_RETURN_LOOKS), 1)
})

t.test('a shell that speaks now and then puts it off', async (t) => {
  const { look, hear } = watched()
  for (let round = 0; round < 20; round += 1) {
    hear(1)
    t.equal(look(MEMORY_RETURN_LOOKS), 0)
  }
  t.equal(look(1), 1)
})

t.test('few lines are not worth it, many are, and so is a new policy', async (t) => {
  const { memory, look, hear } = watched()
  t.equal(look(MEMORY_RETURN_LOOKS + 1), 1)
  hear(MEMORY_RETURN_FRAMES_MIN - 1)
  t.equal(look(2 * MEMORY_RETURN_LOOKS), 1)
  hear(1)
  t.equal(look(MEMORY_RETURN_LOOKS), 1)
  t.equal(look(1), 2)
  memory.littered()
  t.equal(look(MEMORY_RETURN_LOOKS + 1), 3)
})

t.test('the heap is collected where Node lets it be, and elsewhere nothing happens', async (t) => {
  const module = join(PROJECT_DIR, 'src/daemon/memory-return.ts')
  const script = `import { collectAndCompact } from '${module}'; process.stdout.write(String(collectAndCompact()))`
  const run = (...flags: readonly string[]): string =>
    execFileSync(process.execPath, [...flags, '--input-type=module', '-e', script], { encoding: 'utf8' })
  t.equal(run(), 'null')
  t.match(run('--expose-gc'), /^[0-9.]+$/)
})
