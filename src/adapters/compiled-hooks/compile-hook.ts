import { spawn } from 'node:child_process'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CmdaidError } from '../../core/errors.ts'

/** In the sources and in a build alike, the package's folder is three up. */
const FOLDER = fileURLToPath(new URL('../../../shell-hooks', import.meta.url))

/** What is made of which folder of the hooks: the relay that fish asks through, and bash's loadable builtin. */
const COMPILED = { relay: 'cmdaid-relay', loadable: 'cmdaid-bash.so' } as const

export type CompiledHook = keyof typeof COMPILED

/** Where it is when the installation's own folder could not be written. */
export function compiledInState(hook: CompiledHook, stateDir: string): string {
  return join(stateDir, COMPILED[hook])
}

/**
 * Sees to it that a part of the hooks is compiled from the sources that are there, and returns where it is: beside them, or in the
 * user's state directory when the installation belongs to somebody else. The hook looks in both places, in that order. Rejects with
 * `CMDAID_ERR_HOOK_BUILD`, for instance where there is no C compiler.
 */
export async function compileHook(hook: CompiledHook, stateDir: string): Promise<string> {
  const folder = join(FOLDER, hook)
  const beside = join(folder, COMPILED[hook])
  if (may(folder, constants.W_OK)) return compile(hook, beside)
  if (may(beside, constants.X_OK)) return beside
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  return compile(hook, compiledInState(hook, stateDir))
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

function compile(hook: CompiledHook, output: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // Without the relay nothing in fish is checked; bash goes on without its builtin, and nobody has to read why.
    const stderr = hook === 'relay' ? 'inherit' : 'ignore'
    const child = spawn('/bin/sh', [join(FOLDER, 'build'), hook, output], { stdio: ['ignore', 'ignore', stderr] })
    child.once('error', (cause) => reject(failed(hook, cause)))
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(output)
      else reject(failed(hook, new Error(`the build ended with ${code ?? signal}`)))
    })
  })
}

function failed(hook: CompiledHook, cause: unknown): CmdaidError {
  return hook === 'relay'
    ? new CmdaidError('CMDAID_ERR_HOOK_BUILD', 'cannot compile the relay that fish asks through', {
        cause,
        hint: 'install a C compiler (cc) and run `cmdaid init fish`: until then, commands in fish run unchecked',
      })
    : new CmdaidError('CMDAID_ERR_HOOK_BUILD', 'cannot compile the builtin that makes the hook of bash quick', {
        cause,
        hint: 'install a C compiler (cc) and run `cmdaid init bash`: until then, each command in bash takes a millisecond longer',
      })
}
