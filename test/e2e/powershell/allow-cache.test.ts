import t from 'tap'
import { said } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'
import { CACHE_CASES, LATER_CASE, LIMIT_CASES, UNREAD_CASES } from '../allow-cache-cases.ts'
import { HURRIED, runCacheCases } from '../allow-cache-world.ts'
import type { CacheShell } from '../allow-cache-world.ts'
import { POWERSHELL_POLICY } from './run-case.ts'
import { findPowerShell, startPowerShell } from './start-powershell.ts'

const AFTER = `function other { say "other $args" }
function redefine { Set-Alias -Scope Global $args[0] DENYME }
function hurry { $__cmdaid.Wait = 0.05; [Console]::WriteLine('${HURRIED}') }
function calm { $__cmdaid.Wait = 10 }`

const cacheShell = (program: string): CacheShell => ({
  name: 'powershell',
  policy: POWERSHELL_POLICY,
  start: (home) => startPowerShell(program, home, { after: AFTER }),
  hurry: { on: 'hurry', off: 'calm' },
  alias: (name) => `Set-Alias ${name} say`,
  // A line that names no command.
  repeated: ['$null = 1'],
  typesAhead: false,
  // A line that is broken on the screen is drawn again and again, with the prompt.
  async longLine(world, text) {
    const before = said(world.home).length
    world.pty.type(`${text}\r`)
    await until('the line to run', () => said(world.home).length > before, { detail: () => world.transcript })
    await world.pty.line('')
  },
})

const found = findPowerShell()
if ('skip' in found) t.plan(0, found.skip)
else {
  const cases = [...CACHE_CASES, ...UNREAD_CASES, ...LIMIT_CASES, LATER_CASE]
  await runCacheCases([{ shell: cacheShell(found.program), cases }])
}
