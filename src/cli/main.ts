import { readFileSync } from 'node:fs'

/** What the command line needs of the process: in the program, `process` itself. */
export type CliIo = Pick<
  NodeJS.Process,
  'stdin' | 'stdout' | 'stderr' | 'env' | 'platform' | 'pid' | 'ppid' | 'cwd' | 'once' | 'off'
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
  const { runCommandLine } = await import('./run-command-line.ts')
  return runCommandLine(argv, io)
}

/** In the sources and in a build alike, package.json is two folders up. */
function packageVersion(): string {
  const parsed = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as unknown
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown'
}
