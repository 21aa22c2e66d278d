import { spawn } from 'node:child_process'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CmdaidError } from '../../core/errors.ts'

/** In the sources and in a build alike, the package's folder is three up. */
const FOLDER = fileURLToPath(new URL('../../../shell-hooks/relay', import.meta.url))

const NAME = 'cmdaid-relay'

/**
 * Sees to it that the relay which fish asks through (shell-hooks/relay) is compiled and not older than its sources, and returns
 * where it is: beside them, or in the user's state directory when the installation belongs to somebody else. The hook looks in
 * both places, in that order. Rejects with `CMDAID_ERR_RELAY_BUILD`, for instance where there is no C compiler.
 */
export async function buildRelay(stateDir: string): Promise<string> {
  const beside = join(FOLDER, NAME)
  if (may(FOLDER, constants.W_OK)) return compile(beside)
  if (may(beside, constants.X_OK)) return beside
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  return compile(join(stateDir, NAME))
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

function compile(output: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', [join(FOLDER, 'build'), output], { stdio: ['ignore', 'ignore', 'inherit'] })
    child.once('error', (cause) => reject(failed(cause)))
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(output)
      else reject(failed(new Error(`the build ended with ${code ?? signal}`)))
    })
  })
}

function failed(cause: unknown): CmdaidError {
  return new CmdaidError('CMDAID_ERR_RELAY_BUILD', 'cannot compile the relay that fish asks through', {
    cause,
    hint: 'install a C compiler (cc) and run `cmdaid init fish`: until then, commands in fish run unchecked',
  })
}
