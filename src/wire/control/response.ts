import { CmdaidError, ERROR_CODES } from '../../core/errors.ts'
import type { ErrorCode } from '../../core/errors.ts'
import { fail, ok } from '../../core/result.ts'
import type { Result } from '../../core/result.ts'
import type { CanaryOutcome } from '../../core/event/canary.ts'
import type { Actor, Decision, Effect, Mode } from '../../core/policy/decision.ts'
import type { ShellName } from '../../core/shell/facts.ts'
import type { ControlRequestName } from './request.ts'

/** The value of each request's answer. Plain data: times are ISO 8601 text, sizes bytes. */
export type ControlValues = {
  readonly status: DaemonStatus
  /** `unhooked`: shells of this user that wait for a person and about whose lines nobody asks. */
  readonly sessions: { readonly sessions: readonly SessionStatus[]; readonly unhooked: readonly UnhookedShell[] }
  readonly check: { readonly decision: Decision; readonly explanation: string; readonly evaluateNs: number }
  /** `taken`: the file on disk is in force now. Otherwise the last good policy stays and `detail` says why. */
  readonly reload: { readonly taken: boolean; readonly policyHash: string; readonly detail: string }
  /** `denied`: a line that every policy must refuse is refused by this one, here and now. */
  readonly canary: { readonly line: string; readonly denied: boolean; readonly effect: Effect; readonly mode: Mode }
  /** Everything recorded before the request is synced. */
  readonly flush: { readonly flushed: true }
  /** The daemon begins to stop; the connection ends when it has. */
  readonly stop: { readonly stopping: true }
}

export type DaemonStatus = {
  readonly pid: number
  readonly version: string
  readonly startedAt: string
  readonly runtimeDir: string
  readonly generation: number
  readonly residentBytes: number
  readonly sessions: number
  readonly slotsFree: number
  /** The bound is reached: further shells run unasked. */
  readonly slotsExhausted: boolean
  readonly controlConnections: number
  readonly controlRefused: number
  readonly counters: Readonly<Record<string, number>>
  readonly policy: PolicyStatus
  /** What the record says of itself; its fields are in docs/format/audit.md. */
  readonly audit: Readonly<Record<string, unknown>>
}

export type PolicyStatus = {
  readonly hash: string
  readonly mode: Mode
  readonly rules: number
  readonly loadedAt: string
  /** The last attempt was refused and an older policy is in force; one line a diagnostic. */
  readonly rejected: { readonly at: string; readonly detail: string } | null
}

export type SessionStatus = {
  readonly id: string
  readonly shell: ShellName
  readonly shellVersion: string
  readonly pid: number
  readonly tty: string | null
  readonly interactive: boolean
  readonly actor: Actor
  readonly cwd: string
  readonly lastSeq: number
  readonly openAttempts: number
  readonly state: SessionState
  /** What is the matter with it, as a phrase; null when nothing is. */
  readonly why: string | null
  /** What its last canary showed; null: it has sent none. */
  readonly canary: { readonly outcome: CanaryOutcome; readonly at: string } | null
}

/** What is known to happen to the lines of a shell with a hook. */
export type SessionState = 'enforced' | 'observing' | 'degraded'

export type UnhookedShell = {
  readonly shell: ShellName
  readonly pid: number
  readonly tty: string | null
  readonly ageMs: number
}

export function okMessage(value: ControlValues[ControlRequestName]): Readonly<Record<string, unknown>> {
  return { v: 1, ok: true, value }
}

export function errorMessage(error: CmdaidError): Readonly<Record<string, unknown>> {
  return { v: 1, ok: false, error: { code: error.code, message: error.message, hint: error.hint ?? null } }
}

/**
 * A decoded message → the value, or the daemon's error. Only the envelope is checked: it comes from this user's own daemon
 * and, since `v` is the same, from the same description of the values.
 */
export function parseControlResponse<Name extends ControlRequestName>(
  _request: Name,
  message: unknown,
): Result<ControlValues[Name], CmdaidError> {
  if (!isRecord(message) || message['v'] !== 1) return fail(protocolError('the answer is of another version'))
  if (message['ok'] === true && isRecord(message['value'])) return ok(message['value'] as ControlValues[Name])
  const error = message['error']
  if (message['ok'] !== false || !isRecord(error)) return fail(protocolError('the answer has no known form'))
  const code =
    ERROR_CODES.find((known) => known === error['code']) ?? ('CMDAID_ERR_CONTROL_PROTOCOL' satisfies ErrorCode)
  const hint = error['hint']
  return fail(new CmdaidError(code, String(error['message']), typeof hint === 'string' ? { hint } : {}))
}

export function protocolError(message: string): CmdaidError {
  return new CmdaidError('CMDAID_ERR_CONTROL_PROTOCOL', message, {
    hint: 'restart the daemon, so that it and this command come from the same release',
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
