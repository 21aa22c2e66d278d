import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { CmdaidError } from '../../core/errors.ts'

/**
 * One daemon for each runtime directory. The lock is an exclusive transaction on an empty SQLite file, held for life: the
 * kernel drops it with the process, however that ends, so there is no stale lock to judge. `lock.pid` beside it is only
 * for the message, since a locked file cannot be read.
 */
export class InstanceLock {
  readonly #database: Database.Database

  private constructor(database: Database.Database) {
    this.#database = database
  }

  /** Takes the lock at once or throws `CMDAID_ERR_DAEMON_RUNNING` naming the holder. */
  static acquire(runtimeDir: string, pid: number): InstanceLock {
    const database = new Database(join(runtimeDir, 'lock'), { timeout: 0 })
    try {
      // Nothing is ever written into it: no journal file that a killed daemon would leave behind.
      database.pragma('journal_mode = MEMORY')
      database.exec('BEGIN EXCLUSIVE')
      writeFileSync(join(runtimeDir, 'lock.pid'), `${pid}\n`, { mode: 0o600 })
    } catch (cause) {
      database.close()
      if (!isBusy(cause)) throw cause
      const holder = lockHolder(runtimeDir)
      throw new CmdaidError(
        'CMDAID_ERR_DAEMON_RUNNING',
        `another daemon serves ${runtimeDir} (pid ${holder ?? 'unknown'})`,
        {
          hint: 'use it (`cmdaid status`), or stop it first',
        },
      )
    }
    return new InstanceLock(database)
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}

/** The pid that took the lock last; null when nobody did. */
export function lockHolder(runtimeDir: string): number | null {
  try {
    const pid = Number(readFileSync(join(runtimeDir, 'lock.pid'), 'latin1'))
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null
  } catch {
    return null
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
}
