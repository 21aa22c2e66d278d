import { mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { CmdaidError } from '../../core/errors.ts'
import { INSTALL_LOCK_ATTEMPTS_MAX, INSTALL_LOCK_WAIT_MS } from '../../core/limits.ts'

/**
 * One installation at a time for each folder of records. The lock is an exclusive transaction on an empty SQLite file: the
 * kernel drops it with the process, however that ends.
 */
export class InstallLock {
  readonly #database: Database.Database
  readonly #file: string

  /** Folders that were made for it, outermost first. */
  readonly made: readonly string[]

  private constructor(database: Database.Database, file: string, made: readonly string[]) {
    this.#database = database
    this.#file = file
    this.made = made
  }

  /** Makes `folder` when it is missing. Waits for another installation, or throws `CMDAID_ERR_INSTALL_BUSY`. */
  static acquire(folder: string): InstallLock {
    const file = join(folder, 'lock')
    const made = new Set<string>()
    for (let attempt = 0; attempt < INSTALL_LOCK_ATTEMPTS_MAX; attempt++) {
      try {
        for (const path of foldersFrom(mkdirSync(folder, { recursive: true, mode: 0o700 }), folder)) made.add(path)
        const database = new Database(file, { timeout: INSTALL_LOCK_WAIT_MS })
        const opened = inode(file)
        if (lock(database) && opened !== null && opened === inode(file))
          return new InstallLock(database, file, [...made])
        // What we waited for was removed by an uninstallation: there is another file now, or none.
        database.close()
      } catch (cause) {
        if (isFolderGone(cause, folder)) continue
        throw new CmdaidError('CMDAID_ERR_INSTALL_STATE', `cannot use ${folder}`, {
          cause,
          hint: 'what an installation has changed is kept there: it must be yours to write',
        })
      }
    }
    throw new CmdaidError('CMDAID_ERR_INSTALL_BUSY', `another installation has been using ${folder} for too long`, {
      hint: 'wait for it to end and try again',
    })
  }

  /** For an uninstallation, as its last act: others that wait notice, and make a new one. */
  removeFile(): void {
    rmSync(this.#file, { force: true })
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}

/** False when somebody else has held it all the time. */
function lock(database: Database.Database): boolean {
  try {
    // Nothing is ever written into it: no journal file that a killed process would leave behind.
    database.pragma('journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false
    throw error
  }
}

/** An uninstallation took the folder away after it was made here. Another installation may have made it again since. */
function isFolderGone(cause: unknown, folder: string): boolean {
  // What the library says itself, before it asks SQLite.
  if (cause instanceof TypeError && cause.message.includes('directory does not exist')) return true
  return cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_CANTOPEN') && inode(folder) === null
}

/** From the first folder that was made down to the last; none when it was there already. */
function foldersFrom(first: string | undefined, last: string): string[] {
  if (first === undefined) return []
  return first === last ? [last] : [...foldersFrom(first, dirname(last)), last]
}

function inode(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null
}
