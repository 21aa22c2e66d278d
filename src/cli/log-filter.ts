import type { AuditEntry } from '../core/audit/entry.ts'
import { parseTimeOption } from './time-option.ts'

export type LogFilter = {
  readonly since: string | null
  readonly until: string | null
  readonly user: string | null
  readonly session: string | null
  /** Lower case. */
  readonly text: string | null
  readonly decision: string | null
  readonly actor: string | null
}

export function logFilter(values: ReadonlyMap<string, string>, nowMs: number): LogFilter {
  const time = (name: 'since' | 'until'): string | null => {
    const text = values.get(name)
    return text === undefined ? null : parseTimeOption(name, text, nowMs)
  }
  return {
    since: time('since'),
    until: time('until'),
    user: values.get('user') ?? null,
    session: values.get('session')?.toLowerCase() ?? null,
    text: values.get('text')?.toLowerCase() ?? null,
    decision: values.get('decision') ?? null,
    actor: values.get('actor') ?? null,
  }
}

/** Times are compared as text: both are RFC 3339 in UTC, the record's with more digits. */
export function passes(filter: LogFilter, entry: AuditEntry): boolean {
  const { since, until, user, session, text, decision, actor } = filter
  if (since !== null && isBefore(entry, since)) return false
  if (until !== null && entry.timestamp.slice(0, 23) > until.slice(0, 23)) return false
  if (user !== null && entry.user.user_id !== user) return false
  if (session !== null && entry.context.session_id?.startsWith(session) !== true) return false
  if (text !== null && entry.command?.text?.toLowerCase().includes(text) !== true) return false
  if (decision !== null && entry.policy_evaluation?.decision !== decision) return false
  return actor === null || entry.actor?.kind === actor || entry.actor?.name === actor
}

/** Whether an entry is older than a time, as `logFilter` makes it. */
export function isBefore(entry: AuditEntry, time: string): boolean {
  return entry.timestamp.slice(0, 23) < time.slice(0, 23)
}
