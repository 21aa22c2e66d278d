import { closeSync, fstatSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { CmdaidError } from '../../core/errors.ts'
import { INSTALL_LOCK_ATTEMPTS_MAX, INSTALL_LOCK_WAIT_MS } from '../../core/limits.ts'

/**
 * One installation at a time for each folder of records. The lock is an exclusive transaction on an empty SQLite file: the
 * kernel drops it with the process, however that ends.
 */
export class InstallLock {
  readonly #opened: OpenedLock
  readonly #file: string

  /** Folders that were made for it, outermost first. */
  readonly made: readonly string[]

  private constructor(opened: OpenedLock, file: string, made: readonly string[]) {
    this.#opened = opened
    this.#file = file
    this.made = made
  }

  /** Makes `folder` when it is missing. Waits for another installation, or throws `CMDAID_ERR_INSTALL_BUSY`. */
  static acquire(folder: string): InstallLock {
    const file = join(folder, 'lock')
    const made = new Set<string>()
    let cause: unknown
    for (let attempt = 0; attempt < INSTALL_LOCK_ATTEMPTS_MAX; attempt++) {
      cause = undefined
      try {
        for (const path of foldersFrom(mkdirSync(folder, { recursive: true, mode: 0o700 }), folder)) made.add(path)
        const opened = open(file)
        if (lock(opened.database) && opened.inode === inode(file)) return new InstallLock(opened, file, [...made])
        // What we waited for was removed by an uninstallation: there is another file now, or none.
        close(opened)
      } catch (error) {
        cause = error
        if (!isGone(error)) break
      }
    }
    if (cause !== undefined) {
      throw new CmdaidError('CMDAID_ERR_INSTALL_STATE', `cannot use ${folder}`, {
        cause,
        hint: 'what an installation has changed is kept there: it must be yours to write',
      })
    }
    throw new CmdaidError('CMDAID_ERR_INSTALL_BUSY', `another installation has been using ${folder} for too long`, {
      hint: 'wait for it to end and try again',
    })
  }

  /** For an uninstallation, as its last act: others that wait notice, and make a new one. */
  removeFile(): void {
    rmSync(this.#file, { force: true })
  }

  /** Whether, since `removeFile`, another installation has begun. */
  isTakenOver(): boolean {
    return inode(this.#file) !== null
  }

  [Symbol.dispose](): void {
    close(this.#opened)
  }
}

/**
 * `fd` is there to know the file by: while it is open, no other file gets its number. It is closed after the database, since a
 * process that closes any descriptor of a file loses its locks on it.
 */
type OpenedLock = { readonly database: Database.Database; readonly fd: number; readonly inode: number }

function open(file: string): OpenedLock {
  const fd = openSync(file, 'a', 0o600)
  try {
    return { database: new Database(file, { timeout: INSTALL_LOCK_WAIT_MS }), fd, inode: fstatSync(fd).ino }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function close({ database, fd }: OpenedLock): void {
  database.close()
  closeSync(fd)
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

/** Whether an uninstallation took the folder away after it was made here, or one of those above it. */
function isGone(cause: unknown): boolean {
  // What the database library says itself, before it asks SQLite.
  if (cause instanceof TypeError) return cause.message.includes('directory does not exist')
  if (cause instanceof Database.SqliteError) return cause.code.startsWith('SQLITE_CANTOPEN')
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
}

/** From the first folder that was made down to the last; none when it was there already. */
function foldersFrom(first: string | undefined, last: string): string[] {
  if (first === undefined) return []
  return first === last ? [last] : [...foldersFrom(first, dirname(last)), last]
}

function inode(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null
}
