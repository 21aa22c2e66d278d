import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { hookFileName } from '../../src/conformance/dialect.ts'
import { PROJECT_DIR } from '../support/home.ts'
import { testShells } from '../support/shells.ts'
import type { ShellName, TestShell } from '../support/shells.ts'

export type FoundShell = TestShell & { readonly path: string }

/**
 * One test for every version of a shell; those that are missing, or cannot load the hook, are skipped with the reason.
 * `CMDAID_TEST_ONLY=bash:5.1,zsh` leaves the others out.
 */
export function eachShell(name: ShellName, title: string, run: (t: Test, shell: FoundShell) => Promise<void>): void {
  const only = process.env['CMDAID_TEST_ONLY']?.split(',')
  for (const entry of testShells()) {
    const { shell, version, path, skip } = entry
    if (shell !== name) continue
    if (only !== undefined && !only.includes(shell) && !only.includes(`${shell}:${version}`)) continue
    const reason = skip ?? cannotLoad(shell, version)
    t.test(`${shell} ${version}: ${title}`, { skip: reason ?? false }, async (t) => {
      if (path !== null) await run(t, { ...entry, path })
    })
  }
}

/** Why the hook is not loaded there; each of these says so itself, which `degraded.test.ts` tries. */
export function cannotLoad(shell: ShellName, version: string): string | null {
  if (!existsSync(join(PROJECT_DIR, 'shell-hooks', hookFileName(shell)))) return `there is no hook for ${shell} yet`
  if (shell === 'zsh' && version.endsWith('-static'))
    return 'a static zsh cannot load zsh/system, so the hook steps aside'
  return null
}

/** Compiles what the fish hook starts, as an installation does. */
export function buildRelay(): void {
  execFileSync(join(PROJECT_DIR, 'shell-hooks', 'build'), ['relay'], { stdio: 'ignore' })
}
