/**
 * Every error code of cmdaid. A code is never reused and never changes its meaning; `docs/errors.md` explains the cause
 * and the remedy of each, and a test keeps this list and that document equal in both directions.
 */
export const ERROR_CODES = [
  // one code a line, grouped by area, alphabetical within the group
  'CMDAID_ERR_INTERNAL',
  'CMDAID_ERR_USAGE',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** Trouble in the world. The message names the operation and the object; the inner message stays in `cause`. */
export class CmdaidError extends Error {
  readonly code: ErrorCode
  /** What the reader can do next: one sentence, lower case, no full stop. */
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: { readonly cause?: unknown; readonly hint?: string } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'CmdaidError'
    this.code = code
    this.hint = options.hint
  }
}
