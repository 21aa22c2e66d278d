import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { CmdaidError } from '../core/errors.ts'
import { DRAIN_MS } from '../core/limits.ts'
import { resolvePaths } from '../core/paths.ts'

const USAGE = `Usage: cmdaid daemon [--foreground]

Serves this user's shells until SIGTERM. It stays in the foreground: a supervisor keeps it alive.
SIGHUP reads the policy again. Directories come from XDG_RUNTIME_DIR, XDG_STATE_HOME and XDG_CONFIG_HOME.

  --foreground   what it does anyway; for supervisors that want to say so

Example: systemctl --user start cmdaid
`

/**
 * `cmdaid daemon`: the arguments after that word, and the environment. Resolves with the exit status once everything is
 * closed: 0 stopped as asked, 1 trouble, 2 used wrongly.
 */
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
    complain(`unknown argument ${JSON.stringify(unknown)}`, 'see `cmdaid daemon --help`')
    return 2
  }
  becomeSmall(env)
  // Whatever is made from here on, by us or by a library, is this user's alone.
  process.umask(0o077)
  process.title = 'cmdaid-daemon'
  const home = env['HOME'] || homedir()
  const paths = resolvePaths({ env, platform: process.platform, home, uid: process.getuid?.() ?? 0 })
  enableCompileCache(join(paths.stateDir, 'compile-cache'))
  // Everything heavy is loaded after this line.
  return serve(paths, home, env['NOTIFY_SOCKET'])
}

/**
 * A daemon of every user should cost little (measured in docs/adr/0004-runtime.md): the young generation stays at 1 MiB, since the
 * garbage of a line lives a microsecond, and the old one is collected whenever it has grown by a tenth, since what a burst of lines once took
 * is never given back. The compilers in the middle keep further copies of all code and make no line faster; threads that help to collect one
 * MiB take the processor that the shell needs. A collection can be asked for (`memory-return.ts`). And SIGUSR1 does not open a
 * debugger's port.
 */
const NODE_FLAGS = [
  '--semi-space-growth-factor=1',
  '--max-semi-space-size=1',
  '--heap-growing-percent=10',
  '--no-maglev',
  '--no-sparkplug',
  '--no-parallel-scavenge',
  '--expose-gc',
  '--disable-sigusr1',
]

/**
 * For glibc: one arena for all threads, and what is larger than a few pages goes back to the system when it is freed. Otherwise
 * what the compiler's threads once needed stays with the process.
 */
const MALLOC_SETTINGS = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '8000', MALLOC_TRIM_THRESHOLD_: '65536' }

/**
 * Replaces this process by itself, once, with the flags and the settings that must be there before it starts. Same pid, same
 * descriptors; a supervisor sees one process. Where that cannot be done the daemon is larger, and otherwise the same.
 */
function becomeSmall(env: Readonly<Record<string, string | undefined>>): void {
  if (process.platform === 'win32' || NODE_FLAGS.every((flag) => process.execArgv.includes(flag))) return
  const others = process.execArgv.filter((flag) => !NODE_FLAGS.includes(flag))
  const args = [process.execPath, ...others, ...NODE_FLAGS, ...process.argv.slice(1)]
  process.execve?.(process.execPath, args, { ...env, ...MALLOC_SETTINGS })
}

async function serve(
  paths: ReturnType<typeof resolvePaths>,
  home: string,
  notifySocket: string | undefined,
): Promise<number> {
  const [{ openLog }, { serviceManager }, { logFields }, { run }] = await Promise.all([
    import('../adapters/log/log.ts'),
    import('../adapters/service-manager/notify.ts'),
    import('./log-fields.ts'),
    import('./run.ts'),
  ])
  const log = openLog({ level: 'info' })
  const daemonLog = log.for('daemon')
  const fatal = (error: unknown): void => {
    daemonLog.fatal(logFields(error), 'a bug stops the daemon')
    log.flush()
    process.exit(1)
  }
  process.on('uncaughtException', fatal)
  process.on('unhandledRejection', fatal)
  // A supervisor that reads no more is no reason to stop.
  process.stdout.on('error', () => undefined)
  process.stderr.on('error', () => undefined)
  process.on('SIGPIPE', () => undefined)

  const stopping = new AbortController()
  const stop = (cause: string): void => {
    if (stopping.signal.aborted) return
    stopping.abort(cause)
    setTimeout(() => {
      daemonLog.fatal({ code: 'CMDAID_ERR_DRAIN_TIMEOUT', ms: DRAIN_MS }, 'the record could not be closed in time')
      log.flush()
      process.exit(1)
    }, DRAIN_MS).unref()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  let reload: (() => void) | null = null
  process.on('SIGHUP', () => reload?.())

  const { pid } = process
  try {
    await run({
      paths,
      home,
      pid,
      version: packageVersion(),
      log,
      supervisor: serviceManager({
        notifySocket,
        pid,
        onError: (error) => daemonLog.warn(logFields(error), 'cannot tell the service manager'),
      }),
      signal: stopping.signal,
      stop,
      onReloadable: (start) => {
        reload = start
      },
      onReady: () => process.stdout.write(`cmdaid daemon ready pid=${pid} runtime=${paths.runtimeDir}\n`),
    })
    return 0
  } catch (error) {
    if (!(error instanceof CmdaidError)) throw error
    daemonLog.error(logFields(error), 'cannot serve')
    complain(`${error.code}: ${error.message}`, error.hint)
    return 1
  } finally {
    log.flush()
  }
}

function complain(message: string, hint: string | undefined): void {
  process.stderr.write(`cmdaid: error: ${message}\n`)
  if (hint !== undefined) process.stderr.write(`cmdaid: hint: ${hint}\n`)
}

function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown'
}
