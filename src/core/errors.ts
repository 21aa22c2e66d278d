/**
 * Every error code of cmdaid. A code is never reused and never changes its meaning; `docs/errors.md` explains the cause
 * and the remedy of each, and a test keeps this list and that document equal in both directions.
 */
export const ERROR_CODES = [
  // one code a line, grouped by area, alphabetical within the group
  'CMDAID_ERR_AUDIT_DAMAGED',
  'CMDAID_ERR_AUDIT_FULL',
  'CMDAID_ERR_AUDIT_HEAD',
  'CMDAID_ERR_AUDIT_IN_USE',
  'CMDAID_ERR_AUDIT_IO',
  'CMDAID_ERR_AUDIT_MISSING',
  'CMDAID_ERR_AUDIT_NOT_DURABLE',
  'CMDAID_ERR_AUDIT_ROLLBACK',
  'CMDAID_ERR_AUDIT_UNSAFE',
  'CMDAID_ERR_AUDIT_UNSUPPORTED',

  'CMDAID_ERR_INTERNAL',
  'CMDAID_ERR_OUTPUT',
  'CMDAID_ERR_TERMINAL_MISSING',
  'CMDAID_ERR_USAGE',
  // the daemon and its sessions
  'CMDAID_ERR_CONTROL_BUSY',
  'CMDAID_ERR_CONTROL_PROTOCOL',
  'CMDAID_ERR_CONTROL_TIMEOUT',
  'CMDAID_ERR_DAEMON_NOT_RUNNING',
  'CMDAID_ERR_DAEMON_RUNNING',
  'CMDAID_ERR_DIR_UNSAFE',
  'CMDAID_ERR_DRAIN_TIMEOUT',
  'CMDAID_ERR_SESSION_SLOTS',
  'CMDAID_ERR_SOCKET',
  // installation
  'CMDAID_ERR_DOTFILE_CHANGED',
  'CMDAID_ERR_DOTFILE_EDITED',
  'CMDAID_ERR_DOTFILE_FOLDER',
  'CMDAID_ERR_DOTFILE_LINK',
  'CMDAID_ERR_DOTFILE_MARKS',
  'CMDAID_ERR_DOTFILE_READ_ONLY',
  'CMDAID_ERR_DOTFILE_TOO_LARGE',
  'CMDAID_ERR_DOTFILE_TYPE',
  'CMDAID_ERR_DOTFILE_WRITE',
  'CMDAID_ERR_HOOK_BUILD',
  'CMDAID_ERR_INSTALL_BUSY',
  'CMDAID_ERR_INSTALL_HOOK',
  'CMDAID_ERR_INSTALL_NOT_ROOT',
  'CMDAID_ERR_INSTALL_NOT_YOURS',
  'CMDAID_ERR_INSTALL_STATE',
  'CMDAID_ERR_INSTALL_UNSAFE',
  // policy documents
  'CMDAID_ERR_POLICY_ALIAS',
  'CMDAID_ERR_POLICY_DUPLICATE_ID',
  'CMDAID_ERR_POLICY_DUPLICATE_KEY',
  'CMDAID_ERR_POLICY_EXAMPLE',
  'CMDAID_ERR_POLICY_EXCEPTION',
  'CMDAID_ERR_POLICY_EXTENDS',
  'CMDAID_ERR_POLICY_GLOB',
  'CMDAID_ERR_POLICY_INEFFECTIVE',
  'CMDAID_ERR_POLICY_MISSING_KEY',
  'CMDAID_ERR_POLICY_NOT_ENFORCED',
  'CMDAID_ERR_POLICY_PATTERN',
  'CMDAID_ERR_POLICY_PERMISSIONS',
  'CMDAID_ERR_POLICY_READ',
  'CMDAID_ERR_POLICY_REGEX',
  'CMDAID_ERR_POLICY_SYNTAX',
  'CMDAID_ERR_POLICY_TOO_LARGE',
  'CMDAID_ERR_POLICY_UNKNOWN_KEY',
  'CMDAID_ERR_POLICY_VALUE',
  'CMDAID_ERR_POLICY_VERSION',
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
