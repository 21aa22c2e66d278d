import { existsSync, readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { resolvePaths } from '../core/paths.ts'

/** What the command line needs of the process: in the program, `process` itself. */
export type CliIo = Pick<
  NodeJS.Process,
  'stdin' | 'stdout' | 'stderr' | 'env' | 'platform' | 'pid' | 'ppid' | 'cwd' | 'once' | 'off' | 'exit'
> & { readonly getuid?: () => number }

/**
 * `cmdaid …`, everything but the daemon. `argv` is what follows the program's name. Resolves with the exit status; never
 * rejects. Each command is loaded when it is asked for: `--version` reads one file.
 */
export async function cliMain(argv: readonly string[], io: CliIo): Promise<number> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    io.stdout.write(`cmdaid ${packageVersion()}\n`)
    return 0
  }
  const home = io.env['HOME'] || homedir()
  const paths = resolvePaths({ env: io.env, platform: io.platform, home, uid: io.getuid?.() ?? 0 })
  useCompiledCode(`${paths.stateDir}/compile-cache`)
  const { runCommandLine } = await import('./run-command-line.ts')
  return runCommandLine(argv, io, { home, paths })
}

/** What the daemon keeps between starts serves us too: half the start. Where it has made no folder, we make none. */
function useCompiledCode(directory: string): void {
  if (existsSync(directory)) enableCompileCache(directory)
}

/** In the sources and in a build alike, package.json is two folders up. */
function packageVersion(): string {
  const parsed = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as unknown
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown'
}
