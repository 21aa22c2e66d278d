/** What belongs in the files that shells read for every user of the machine. */

import { dirname, join } from 'node:path'
import { linesFor, type Loads, type ShellKind } from '../../core/install/lines.ts'
import { systemStartFiles } from '../start-files.ts'
import type { HookFiles } from './hook-files.ts'
import type { Place, Places } from './place.ts'
import type { Scope } from './scope.ts'

export function systemPlaces(shell: ShellKind, files: HookFiles, scope: Scope): Places {
  const { hook, guard } = files
  const at = (path: string, loads: Loads): Place => ({ shell, path, body: linesFor(shell, loads) })
  const found = systemStartFiles(shell, scope)
  if (found.length === 0) return { places: [], notes: [MISSING[shell]] }
  if (shell !== 'zsh') return { places: found.map((path) => at(path, files)), notes: [] }
  const places = found.map((path) => at(path, { hook, guard: null }))
  if (guard !== null) places.push(...found.map((path) => at(zshEnvironmentBeside(path), { hook: null, guard })))
  return { places, notes: [] }
}

/** Every such file that an installation may have written. */
export function systemPlacesEver(shell: ShellKind, scope: Scope): readonly string[] {
  const found = systemStartFiles(shell, scope)
  return shell === 'zsh' ? [...found, ...found.map(zshEnvironmentBeside)] : found
}

const MISSING: Readonly<Record<ShellKind, string>> = {
  bash: 'bash: this machine has neither /etc/bash.bashrc, /etc/bashrc nor /etc/profile.d',
  zsh: 'zsh: this machine has no folder for its start files',
  fish: 'fish: this machine has no folder for its start files',
  powershell: 'powershell: its own folder, which holds the profile of all users, was not found',
}

function zshEnvironmentBeside(zshrc: string): string {
  return join(dirname(zshrc), 'zshenv')
}
