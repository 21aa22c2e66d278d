import { CmdaidError } from '../core/errors.ts'
import type { Paths } from '../core/paths.ts'
import { EXIT } from './command.ts'
import { helpFor } from './help.ts'
import type { CliIo } from './main.ts'
import { Output } from './output.ts'
import { findCommand, parseArguments } from './parse-arguments.ts'

/** Exit statuses of `verify` that are not verdicts: sysexits, so that none can be taken for one. */
const VERIFY_USAGE = 64

/** Finds the command, reads its arguments, runs it, and turns whatever goes wrong into a message and a status. */
export async function runCommandLine(
  argv: readonly string[],
  io: CliIo,
  { home, paths }: { readonly home: string; readonly paths: Paths },
): Promise<number> {
  const output = new Output(io.stdout, io.stderr, io.env)
  const separator = argv.indexOf('--')
  const ours = separator === -1 ? argv : argv.slice(0, separator)
  output.json = ours.includes('--json')
  const stop = new AbortController()
  // Once: whoever presses it twice means it.
  const interrupt = (): void => stop.abort()
  io.once('SIGINT', interrupt)
  try {
    const [first] = argv
    if (first === undefined) {
      output.say(helpFor([]))
      return EXIT.usage
    }
    if (first === '--help' || first === '-h') {
      await output.write(helpFor([]))
      return EXIT.yes
    }
    const invocation = findCommand(argv)
    const parsed = parseArguments(invocation)
    const { spec, words } = invocation
    if (parsed.flags.has('help') || spec.load === null) {
      await output.write(helpFor(words))
      return EXIT.yes
    }
    io.stdout.on('error', interrupt)
    const { run } = await spec.load()
    const status = await run({ ...parsed, spec, output, io, paths, home, signal: stop.signal })
    return stop.signal.aborted && !output.closed ? EXIT.interrupted : status
  } catch (error) {
    const known =
      error instanceof CmdaidError
        ? error
        : new CmdaidError('CMDAID_ERR_INTERNAL', `${argv[0] ?? 'cmdaid'} failed`, {
            cause: error,
            hint: 'this is a bug of cmdaid: please report it',
          })
    await output.error(known)
    if (known.code !== 'CMDAID_ERR_USAGE') return EXIT.cannotAnswer
    return argv[0] === 'verify' ? VERIFY_USAGE : EXIT.usage
  } finally {
    io.off('SIGINT', interrupt)
  }
}
