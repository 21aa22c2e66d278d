/** What can be seen of a shell from outside: whether it is installed, and whether its start files load the hook. */

import { access, constants, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RC_FILE_BYTES_MAX } from '../core/limits.ts'
import type { HOOKED_SHELLS } from './command-table.ts'

export type ShellToHook = (typeof HOOKED_SHELLS)[number]

export type ShellSetup = {
  readonly shell: ShellToHook
  /** Absolute path of the program; null when it is not installed. */
  readonly program: string | null
  /** The start file that loads the hook; null when none does. */
  readonly loadedBy: string | null
  /** Where a line that loads it belongs. */
  readonly startFile: string
}

type Environment = Readonly<Record<string, string | undefined>>

export async function inspectShell(shell: ShellToHook, env: Environment, home: string): Promise<ShellSetup> {
  const files = startFiles(shell, env, home)
  return {
    shell,
    program: await findProgram(PROGRAMS[shell], env['PATH'] ?? ''),
    loadedBy: await firstThatLoads(files, shell),
    startFile: files[0] ?? '',
  }
}

const PROGRAMS: Readonly<Record<ShellToHook, string>> = { bash: 'bash', zsh: 'zsh', fish: 'fish', powershell: 'pwsh' }

/** What the name of each shell's hook file ends with. */
export const HOOK_SUFFIX: Readonly<Record<ShellToHook, string>> = {
  bash: 'bash',
  zsh: 'zsh',
  fish: 'fish',
  powershell: 'ps1',
}

/** In the order in which a line is best put there. */
function startFiles(shell: ShellToHook, env: Environment, home: string): string[] {
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config')
  switch (shell) {
    case 'bash':
      return ['.bashrc', '.bash_profile', '.profile'].map((name) => join(home, name)).concat('/etc/bash.bashrc')
    case 'zsh': {
      const folder = env['ZDOTDIR'] || home
      return [join(folder, '.zshrc'), join(folder, '.zshenv'), '/etc/zsh/zshrc', '/etc/zshrc']
    }
    case 'fish':
      return [join(config, 'fish/config.fish')]
    case 'powershell':
      return [join(config, 'powershell/Microsoft.PowerShell_profile.ps1')]
  }
}

/** Absolute path of a program of this name; null when PATH has none. */
export async function findProgram(name: string, path: string): Promise<string | null> {
  for (const folder of path.split(':')) {
    if (!folder.startsWith('/')) continue
    const file = join(folder, name)
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file
  }
  return null
}

async function firstThatLoads(files: readonly string[], shell: ShellToHook): Promise<string | null> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '')
    if (loadsHook(text.slice(0, RC_FILE_BYTES_MAX), shell)) return file
  }
  return null
}

/** A line, not a comment, that runs `cmdaid init` for this shell or sources its hook file. */
export function loadsHook(text: string, shell: ShellToHook): boolean {
  const init = new RegExp(`cmdaid['"]?\\s{1,8}init\\s{1,8}['"]?${shell}\\b`)
  const file = new RegExp(`(?:^|[\\s;&])(?:source|\\.)\\s.{0,1024}cmdaid\\.${HOOK_SUFFIX[shell]}\\b`)
  return text
    .split('\n')
    .some((line) => !line.trimStart().startsWith('#') && line.length < 4_096 && (init.test(line) || file.test(line)))
}
