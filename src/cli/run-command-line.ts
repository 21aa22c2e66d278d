import { CmdaidError } from '../core/errors.ts'
import { INTERRUPT_GRACE_MS } from '../core/limits.ts'
import type { Paths } from '../core/paths.ts'
import { EXIT } from './command.ts'
import { helpFor } from './help.ts'
import type { CliIo } from './main.ts'
import { Output } from './output.ts'
import { findCommand, parseArguments } from './parse-arguments.ts'

export type Place = { readonly home: string; readonly paths: Paths }

/** Finds the command, reads its arguments, runs it, and turns whatever goes wrong into a message and a status. */
export async function runCommandLine(argv: readonly string[], io: CliIo, place: Place): Promise<number> {
  const output = new Output(io.stdout, io.stderr, io.env)
  const separator = argv.indexOf('--')
  output.json = (separator === -1 ? argv : argv.slice(0, separator)).includes('--json')
  const statuses = argv[0] === 'verify' ? VERIFY_STATUSES : EXIT
  const stop = new AbortController()
  let interrupted = false
  const interrupt = (): void => {
    interrupted = true
    stop.abort()
    // What does not watch the signal ends all the same: nothing here writes what could be left half done.
    setTimeout(() => io.exit(EXIT.interrupted), INTERRUPT_GRACE_MS).unref()
  }
  io.once('SIGINT', interrupt)
  io.stdout.on('error', () => stop.abort())
  try {
    const status = await dispatch(argv, io, place, output, stop.signal)
    // An error of the last write is told only after it.
    await new Promise((resolve) => setImmediate(resolve))
    const { failure } = output
    if (failure !== null && !interrupted) {
      throw new CmdaidError('CMDAID_ERR_OUTPUT', 'cannot write to standard output', { cause: failure })
    }
    return interrupted ? EXIT.interrupted : status
  } catch (error) {
    if (interrupted) return EXIT.interrupted
    const known = error instanceof CmdaidError ? error : internalError(argv[0], error)
    await output.error(known)
    return known.code === 'CMDAID_ERR_USAGE' ? statuses.usage : statuses.cannotAnswer
  } finally {
    io.off('SIGINT', interrupt)
  }
}

async function dispatch(
  argv: readonly string[],
  io: CliIo,
  place: Place,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
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
  const { run } = await spec.load()
  return run({ ...parsed, ...place, spec, output, io, signal })
}

/** sysexits: a script must not take trouble for a verdict. */
const VERIFY_STATUSES = { usage: 64, cannotAnswer: 74 } as const

function internalError(command: string | undefined, cause: unknown): CmdaidError {
  return new CmdaidError('CMDAID_ERR_INTERNAL', `${command ?? 'cmdaid'} failed`, {
    cause,
    hint: 'this is a bug of cmdaid: please report it',
  })
}
