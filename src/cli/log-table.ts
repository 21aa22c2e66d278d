import type { AuditEntry } from '../core/audit/entry.ts'
import { cutToWidth } from './display-width.ts'
import { effectColour } from './effect-colour.ts'
import { type Output, visible } from './output.ts'

/** One row of `cmdaid log`: a command with how it ended, or an event of another kind. */
export type LogRow = { readonly entry: AuditEntry; readonly end: AuditEntry | null }

/** `2026-01-31 08:00:00  deny       refused              rm -rf /`: in a terminal one line, cut where it ends. */
export function logRowText({ entry, end }: LogRow, output: Output): string {
  const { policy_evaluation: policy, timestamp } = entry
  const decision = policy === null ? '' : policy.enforced === policy.decision ? policy.decision : `(${policy.decision})`
  const columns = [
    localTime(timestamp),
    decision.padEnd(DECISION_WIDTH),
    statusOf(entry, end).padEnd(STATUS_WIDTH),
    durationOf(end).padStart(DURATION_WIDTH),
  ]
  const text = policy === null ? eventText(entry) : commandText(entry.command)
  const width = columns.join('  ').length + 2
  const shown = output.columns === null ? text : cutToWidth(text, Math.max(TEXT_WIDTH_MIN, output.columns - width))
  if (policy === null) return `${output.paint('dim', [...columns, shown].join('  '))}\n`
  const painted = columns.with(1, output.paint(effectColour(policy.decision), columns[1] ?? ''))
  return `${[...painted, shown].join('  ')}\n`
}

const DECISION_WIDTH = 9
const STATUS_WIDTH = 9
const DURATION_WIDTH = 8
const TEXT_WIDTH_MIN = 20

function commandText(command: AuditEntry['command']): string {
  if (command === null || command.text === null) return '(the text is withheld)'
  const cut = command.cut_from_bytes === null ? '' : ` … (cut, ${command.cut_from_bytes} bytes)`
  return visible(command.text) + cut
}

function statusOf({ policy_evaluation: policy }: AuditEntry, end: AuditEntry | null): string {
  if (policy === null) return ''
  const { outcome = null, exit_code: exit = null } = end?.execution ?? {}
  if (outcome === null) return policy.enforced === 'deny' || policy.enforced === 'approve' ? 'refused' : 'running'
  if (outcome === 'denied') return 'refused'
  return outcome === 'finished' ? (exit === null ? 'ended' : `exit ${exit}`) : outcome
}

function durationOf(end: AuditEntry | null): string {
  const ms = end?.execution?.duration_ms ?? null
  if (ms === null) return ''
  if (ms < 1_000) return `${ms} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  return minutes < 60
    ? `${minutes}m${String(Math.floor(ms / 1_000) % 60).padStart(2, '0')}s`
    : `${(ms / 3_600_000).toFixed(1)} h`
}

/** `session_gap  first_seq=3 last_seq=7 cause=unasked` */
function eventText({ event_type: type, details, command, actor, context }: AuditEntry): string {
  const facts = Object.entries(details)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name}=${String(value)}`)
  if (command?.shell) facts.unshift(command.shell)
  if (actor !== null) facts.push(actor.name ?? actor.kind)
  if (context.session_id !== null) facts.push(`session=${context.session_id.slice(0, 8)}`)
  return visible(`${type}  ${facts.join(' ')}`.trimEnd())
}

/** The time where the reader is: `2026-01-31 08:00:00`. */
function localTime(timestamp: string): string {
  const date = new Date(timestamp)
  if (Number.isNaN(date.getTime())) return visible(timestamp).slice(0, 19).padEnd(19)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
