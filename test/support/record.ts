import { join } from 'node:path'
import { readEntries } from '../../src/adapters/audit-store/read-entries.ts'
import type { AuditEntry } from '../../src/core/audit/entry.ts'
import type { TemporaryHome } from './home.ts'

/** Everything the daemon of this home has recorded so far, oldest first; nothing while there is no log yet. */
export async function readRecord(home: TemporaryHome): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = []
  for await (const entry of readEntries(join(home.stateDir, 'audit'), { order: 'oldest' })) entries.push(entry)
  return entries
}

/** The bytes of the command lines that were asked about, in order, also when they are not UTF-8. */
export function askedLines(entries: readonly AuditEntry[]): readonly Buffer[] {
  return entries
    .filter((entry) => entry.record === 'PREEXEC')
    .map(({ command }) =>
      command?.text_base64 == null ? Buffer.from(command?.text ?? '') : Buffer.from(command.text_base64, 'base64'),
    )
}

/** `seq:outcome:exit status` of each line that has ended, in order. */
export function endedLines(entries: readonly AuditEntry[]): readonly string[] {
  return entries
    .filter((entry) => entry.record === 'PRECMD')
    .map(({ session_seq: seq, execution }) => `${seq}:${execution?.outcome}:${execution?.exit_code}`)
}
