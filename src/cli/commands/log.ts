import { readEntries } from '../../adapters/audit-store/read-entries.ts'
import { controlCall } from '../../adapters/unix-socket/control-call.ts'
import type { AuditEntry } from '../../core/audit/entry.ts'
import { CONTROL_FLUSH_WAIT_MS, LOG_OPEN_ATTEMPTS_MAX, LOG_ROWS_MAX } from '../../core/limits.ts'
import { EXIT } from '../command.ts'
import type { CommandContext } from '../command.ts'
import { isBefore, type LogFilter, logFilter, passes } from '../log-filter.ts'
import { type LogRow, logRowText } from '../log-table.ts'
import { usage } from '../parse-arguments.ts'

const ROWS_SHOWN = 100

export async function run(context: CommandContext): Promise<number> {
  const { flags, values, output, paths, signal } = context
  const filter = logFilter(values, Date.now())
  const limit = limitOf(values.get('limit'), output.json)
  // What ran a moment ago is on its way to the disk. Without a daemon there is nothing to wait for.
  await controlCall(paths.controlSocket, { request: 'flush' }, { timeoutMs: CONTROL_FLUSH_WAIT_MS, signal }).catch(
    () => undefined,
  )
  const last = output.json
    ? await printEvents(context, filter, limit)
    : await printRows(context, filter, limit, flags.has('all'))
  if (flags.has('follow') && !signal.aborted) await follow(context, filter, last + 1)
  return EXIT.yes
}

function limitOf(text: string | undefined, json: boolean): number {
  if (text === undefined) return json ? Infinity : ROWS_SHOWN
  if (!/^[0-9]{1,9}$/.test(text)) throw usage(`--limit cannot be \`${text}\``, 'a number; 0 for all')
  return Number(text) === 0 ? Infinity : Number(text)
}

/** One event a line, oldest first. Returns the number of the last record that was looked at. */
async function printEvents(
  { output, paths, signal }: CommandContext,
  filter: LogFilter,
  limit: number,
): Promise<number> {
  if (limit !== Infinity) {
    const { found, last } = await newest(
      paths.auditDir,
      filter,
      Math.min(limit, LOG_ROWS_MAX),
      signal,
      (entry) => entry,
    )
    for (const entry of found) await output.data(entry)
    return last
  }
  let last = -1
  for await (const entry of readEntries(paths.auditDir, { order: 'oldest', signal })) {
    last = entry.seq
    if (output.closed) break
    if (passes(filter, entry)) await output.data(entry)
  }
  return last
}

async function printRows(
  { output, paths, signal }: CommandContext,
  filter: LogFilter,
  limit: number,
  all: boolean,
): Promise<number> {
  // Read backwards, an end comes before its beginning.
  const ends = new Map<string, AuditEntry>()
  const toRow = (entry: AuditEntry): LogRow | null => {
    if (entry.record === 'PRECMD' && entry.attempt_id !== null) {
      remember(ends, entry.attempt_id, entry)
      return null
    }
    if (entry.record === 'PREEXEC') return { entry, end: ends.get(entry.attempt_id ?? '') ?? null }
    return all || WORTH_SHOWING.has(entry.event_type) ? { entry, end: null } : null
  }
  const { found, last } = await newest(paths.auditDir, filter, Math.min(limit, LOG_ROWS_MAX), signal, toRow)
  for (const row of found) {
    if (output.closed) break
    await output.write(logRowText(row, output))
  }
  return last
}

/** What tells that the list of commands is not the whole story. */
const WORTH_SHOWING: ReadonlySet<AuditEntry['event_type']> = new Set([
  'session_gap',
  'canary_failed',
  'shell_unhooked',
  'events_lost',
  'policy_rejected',
  'log_recovered',
  'redacted',
])

/** The newest entries that pass, made into something, oldest first. */
async function newest<Row>(
  dir: string,
  filter: LogFilter,
  limit: number,
  signal: AbortSignal,
  toRow: (entry: AuditEntry) => Row | null,
): Promise<{ readonly found: readonly Row[]; readonly last: number }> {
  const found: Row[] = []
  let last = -1
  for await (const entry of readEntries(dir, { signal })) {
    if (last === -1) last = entry.seq
    const row = toRow(entry)
    if (row !== null && passes(filter, entry)) found.push(row)
    if (found.length >= limit || (filter.since !== null && isBefore(entry, filter.since))) break
  }
  return { found: found.reverse(), last }
}

/** Each event as it is written; for people, each command once it has ended. */
async function follow(
  { output, paths, signal, flags }: CommandContext,
  filter: LogFilter,
  from: number,
): Promise<void> {
  const started = new Map<string, AuditEntry>()
  for await (const entry of readEntries(paths.auditDir, { order: 'oldest', from, follow: true, signal })) {
    if (output.closed) return
    if (output.json) {
      if (passes(filter, entry)) await output.data(entry)
      continue
    }
    const attempt = entry.attempt_id ?? ''
    if (entry.record === 'PREEXEC') {
      if (passes(filter, entry)) remember(started, attempt, entry)
    } else if (entry.record === 'PRECMD') {
      const begun = started.get(attempt)
      started.delete(attempt)
      if (begun !== undefined) await output.write(logRowText({ entry: begun, end: entry }, output))
    } else if ((flags.has('all') || WORTH_SHOWING.has(entry.event_type)) && passes(filter, entry)) {
      await output.write(logRowText({ entry, end: null }, output))
    }
  }
}

/** Bounded: of very many that have no other half yet, the oldest is forgotten. */
function remember(map: Map<string, AuditEntry>, key: string, entry: AuditEntry): void {
  map.set(key, entry)
  if (map.size <= LOG_OPEN_ATTEMPTS_MAX) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
