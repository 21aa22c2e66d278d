import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { CmdaidError } from '../core/errors.ts'
import { resolvePaths } from '../core/paths.ts'

const USAGE = `Usage: cmdaid daemon [--foreground]

Serves this user's shells until SIGTERM. It stays in the foreground; a supervisor keeps it alive.
`

/** `cmdaid daemon`: argv after the word, the environment. Resolves with the exit status once everything is closed. */
export async function daemonMain(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(USAGE)
    return 0
  }
  const unknown = argv.find((argument) => argument !== '--foreground')
  if (unknown !== undefined) {
    process.stderr.write(
      `cmdaid: error: unknown argument ${JSON.stringify(unknown)}\ncmdaid: hint: see cmdaid daemon --help\n`,
    )
    return 2
  }
  process.umask(0o077)
  const home = env['HOME'] || homedir()
  const paths = resolvePaths({ env, platform: process.platform, home, uid: process.getuid?.() ?? 0 })
  enableCompileCache(join(paths.stateDir, 'compile-cache'))
  const { openLog } = await import('../adapters/log/log.ts')
  const { run } = await import('./run.ts')
  const log = openLog({ level: 'info' })
  const stopping = new AbortController()
  const stop = (signal: NodeJS.Signals): void => stopping.abort(signal)
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGPIPE', () => undefined)
  process.on('SIGHUP', () => undefined)
  try {
    await run(
      {
        paths,
        home,
        pid: process.pid,
        version: '0.1.0',
        log,
        onReady: () => process.stdout.write(`cmdaid daemon ready pid=${process.pid} runtime=${paths.runtimeDir}\n`),
      },
      stopping.signal,
    )
    return 0
  } catch (error) {
    if (!(error instanceof CmdaidError)) throw error
    process.stderr.write(`cmdaid: error: ${error.code}: ${error.message}\n`)
    if (error.hint !== undefined) process.stderr.write(`cmdaid: hint: ${error.hint}\n`)
    return 1
  } finally {
    log.flush()
  }
}
