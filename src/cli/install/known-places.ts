import type { InstallRecord } from '../../adapters/dotfiles/install-record.ts'
import type { ShellKind } from '../../core/install/lines.ts'
import type { Place } from './place.ts'
import { placesEver } from './places.ts'
import type { Scope } from './scope.ts'

/** Every file that may hold lines of ours for these shells: what the record says, and, since it can be lost, where they usually are. */
export function knownPlaces(shells: readonly ShellKind[], scope: Scope, record: InstallRecord): readonly Place[] {
  const places = new Map<string, Place>()
  for (const shell of shells) {
    const recorded = record.files.filter(({ owner }) => owner === shell).map(({ path }) => path)
    for (const path of [...placesEver(shell, scope), ...recorded]) places.set(path, { shell, path, body: '' })
  }
  return [...places.values()]
}
