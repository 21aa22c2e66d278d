import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { CmdaidError } from '../../core/errors.ts'
import { AUDIT_OPENINGS_WAL_BYTES } from '../../core/limits.ts'
import { FIELDS } from '../../core/audit/fields.ts'
import type { Opening } from '../../core/audit/record.ts'
import { DataKeys } from './data-keys.ts'
import { randomSource } from './random-source.ts'
import type { FileOperations, OpenFile } from './file-operations.ts'
import { ioError } from './io-error.ts'
import type { AuditLayout } from './layout.ts'
import { seal } from './openings-seal.ts'
import { ensurePrivateFile } from './private-file.ts'
import { Slice } from './slice.ts'

export type OpeningRow = Opening & {
  /** Which month's key seals it, `yyyymm`. */
  readonly month: string
}

/** What the log needs of the openings. Each promise is kept when the change is durable. */
export type OpeningsStore = {
  write(rows: readonly OpeningRow[]): Promise<void>
  /** Deletes one opening for good, also from the write-ahead log and the free pages. True when there was one. */
  erase(seq: number, tag: number): Promise<boolean>
  close(): Promise<void>
}

/** The tag comes first in the key: "the newest host name at or before record n" is then one step of the index. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS opening (
    tag INTEGER NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (tag, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS opened (id INTEGER PRIMARY KEY CHECK (id = 1), times INTEGER NOT NULL) STRICT;
`
const COUNT_OPENING = 'INSERT INTO opened VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET times = times + 1'

/** Before this version two connections could corrupt a database in WAL mode. */
const SQLITE_VERSION_MIN = [3, 51, 3] as const

/**
 * Opens the openings, configured and proved durable, without the rows of records that do not exist (`seq >= cutSeq`: a crash
 * came between their openings and their frames).
 *
 * SQLite writes, and we sync. With `synchronous = FULL` each commit would hold the thread that answers shells for as long as
 * the disk likes, and a thread of its own would cost 20 MB; so commits run under `NORMAL`, which syncs nothing, and are
 * followed by an `fdatasync` of the write-ahead log that waits in the background. A commit is durable when its frames in
 * that file are, which is all that `FULL` does too. Copying the log into the database syncs in both settings; that happens at the
 * start, at the end, and otherwise in a thread that lives for one checkpoint.
 */
export async function openOpenings(
  files: FileOperations,
  layout: AuditLayout,
  cutSeq: number,
  nextTurn: () => Promise<void>,
): Promise<SqliteOpeningsStore> {
  return new SqliteOpeningsStore(files, layout, nextTurn, await connect(files, layout, cutSeq))
}

type Connection = {
  readonly db: Database.Database
  readonly wal: OpenFile
  readonly begin: Database.Statement
  readonly insert: Database.Statement
  readonly commit: Database.Statement
}

class SqliteOpeningsStore implements OpeningsStore {
  readonly #files: FileOperations
  readonly #layout: AuditLayout
  readonly #keys: DataKeys
  readonly #random = randomSource()
  readonly #nextTurn: () => Promise<void>
  #connection: Connection | null
  #walBytesSinceCheckpoint = 0
  #previous: Promise<void> = Promise.resolve()

  constructor(files: FileOperations, layout: AuditLayout, nextTurn: () => Promise<void>, connection: Connection) {
    this.#nextTurn = nextTurn
    this.#files = files
    this.#layout = layout
    this.#keys = new DataKeys(layout.keys)
    this.#connection = connection
  }

  async write(rows: readonly OpeningRow[]): Promise<void> {
    for (const month of new Set(rows.map((row) => row.month))) {
      if (this.#keys.get(month) === null) await this.#keys.create(this.#files, month)
    }
    await this.#change(async ({ insert }, slice) => {
      for (const row of rows) {
        const key = this.#keys.get(row.month)
        if (key === null) throw new CmdaidError('CMDAID_ERR_INTERNAL', `no data key for ${row.month}`)
        const sealed = seal(key, row, this.#random)
        insert.run(row.tag, row.seq, row.month, sealed)
        this.#walBytesSinceCheckpoint += sealed.length
        if (slice.over) await slice.next()
      }
    })
    if (this.#walBytesSinceCheckpoint >= AUDIT_OPENINGS_WAL_BYTES) {
      this.#walBytesSinceCheckpoint = 0
      checkpointInBackground(this.#layout.openings)
    }
  }

  async erase(seq: number, tag: number): Promise<boolean> {
    let erased = false
    await this.#change(async ({ db }) => {
      erased = db.prepare('DELETE FROM opening WHERE tag = ? AND seq = ?').run(tag, seq).changes > 0
    })
    this.#connection?.db.pragma('wal_checkpoint(TRUNCATE)')
    return erased
  }

  async close(): Promise<void> {
    await this.#previous
    await this.#disconnect()
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection
    this.#connection = null
    if (connection === null) return
    await connection.wal.close().catch(() => undefined)
    connection.db.close()
  }

  /**
   * One transaction, durable when the promise is kept. After any failure nobody knows what the disk holds: the connection is
   * given up, and the next change begins with a new one.
   */
  #change(work: Work): Promise<void> {
    // One after the other: a transaction spans several turns of the event loop, and there is one connection.
    const change = this.#previous.then(() => this.#transact(work))
    this.#previous = change.catch(() => undefined)
    return change
  }

  async #transact(work: Work): Promise<void> {
    this.#connection ??= await connect(this.#files, this.#layout, null)
    const { begin, commit, wal } = this.#connection
    const slice = new Slice(this.#nextTurn)
    try {
      begin.run()
      await work(this.#connection, slice)
      // Its pages are written at once.
      await slice.next()
      commit.run()
      await wal.datasync()
    } catch (error) {
      await this.#disconnect().catch(() => undefined)
      throw ioError('cannot write the openings', error)
    }
  }
}

type Work = (connection: Connection, slice: Slice) => Promise<void>

async function connect(files: FileOperations, layout: AuditLayout, cutSeq: number | null): Promise<Connection> {
  ensurePrivateFile(layout.openings)
  const db = new Database(layout.openings, { timeout: 5_000 })
  let wal: OpenFile | null = null
  try {
    configure(db)
    if (cutSeq !== null) cutFrom(db, cutSeq)
    db.pragma('wal_checkpoint(TRUNCATE)')
    db.pragma('wal_autocheckpoint = 0')
    db.pragma('synchronous = NORMAL')
    // The first write makes the file that is synced from now on; the name must be as durable as the data.
    db.exec(COUNT_OPENING)
    wal = await files.open(`${layout.openings}-wal`, 'write')
    await wal.datasync()
    await files.syncDirectory(layout.dir)
    return {
      db,
      wal,
      begin: db.prepare('BEGIN IMMEDIATE'),
      insert: db.prepare('INSERT OR REPLACE INTO opening (tag, seq, key, sealed) VALUES (?, ?, ?, ?)'),
      commit: db.prepare('COMMIT'),
    }
  } catch (error) {
    await wal?.close()
    db.close()
    throw ioError(`cannot open ${layout.openings}`, error)
  }
}

/** One step of the index for each kind of value, however many there are of them. */
function cutFrom(db: Database.Database, seq: number): void {
  const cut = db.prepare('DELETE FROM opening WHERE tag = ? AND seq >= ?')
  for (const { tag, type } of FIELDS) if (type === 'committed') cut.run(tag, seq)
}

/**
 * The binding is built so that a database in WAL mode syncs nothing, and `PRAGMA synchronous` answers 2 until the first
 * write has made it 1. So the setting is made after the mode, one row is written, and only then is it believed.
 */
function configure(db: Database.Database): void {
  const version = String(db.prepare('SELECT sqlite_version()').pluck().get()).split('.').map(Number)
  const differs = SQLITE_VERSION_MIN.findIndex((part, index) => part !== (version[index] ?? 0))
  if (differs >= 0 && (version[differs] ?? 0) < (SQLITE_VERSION_MIN[differs] ?? 0)) {
    throw notDurable(`SQLite ${version.join('.')}`)
  }
  db.pragma('trusted_schema = OFF')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('secure_delete = ON')
  // Where a plain sync does not reach the medium (macOS), ask for the one that does.
  db.pragma('fullfsync = ON')
  db.pragma('checkpoint_fullfsync = ON')
  db.pragma('cache_size = -512')
  db.exec(SCHEMA)
  db.exec(COUNT_OPENING)
  const settings = ['journal_mode', 'synchronous', 'secure_delete'].map((name) => db.pragma(name, { simple: true }))
  if (String(settings) !== 'wal,2,1') throw notDurable(`journal_mode, synchronous, secure_delete = ${String(settings)}`)
}

function notDurable(what: string): CmdaidError {
  return new CmdaidError('CMDAID_ERR_AUDIT_NOT_DURABLE', `the openings database would not be durable: ${what}`, {
    hint: 'reinstall cmdaid with the better-sqlite3 it was built for',
  })
}

/** Failing is harmless: the write-ahead log grows on, and the next attempt comes. */
function checkpointInBackground(path: string): void {
  // The same file as source and as build.
  const file = import.meta.url.endsWith('.ts') ? './openings-checkpoint.ts' : './openings-checkpoint.js'
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), path], {
    env: {},
    stdio: 'ignore',
  })
  child.on('error', () => undefined)
  child.unref()
}
