/** The files that the shells read, where this program is installed; and whether it is safe that they do. */

import { existsSync, lstatSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CmdaidError } from '../../core/errors.ts'
import { isQuotable, type ShellKind } from '../../core/install/lines.ts'
import { HOOK_SUFFIX } from '../shell-setup.ts'

export type HookFiles = {
  /** Null: this installation has none for the shell. */
  readonly hook: string | null
  readonly guard: string | null
}

export function hookFiles(shell: ShellKind): HookFiles {
  const there = (name: string): string | null => {
    const path = packageFile(`shell-hooks/${name}.${HOOK_SUFFIX[shell]}`)
    return existsSync(path) ? path : null
  }
  return { hook: there('cmdaid'), guard: there('cmdaid-env') }
}

/** In the sources and in a build alike, the package's folder is three up. */
export function packageFile(name: string): string {
  return fileURLToPath(new URL(`../../../${name}`, import.meta.url))
}

/** The program as a service manager starts it: this Node, and this program's main file. */
export function serviceProgram(): readonly string[] {
  const main = new URL(import.meta.url.endsWith('.ts') ? '../../main.ts' : '../../main.js', import.meta.url)
  return [process.execPath, fileURLToPath(main), 'daemon']
}

/** The same for what the service starts. */
export function checkServiceProgram(uid: number, kind: 'user' | 'system'): void {
  for (const file of serviceProgram().slice(0, 2)) checkTrusted(file, uid, kind)
}

/**
 * Whoever can write a file that a shell reads can run what he likes in it. For oneself, nobody else may; for everybody on
 * the machine, nobody but root.
 */
export function checkTrusted(path: string, uid: number, kind: 'user' | 'system'): void {
  if (!isQuotable(path)) {
    throw new CmdaidError('CMDAID_ERR_INSTALL_UNSAFE', `no start file can name ${JSON.stringify(path)}`, {
      hint: 'install cmdaid in a folder whose name has no control characters',
    })
  }
  const real = realpathSync(path)
  for (let place = real; ; place = dirname(place)) {
    const { uid: owner, mode } = lstatSync(place)
    const sticky = place !== real && (mode & 0o1000) !== 0
    const others = kind === 'system' ? 0o022 : 0o002
    if ((owner !== 0 && (kind === 'system' || owner !== uid)) || ((mode & others) !== 0 && !sticky)) {
      throw new CmdaidError(
        'CMDAID_ERR_INSTALL_UNSAFE',
        `others than ${kind === 'system' ? 'root' : 'you'} can change ${place}`,
        {
          hint: 'what they put there would be run: install cmdaid where only its owner can write',
        },
      )
    }
    if (place === dirname(place)) return
  }
}
