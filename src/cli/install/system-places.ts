/** The files that shells read for every user of the machine. Distributions differ in where they have put them. */

import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { linesFor, type Loads, type ShellKind } from '../../core/install/lines.ts'
import type { HookFiles } from './hook-files.ts'
import type { Place, Places } from './place.ts'
import type { Scope } from './scope.ts'

export function systemFiles(shell: ShellKind, files: HookFiles, scope: Scope): Places {
  const { hook, guard } = files
  const at = (path: string, loads: Loads = files): Place => ({ shell, path, body: linesFor(shell, loads) })
  const found = systemStartFiles(shell, scope)
  switch (shell) {
    case 'bash':
      return found.length > 0
        ? { places: found.map((path) => at(path)), notes: [] }
        : { places: [], notes: ['bash: this machine has neither /etc/bash.bashrc, /etc/bashrc nor /etc/profile.d'] }
    case 'zsh': {
      const [rc = '', environment = ''] = found
      const guarded = guard === null ? [] : [at(environment, { hook: null, guard })]
      return { places: [at(rc, { hook, guard: null }), ...guarded], notes: [] }
    }
    case 'fish':
      return { places: found.map((path) => at(path)), notes: [] }
    case 'powershell':
      return found.length > 0
        ? { places: found.map((path) => at(path)), notes: [] }
        : { places: [], notes: ['powershell: its own folder, which holds the profile of all users, was not found'] }
  }
}

/** Every such file that an installation writes, or may have written. */
export function systemStartFiles(shell: ShellKind, scope: Scope): readonly string[] {
  const under = (path: string): string => join(scope.root, path)
  switch (shell) {
    case 'bash': {
      const rc = ['etc/bash.bashrc', 'etc/bash/bashrc', 'etc/bashrc'].map(under).find((path) => existsSync(path))
      // Read by every login shell, bash's own and others': after the rest, which is sorted by name.
      const login = isFolder(under('etc/profile.d')) ? [under('etc/profile.d/zz-cmdaid.sh')] : []
      return [...(rc === undefined ? [] : [rc]), ...login]
    }
    case 'zsh': {
      const folder = isFolder(under('etc/zsh')) ? 'etc/zsh' : 'etc'
      return [under(`${folder}/zshrc`), under(`${folder}/zshenv`)]
    }
    case 'fish': {
      const folders = ['etc/fish', 'opt/homebrew/etc/fish', 'usr/local/etc/fish'].map(under).filter(isFolder)
      return (folders.length > 0 ? folders : [under('etc/fish')]).map((folder) => join(folder, 'conf.d/cmdaid.fish'))
    }
    case 'powershell': {
      const home = powershellHome(scope)
      return home === null ? [] : [join(home, 'profile.ps1')]
    }
  }
}

/** `$PSHOME`: the folder of the program itself. */
export function powershellHome({ root, env }: Scope): string | null {
  const candidates = [
    ...(root === '/' ? (env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/')) : []).map((folder) =>
      join(folder, 'pwsh'),
    ),
    ...['opt/microsoft/powershell', 'usr/local/microsoft/powershell'].flatMap((parent) =>
      versions(join(root, parent)).map((version) => join(root, parent, version, 'pwsh')),
    ),
  ]
  for (const program of candidates) {
    try {
      const folder = dirname(realpathSync(program))
      // A wrapper of that name elsewhere says nothing about where the profile is.
      if (existsSync(join(folder, 'pwsh.dll'))) return folder
    } catch {
      // Not there.
    }
  }
  return null
}

function versions(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort().reverse()
  } catch {
    return []
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
