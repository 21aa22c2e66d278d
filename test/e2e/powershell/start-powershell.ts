import { accessSync, constants, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT_DIR } from '../../support/home.ts'
import type { TemporaryHome } from '../../support/home.ts'
import { PtyShell } from '../../support/pty.ts'
import { PROMPT, sayLog } from '../../support/shell-rc.ts'

export const HOOK_FILE = join(PROJECT_DIR, 'shell-hooks/cmdaid.ps1')

export type PowerShellOptions = {
  /** Lines of the profile before and after the hook is loaded. */
  readonly before?: string
  readonly after?: string
  /** Seconds that the hook waits for an answer. Long by default: a busy test machine is not a hung daemon. */
  readonly waitSeconds?: number
  /** Without the hook, to compare. */
  readonly hook?: boolean
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** The PowerShell to test, or why there is none: what `CMDAID_TEST_PWSH` names, or else `pwsh` in PATH. */
export function findPowerShell(): { readonly program: string } | { readonly skip: string } {
  const named = process.env['CMDAID_TEST_PWSH']
  if (named !== undefined && named !== '') return { program: named }
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    const program = join(folder, 'pwsh')
    try {
      accessSync(program, constants.X_OK)
      return { program }
    } catch {
      // Not here.
    }
  }
  return { skip: 'no PowerShell here: runs when CMDAID_TEST_PWSH names one or `pwsh` is in PATH' }
}

/**
 * A profile that defines `say WORD…` (appends its words to a file) and the commands that test policies refuse, ask about
 * and warn of, each of which would leave its trace there too. Returns the XDG_CONFIG_HOME that holds it.
 */
export function writeProfile(
  home: TemporaryHome,
  { before = '', after = '', hook = true, waitSeconds = 10 }: PowerShellOptions = {},
): string {
  const config = mkdtempSync(join(home.dir, 'config-'))
  mkdirSync(join(config, 'powershell'))
  const profile = [
    `function prompt { '${PROMPT}' }`,
    `function say { [IO.File]::AppendAllText('${sayLog(home)}', "$args\`n") }`,
    'function DENYME { say DENYME ran }',
    'function CONFIRMME { say CONFIRMME ran }',
    'function WARNME { say WARNME ran }',
    before,
    hook ? `. '${HOOK_FILE}'; if ($__cmdaid) { $__cmdaid.Wait = ${waitSeconds} }` : '',
    after,
    '',
  ].join('\n')
  writeFileSync(join(config, 'powershell/Microsoft.PowerShell_profile.ps1'), profile)
  return config
}

/** What a PowerShell of a test needs besides its home's environment. Its caches go into the home as well. */
export function powerShellEnvironment(home: TemporaryHome, config: string): Record<string, string> {
  return {
    ...home.env,
    XDG_CONFIG_HOME: config,
    XDG_CACHE_HOME: join(home.dir, 'cache'),
    XDG_DATA_HOME: join(home.dir, 'data'),
    POWERSHELL_UPDATECHECK: 'Off',
    POWERSHELL_TELEMETRY_OPTOUT: '1',
    DOTNET_CLI_TELEMETRY_OPTOUT: '1',
  }
}

/** Starts an interactive PowerShell with that profile and resolves at its first prompt. */
export async function startPowerShell(
  program: string,
  home: TemporaryHome,
  options: PowerShellOptions = {},
): Promise<PtyShell> {
  const config = writeProfile(home, options)
  return PtyShell.start({
    command: [program, '-NoLogo', ...(options.args ?? [])],
    env: { ...powerShellEnvironment(home, config), ...options.env },
    cwd: home.dir,
    prompt: PROMPT,
  })
}
