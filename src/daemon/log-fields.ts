import { CmdaidError } from '../core/errors.ts'

/**
 * What may be logged of an error. Our own messages name operations and objects; those of others may quote what they were
 * given, which can be a command line, so only their kind and the places they passed are kept.
 */
export function logFields(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { error: typeof error }
  const cause = error.cause === undefined ? {} : { cause: logFields(error.cause) }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  if (error instanceof CmdaidError) return { error: error.name, ...code, message: error.message, ...cause }
  const stack = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return { error: error.name, ...code, stack, ...cause }
}
