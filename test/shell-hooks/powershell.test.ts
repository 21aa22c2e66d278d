import t from 'tap'
import { readdirSync, readFileSync } from 'node:fs'
import { HOOK_INLINE_BYTES_MAX, HOOK_WAIT_MS } from '../../src/core/limits.ts'

const files = readdirSync('shell-hooks').filter((name) => name.endsWith('.ps1'))
const code = (name: string): string => readFileSync(`shell-hooks/${name}`, 'utf8').replaceAll(/(?:^|\s)#.*$/gm, '')

t.test('PowerShell waits as long as the program says it does', async (t) => {
  const waits = files.flatMap((name) =>
    [...code(name).matchAll(/\bWait += ([\d.]+)/g)].map((match) => Number(match[1]) * 1000),
  )
  t.same(waits, [HOOK_WAIT_MS, HOOK_WAIT_MS])
})

t.test('PowerShell puts no more into a FIFO at once than it takes whole', async (t) => {
  const [, bytes] = /\$frame\.Length -gt (\d+)/.exec(code('cmdaid-session.ps1')) ?? []
  t.ok(Number(bytes) > 0 && Number(bytes) <= HOOK_INLINE_BYTES_MAX)
})

t.test('no file of the PowerShell hook has syntax that Windows PowerShell 5.1 lacks', async (t) => {
  const newer = /&&|\|\||\?\?|\?\.|\?\[|\s\?\s[^{]|-Parallel|\bclean\s*\{|`u\{|[^$]\$IsWindows|[^$]\$IsMacOS/
  t.same(
    files.flatMap((name) => (newer.test(code(name)) ? [name, newer.exec(code(name))?.[0]] : [])),
    [],
  )
  t.ok(newer.test('$a ?? $b') && newer.test('$x ? 1 : 2') && newer.test('a && b'), 'such syntax would be found')
})
