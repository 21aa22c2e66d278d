import { spawn } from 'node:child_process'
import { CmdaidError } from '../../core/errors.ts'

/** The same place on Linux and macOS. Not looked up in PATH: that belongs to the user's shell, not to us. */
const MKFIFO = '/usr/bin/mkfifo'

/** Makes FIFOs (0600). Node cannot; one short process makes a whole batch, away from any shell that waits. */
export async function makeFifos(paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return
  await new Promise<void>((resolve, reject) => {
    const child = spawn(MKFIFO, ['-m', '600', '--', ...paths], { env: {}, cwd: '/', stdio: 'ignore' })
    child.once('error', (cause) => reject(failed(cause)))
    child.once('exit', (code, signal) => {
      if (code === 0) resolve()
      else reject(failed(new Error(`${MKFIFO} ended with ${code ?? signal}`)))
    })
  })
}

function failed(cause: unknown): CmdaidError {
  return new CmdaidError('CMDAID_ERR_SESSION_SLOTS', 'cannot make the FIFOs of new session slots', {
    cause,
    hint: 'check that the runtime directory has space and that /usr/bin/mkfifo (coreutils) is installed',
  })
}
