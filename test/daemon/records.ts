import { join } from 'node:path'
import { readEntries } from '../../src/adapters/audit-store/read-entries.ts'
import { controlCall } from '../../src/adapters/unix-socket/control-call.ts'
import type { AuditEntry } from '../../src/core/audit/entry.ts'
import type { TemporaryHome } from '../support/home.ts'

/** Everything a running daemon has recorded, oldest first, after it synced. */
export async function recordsOf(home: TemporaryHome): Promise<AuditEntry[]> {
  await control(home, { request: 'flush' })
  return recordsOnDisk(home)
}

/** What is in the log, whether or not a daemon runs. */
export async function recordsOnDisk(home: TemporaryHome): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  for await (const entry of readEntries(join(home.stateDir, 'audit'), { order: 'oldest' })) entries.push(entry)
  return entries
}

export function control<Request extends Parameters<typeof controlCall>[1]>(home: TemporaryHome, request: Request) {
  return controlCall(join(home.runtimeDir, 'control.sock'), request, { timeoutMs: 20_000 })
}
