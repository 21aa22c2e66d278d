/** What fish asks through is compiled when fish is installed, here or on the machine that an image is made on. */

import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { removeFolderIfEmpty } from '../../adapters/dotfiles/install-record.ts'
import { buildRelay } from '../../adapters/shell-relay/build-relay.ts'
import { CmdaidError } from '../../core/errors.ts'

export type Relay = {
  /** Why there is none. */
  readonly error: CmdaidError | null
  /** Folders that were made for it, outermost first. */
  readonly made: readonly string[]
}

export async function makeRelay(stateDir: string): Promise<Relay> {
  const missing = missingFolders(stateDir)
  let error: CmdaidError | null = null
  try {
    await buildRelay(stateDir)
  } catch (cause) {
    if (!(cause instanceof CmdaidError)) throw cause
    error = cause
  }
  return { error, made: missing.filter((path) => existsSync(path)) }
}

/** Only what was compiled for this person; what lies beside its sources belongs to the program. */
export function removeRelay(stateDir: string): void {
  rmSync(join(stateDir, 'cmdaid-relay'), { force: true })
  removeFolderIfEmpty(stateDir)
}

function missingFolders(path: string): string[] {
  return existsSync(path) ? [] : [...missingFolders(dirname(path)), path]
}
