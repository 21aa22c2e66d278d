import { execFileSync } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { PROJECT_DIR } from './home.ts'

export type ShellName = 'bash' | 'zsh' | 'fish' | 'powershell'

/** One version of a shell that the tests know of: where it is, or why it is missing. */
export type TestShell = {
  readonly shell: ShellName
  /** As the tests name it: `5.1`, `4`, `5.9-static`. Of a machine's own shell what it says of itself, to the second number. */
  readonly version: string
} & ({ readonly path: string; readonly skip: null } | { readonly path: null; readonly skip: string })

/** What is tested only where someone provides it: no package of it is fetched. */
const FROM_ENVIRONMENT: readonly (readonly [shell: ShellName, version: string, variable: string])[] = [
  ['bash', '4.4', 'CMDAID_TEST_BASH_4_4'],
  ['bash', '3.2', 'CMDAID_TEST_BASH_3_2'],
  ['powershell', '7', 'CMDAID_TEST_PWSH'],
]

/**
 * Every version of every shell that tests run against: the machine's own bash, zsh and fish, what `scripts/test-shells`
 * has fetched, and what the environment names. Each stands once, missing ones with their reason.
 */
export function testShells(): readonly TestShell[] {
  const own = (['bash', 'zsh', 'fish'] as const).map(ownShell)
  const fetched = fetchedShells().filter(
    ({ shell, version }) => !own.some((other) => other.shell === shell && other.version === version),
  )
  return [...own, ...fetched, ...FROM_ENVIRONMENT.map((row) => environmentShell(...row))]
}

/** The versions of one shell that can be run, and one line for each that cannot. */
export function testShellsOf(shell: ShellName): {
  readonly found: readonly (TestShell & { readonly path: string })[]
  readonly missing: readonly string[]
} {
  const all = testShells().filter((entry) => entry.shell === shell)
  return {
    found: all.filter((entry) => entry.path !== null),
    missing: all.flatMap((entry) => (entry.path === null ? [`${shell} ${entry.version}: ${entry.skip}`] : [])),
  }
}

function ownShell(shell: 'bash' | 'zsh' | 'fish'): TestShell {
  const path = findInPath(shell)
  if (path === null) return { shell, version: 'own', path: null, skip: `there is no ${shell} in PATH` }
  const said = execFileSync(path, ['--version'], { encoding: 'utf8' })
  return { shell, version: /\d+\.\d+/.exec(said)?.[0] ?? 'own', path, skip: null }
}

/** Rows of `shells.tsv`, which `scripts/test-shells` describes. */
function fetchedShells(): readonly TestShell[] {
  const folder =
    process.env['CMDAID_TEST_SHELLS_DIR'] ?? join(PROJECT_DIR, 'node_modules', '.cache', 'cmdaid', 'shells')
  let table: string
  try {
    table = readFileSync(join(folder, 'shells.tsv'), 'utf8')
  } catch {
    return []
  }
  return table
    .split('\n')
    .filter((row) => row !== '')
    .map((row): TestShell => {
      const [shell = '', version = '', path = '', reason = ''] = row.split('\t')
      return path === ''
        ? { shell: shell as ShellName, version, path: null, skip: reason }
        : { shell: shell as ShellName, version, path, skip: null }
    })
}

function environmentShell(shell: ShellName, version: string, variable: string): TestShell {
  const path = process.env[variable] ?? (shell === 'powershell' ? findInPath('pwsh') : null)
  return path === null
    ? { shell, version, path: null, skip: `set ${variable} to its program to test it` }
    : { shell, version, path, skip: null }
}

function findInPath(name: string): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // The next folder may have it.
    }
  }
  return null
}
