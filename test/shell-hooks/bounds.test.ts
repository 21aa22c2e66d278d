import t from 'tap'
import { readFileSync } from 'node:fs'
import {
  ALLOW_CACHE_LENGTH_MAX,
  ALLOW_CACHE_LINES_MAX,
  HOOK_INLINE_BYTES_MAX,
  HOOK_WAIT_MS,
} from '../../src/core/limits.ts'

/** The longest encoding of one character, which is what shells count. */
const BYTES_PER_CHARACTER_MAX = 4

const read = (name: string): string => readFileSync(`shell-hooks/${name}`, 'utf8')

for (const name of ['cmdaid.bash', 'cmdaid.zsh']) {
  t.test(`${name} waits as long as the program says it does`, async (t) => {
    const [, seconds] = /__cmdaid_wait=([\d.]+)/.exec(read(name)) ?? []
    t.equal(Number(seconds) * 1000, HOOK_WAIT_MS)
  })
}

t.test('bash puts no more of a directory into a FIFO than it holds, and texts go by the file', async (t) => {
  for (const name of ['cmdaid-ask.bash', 'cmdaid-prompt.bash', 'cmdaid-3.2.bash', 'cmdaid-env.bash']) {
    const hook = read(name)
    const lengths = [...hook.matchAll(/\$\{PWD:0:(\d+)\}/g)].map((match) => Number(match[1]))
    t.ok(lengths.length > 0, `the bound was found in ${name}`)
    for (const length of lengths)
      t.ok(length * BYTES_PER_CHARACTER_MAX <= HOOK_INLINE_BYTES_MAX, `${length} characters`)
    t.notMatch(hook, /"\$PWD"/, `no directory goes unbounded in ${name}`)
  }
})

for (const name of ['cmdaid-allowed.bash', 'cmdaid.zsh']) {
  t.test(`${name} remembers as much as the program says it does`, async (t) => {
    const hook = read(name)
    t.match(hook, new RegExp(`_key(\\}? > | <= )${ALLOW_CACHE_LENGTH_MAX}\\b`))
    t.match(hook, new RegExp(`(< |<= )${ALLOW_CACHE_LINES_MAX}\\b`))
  })
}

t.test('zsh puts no more into a FIFO at once than it holds', async (t) => {
  const lengths = [...read('cmdaid.zsh').matchAll(/\$\{?#[\w]*text\b[^>\n]*(?:>|<=) *(\d+)/g)].map((match) =>
    Number(match[1]),
  )
  t.ok(lengths.length > 0, 'the bound was found')
  for (const length of lengths) t.ok(length * BYTES_PER_CHARACTER_MAX <= HOOK_INLINE_BYTES_MAX, `${length} characters`)
})
