/** What hooks need of C is compiled when they are installed, here or on the machine that an image is made on. */

import { existsSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { compileHook, compiledInState } from '../../adapters/compiled-hooks/compile-hook.ts'
import type { CompiledHook } from '../../adapters/compiled-hooks/compile-hook.ts'
import { removeFolderIfEmpty } from '../../adapters/dotfiles/install-record.ts'
import { CmdaidError } from '../../core/errors.ts'

/** What bash looks for on this system: see `__cmdaid_load_native`. */
export const TAKES_LOADABLE = process.platform === 'linux'

export type Compiled = {
  /** Null: there is none. */
  readonly file: string | null
  /** Why there is none. */
  readonly error: CmdaidError | null
  /** Folders that were made for it, outermost first. */
  readonly made: readonly string[]
}

export async function makeCompiled(hook: CompiledHook, stateDir: string): Promise<Compiled> {
  const missing = missingFolders(stateDir)
  let file: string | null = null
  let error: CmdaidError | null = null
  try {
    file = await compileHook(hook, stateDir)
  } catch (cause) {
    if (!(cause instanceof CmdaidError)) throw cause
    error = cause
  }
  return { file, error, made: missing.filter((path) => existsSync(path)) }
}

/** Only what was compiled for this person; what lies beside its sources belongs to the program. */
export function removeCompiled(hook: CompiledHook, stateDir: string): void {
  rmSync(compiledInState(hook, stateDir), { force: true })
  removeFolderIfEmpty(stateDir)
}

function missingFolders(path: string): string[] {
  return existsSync(path) ? [] : [...missingFolders(dirname(path)), path]
}
