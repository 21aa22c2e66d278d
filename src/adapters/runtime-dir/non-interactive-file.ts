import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NonInteractive } from '../../core/policy/decision.ts'

const NAME = 'noninteractive'

/** Tells shells without a person what to do (docs/format/hook.md), by rename: none of them reads half of it. `off` is no file. */
export function writeNonInteractive(runtimeDir: string, setting: NonInteractive): void {
  if (setting === 'off') return removeNonInteractive(runtimeDir)
  const temporary = join(runtimeDir, `.${NAME}.new`)
  writeFileSync(temporary, `${setting}\n`, { mode: 0o600 })
  renameSync(temporary, join(runtimeDir, NAME))
}

export function removeNonInteractive(runtimeDir: string): void {
  rmSync(join(runtimeDir, NAME), { force: true })
}
