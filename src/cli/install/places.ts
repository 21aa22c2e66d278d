/** Which files each shell reads when it starts, and what belongs in each. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { peek } from '../../adapters/dotfiles/dotfile.ts'
import { linesFor, type ShellKind } from '../../core/install/lines.ts'
import { findProgram, PROGRAMS } from '../shell-setup.ts'
import { powerShellHome, startFilesOf } from '../start-files.ts'
import type { HookFiles } from './hook-files.ts'
import type { Place, Places } from './place.ts'
import type { Scope } from './scope.ts'
import { systemPlaces, systemPlacesEver } from './system-places.ts'
import { zshFolder } from './zsh-folder.ts'

/** Installed, or at home here: a start file of it is. */
export async function isUsed(shell: ShellKind, scope: Scope): Promise<boolean> {
  if (scope.root !== '/') {
    return shell === 'powershell'
      ? powerShellHome(scope) !== null
      : ['bin', 'usr/bin', 'usr/local/bin'].some((folder) => existsSync(join(scope.root, folder, shell)))
  }
  if ((await findProgram(PROGRAMS[shell], scope.env['PATH'] ?? '')) !== null) return true
  return scope.kind === 'user' && startFilesOf(shell, scope).some((path) => existsSync(path))
}

/** What to write where for one shell. `guard` is null unless shells without a person are to be covered. */
export function placesFor(shell: ShellKind, files: HookFiles, scope: Scope): Places {
  if (scope.kind === 'system') return systemPlaces(shell, files, scope)
  const { hook, guard } = files
  const at = (path: string, loads = files): Place => ({ shell, path, body: linesFor(shell, loads) })
  switch (shell) {
    case 'bash': {
      const [rc = '', ...login] = startFilesOf('bash', scope)
      const first = login.find((path) => existsSync(path)) ?? join(scope.home, '.profile')
      const own = bashEnv(scope, guard)
      const loads = own.place === null && own.notes.length === 0 ? files : { hook, guard: null }
      return { places: [at(rc, loads), at(first, loads), ...(own.place === null ? [] : [own.place])], notes: own.notes }
    }
    case 'zsh': {
      const places = [at(join(zshFolder(scope), '.zshrc'), { hook, guard: null })]
      if (guard !== null) places.push(...zshEnvironments(scope).map((path) => at(path, { hook: null, guard })))
      return { places, notes: [] }
    }
    case 'fish':
    case 'powershell':
      return {
        places: startFilesOf(shell, scope)
          .slice(0, 1)
          .map((path) => at(path)),
        notes: [],
      }
  }
}

/** Every file of a person that an installation may have written: for an uninstallation that finds no record. */
export function placesEver(shell: ShellKind, scope: Scope): readonly string[] {
  if (scope.kind === 'system') return systemPlacesEver(shell, scope)
  const { home, env } = scope
  if (shell !== 'zsh') return startFilesOf(shell, scope)
  const folders = new Set([env['ZDOTDIR'] || home, zshFolder(scope), home])
  return [...folders].flatMap((folder) => [join(folder, '.zshrc'), join(folder, '.zshenv')])
}

/** Somebody who names a start file of their own in BASH_ENV keeps it: the guard is loaded from there. */
function bashEnv(
  { env, home }: Scope,
  guard: string | null,
): { readonly place: Place | null; readonly notes: string[] } {
  const named = env['BASH_ENV'] ?? ''
  if (guard === null || named === '' || named.endsWith('/cmdaid-env.bash')) return { place: null, notes: [] }
  if (named.startsWith(`${home}/`) && existsSync(named)) {
    const body = linesFor('bash', { hook: null, guard, guardBy: 'source' })
    return { place: { shell: 'bash', path: named, body }, notes: [] }
  }
  return { place: null, notes: [`BASH_ENV is ${named}, no file of yours: bash without a person is not covered`] }
}

/** zsh reads one `.zshenv`: where ZDOTDIR leads when it starts. One at home that sets ZDOTDIR is read only by the first. */
function zshEnvironments({ env, home }: Scope): readonly string[] {
  const own = join(home, '.zshenv')
  const folder = env['ZDOTDIR'] || home
  if (folder === home) return [own]
  const text = peek(own)?.toString('latin1') ?? ''
  const moved = join(folder, '.zshenv')
  if (!/^[^#\n]*ZDOTDIR/m.test(text)) return [moved]
  return /^[^#\n]*(?:source|\.)\s[^\n]*\.zshenv/m.test(text) ? [moved] : [own, moved]
}
