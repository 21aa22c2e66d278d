import type { InstallRecord } from '../../adapters/dotfiles/install-record.ts'
import type { ShellKind } from '../../core/install/lines.ts'
import type { Place } from './place.ts'
import { startFiles } from './places.ts'
import type { Scope } from './scope.ts'
import { systemStartFiles } from './system-places.ts'
import { zshFolder } from './zsh-folder.ts'
import { join } from 'node:path'

/** Every file that may hold lines of ours for these shells: what the record says, and, since it can be lost, where they usually are. */
export function knownPlaces(shells: readonly ShellKind[], scope: Scope, record: InstallRecord): readonly Place[] {
  const places = new Map<string, Place>()
  for (const shell of shells) {
    const usual = scope.kind === 'system' ? systemStartFiles(shell, scope) : startFiles(shell, scope)
    const asked = scope.kind === 'user' && shell === 'zsh' ? [join(zshFolder(scope), '.zshrc')] : []
    const recorded = record.files.filter(({ owner }) => owner === shell).map(({ path }) => path)
    for (const path of [...usual, ...asked, ...recorded]) places.set(path, { shell, path, body: '' })
  }
  return [...places.values()]
}
