import t from 'tap'
import { readFileSync } from 'node:fs'
import { HOOK_INLINE_BYTES_MAX, HOOK_WAIT_MS } from '../../src/core/limits.ts'

/** The longest encoding of one character, which is what shells count. */
const BYTES_PER_CHARACTER_MAX = 4

for (const shell of ['bash', 'zsh']) {
  const hook = readFileSync(`shell-hooks/cmdaid.${shell}`, 'utf8')

  t.test(`${shell} waits as long as the program says it does`, async (t) => {
    const [, seconds] = /__cmdaid_wait=([\d.]+)/.exec(hook) ?? []
    t.equal(Number(seconds) * 1000, HOOK_WAIT_MS)
  })

  t.test(`${shell} puts no more into a FIFO at once than it holds`, async (t) => {
    const lengths = [...hook.matchAll(/\$\{?#text\b[^>\n]*> *(\d+)/g)].map((match) => Number(match[1]))
    t.ok(lengths.length > 0, 'the bound was found')
    for (const length of lengths)
      t.ok(length * BYTES_PER_CHARACTER_MAX <= HOOK_INLINE_BYTES_MAX, `${length} characters`)
  })
}
