import { readFileSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { CmdaidError } from '../../core/errors.ts'
import type { AuditLayout } from './layout.ts'
import { ioError, systemCode } from './io-error.ts'
import { ensurePrivateFile } from './private-file.ts'

/**
 * One writer: an exclusive lock of the operating system on `lock.db`, held by SQLite for as long as the store is open and
 * released by the kernel when the process ends in any way. `lock.pid` only tells people who it is.
 */
export function lockLog(layout: AuditLayout): Disposable {
  let db: Database.Database | undefined
  ensurePrivateFile(layout.lock)
  try {
    db = new Database(layout.lock, { timeout: 0 })
    db.pragma('locking_mode = EXCLUSIVE')
    // The lock is taken by a write and, in exclusive mode, never given back while the connection lives.
    db.exec('BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS lock (id INTEGER) STRICT; COMMIT')
    ensurePrivateFile(layout.lockPid)
    writeFileSync(layout.lockPid, `${process.pid}\n`)
  } catch (cause) {
    db?.close()
    if (!systemCode(cause).startsWith('SQLITE_BUSY')) throw ioError(`cannot lock ${layout.lock}`, cause)
    throw new CmdaidError('CMDAID_ERR_AUDIT_IN_USE', `the audit log is open in process ${holder(layout.lockPid)}`, {
      hint: 'stop the other daemon first',
    })
  }
  const held = db
  return { [Symbol.dispose]: () => void held.close() }
}

function holder(path: string): string {
  try {
    return /^[0-9]{1,10}/.exec(readFileSync(path, 'latin1'))?.[0] ?? 'unknown'
  } catch {
    return 'unknown'
  }
}
