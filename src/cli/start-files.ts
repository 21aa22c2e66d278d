/** Which files each shell reads when it starts interactively: a person's own, and those of the whole machine. */

import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ShellToHook } from './shell-setup.ts'

export type Machine = {
  /** What stands before every path; `/` unless it is an image of a machine that is looked at. */
  readonly root: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export type Person = { readonly home: string; readonly env: Readonly<Record<string, string | undefined>> }

/** In the order in which lines are best put there. Of bash's login files (all but the first) bash reads the first that is there. */
export function startFilesOf(shell: ShellToHook, { home, env }: Person): readonly string[] {
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config')
  switch (shell) {
    case 'bash':
      return ['.bashrc', '.bash_profile', '.bash_login', '.profile'].map((name) => join(home, name))
    case 'zsh':
      return ['.zshrc', '.zshenv'].map((name) => join(env['ZDOTDIR'] || home, name))
    case 'fish':
      return ['conf.d/cmdaid.fish', 'config.fish'].map((name) => join(config, 'fish', name))
    case 'powershell':
      return [join(config, 'powershell/Microsoft.PowerShell_profile.ps1'), join(config, 'powershell/profile.ps1')]
  }
}

/** Those that lines for everybody belong in. Distributions differ in where they have put them. */
export function systemStartFiles(shell: ShellToHook, machine: Machine): readonly string[] {
  const under = (path: string): string => join(machine.root, path)
  switch (shell) {
    case 'bash': {
      const rc = ['etc/bash.bashrc', 'etc/bash/bashrc', 'etc/bashrc'].map(under).find((path) => existsSync(path))
      // Read by every login shell, bash's own and others': after the rest, which is sorted by name.
      const login = isFolder(under('etc/profile.d')) ? [under('etc/profile.d/zz-cmdaid.sh')] : []
      return [...(rc === undefined ? [] : [rc]), ...login]
    }
    case 'zsh':
      return [under(isFolder(under('etc/zsh')) ? 'etc/zsh/zshrc' : 'etc/zshrc')]
    case 'fish': {
      const folders = ['etc/fish', 'opt/homebrew/etc/fish', 'usr/local/etc/fish'].map(under).filter(isFolder)
      return (folders.length > 0 ? folders : [under('etc/fish')]).map((folder) => join(folder, 'conf.d/cmdaid.fish'))
    }
    case 'powershell': {
      const home = powerShellHome(machine)
      return home === null ? [] : [join(home, 'profile.ps1')]
    }
  }
}

/** `$PSHOME`: the folder of the program itself. */
export function powerShellHome({ root, env }: Machine): string | null {
  const candidates = [
    ...(root === '/' ? (env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/')) : []),
    ...['opt/microsoft/powershell', 'usr/local/microsoft/powershell'].flatMap((parent) =>
      namesIn(join(root, parent)).map((version) => join(root, parent, version)),
    ),
  ]
  for (const candidate of candidates) {
    try {
      const folder = dirname(realpathSync(join(candidate, 'pwsh')))
      // A wrapper of that name elsewhere says nothing about where the profile is.
      if (existsSync(join(folder, 'pwsh.dll'))) return folder
    } catch {
      // Not there.
    }
  }
  return null
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort().reverse()
  } catch {
    return []
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
