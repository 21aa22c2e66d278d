import t from 'tap'
import { MEMORY_RETURN_FRAMES_MIN, MEMORY_RETURN_LOOKS } from '../../src/core/limits.ts'
import { MemoryReturn } from '../../src/daemon/memory-return.ts'

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
