import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { CmdaidError } from '../../core/errors.ts'
import { SALT_BYTES } from '../../core/audit/commitment.ts'
import type { Opening } from '../../core/audit/record.ts'
import { isMissing } from './io-error.ts'
import type { AuditLayout } from './layout.ts'

/**
 * What the commitments in the log stand for: one row per field, `AES-256-GCM(salt ‖ value)` under a key for its month. Salt
 * and value are sealed together, so that destroying the key, or deleting the row, leaves a commitment that says nothing.
 * The tag comes first in the key of the table: "the newest host name at or before record n" is then one step of the index.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS opening (
    tag INTEGER NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (tag, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS opened (id INTEGER PRIMARY KEY CHECK (id = 1), times INTEGER NOT NULL) STRICT;
`
const NONCE_BYTES = 12
const MAC_BYTES = 16
const DATA_KEY_BYTES = 32
/** Before this version two connections could corrupt a database in WAL mode. */
const SQLITE_VERSION_MIN = [3, 51, 3] as const

export type OpeningRow = Opening & {
  /** Which month's key seals it, `yyyymm`. */
  readonly key: string
}

/** The one connection that writes. Synchronous: it lives in a worker thread, where waiting for a sync delays nobody. */
export class OpeningsDatabase implements Disposable {
  readonly #db: Database.Database
  readonly #keys: DataKeys
  readonly #insert: Database.Statement<[number, number, string, Buffer]>

  constructor(layout: AuditLayout) {
    this.#db = new Database(layout.openings, { timeout: 5_000 })
    this.#keys = new DataKeys(layout.keys)
    try {
      configure(this.#db)
      this.#insert = this.#db.prepare('INSERT OR REPLACE INTO opening (tag, seq, key, sealed) VALUES (?, ?, ?, ?)')
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  /** Returns when the rows are durable. Writing the same rows again changes nothing but their nonces. */
  write(rows: readonly OpeningRow[]): void {
    this.#db.transaction(() => {
      for (const row of rows) this.#insert.run(row.tag, row.seq, row.key, seal(this.#keys.get(row.key, true), row))
    })()
  }

  /** Removes what belongs to records that were never acknowledged: `seq` and everything behind it. */
  cutFrom(seq: number): void {
    this.#db.prepare('DELETE FROM opening WHERE seq >= ?').run(seq)
  }

  /** Deletes one opening for good, also from the write-ahead log and the free pages. True when there was one. */
  erase(seq: number, tag: number): boolean {
    const { changes } = this.#db.prepare('DELETE FROM opening WHERE tag = ? AND seq = ?').run(tag, seq)
    this.#db.pragma('wal_checkpoint(TRUNCATE)')
    return changes > 0
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }
}

/**
 * The binding is built so that a database in WAL mode syncs nothing, and `PRAGMA synchronous` answers 2 until the first
 * write has made it 1. So the setting is made after the mode, one row is written, and only then is it believed.
 */
function configure(db: Database.Database): void {
  const version = String(db.prepare('SELECT sqlite_version()').pluck().get()).split('.').map(Number)
  const old = SQLITE_VERSION_MIN.findIndex((part, index) => part !== (version[index] ?? 0))
  if (old >= 0 && (version[old] ?? 0) < (SQLITE_VERSION_MIN[old] ?? 0)) throw notDurable(`SQLite ${version.join('.')}`)
  db.pragma('trusted_schema = OFF')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('secure_delete = ON')
  db.exec(SCHEMA)
  db.exec('INSERT INTO opened VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET times = times + 1')
  const settings = ['journal_mode', 'synchronous', 'secure_delete'].map((name) => db.pragma(name, { simple: true }))
  if (String(settings) !== 'wal,2,1') throw notDurable(`journal_mode, synchronous, secure_delete = ${String(settings)}`)
}

function notDurable(what: string): CmdaidError {
  return new CmdaidError('CMDAID_ERR_AUDIT_NOT_DURABLE', `the openings database would not be durable: ${what}`, {
    hint: 'reinstall cmdaid with the better-sqlite3 it was built for',
  })
}

/** The monthly keys, read once each. Created, durable, by the writer only. */
export class DataKeys {
  readonly #dir: string
  readonly #keys = new Map<string, KeyObject | null>()

  constructor(dir: string) {
    this.#dir = dir
  }

  get(name: string, create: true): KeyObject
  get(name: string, create: false): KeyObject | null
  get(name: string, create: boolean): KeyObject | null {
    if (!/^[0-9]{6}$/.test(name)) throw new CmdaidError('CMDAID_ERR_INTERNAL', 'a data key is named by its month')
    const path = join(this.#dir, `data-${name}.key`)
    let key = this.#keys.get(name)
    if (key === undefined) {
      key = readKey(path)
      this.#keys.set(name, key)
    }
    if (key === null && create) {
      key = createKey(path)
      this.#keys.set(name, key)
    }
    return key
  }
}

function readKey(path: string): KeyObject | null {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
  let file: number
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
  try {
    const bytes = Buffer.alloc(DATA_KEY_BYTES + 1)
    if (!fstatSync(file).isFile() || readSync(file, bytes, 0, bytes.length, 0) !== DATA_KEY_BYTES) {
      throw new CmdaidError('CMDAID_ERR_AUDIT_DAMAGED', `${path} is not a data key`)
    }
    return createSecretKey(bytes.subarray(0, DATA_KEY_BYTES))
  } finally {
    closeSync(file)
  }
}

/** As `createDurably`, synchronous: what a key has sealed must not outlive it by a power cut. */
function createKey(path: string): KeyObject {
  const bytes = randomBytes(DATA_KEY_BYTES)
  const temporary = `${path}.new`
  const { O_CREAT, O_NOFOLLOW, O_RDONLY, O_TRUNC, O_WRONLY } = constants
  const file = openSync(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
  try {
    if (writeSync(file, bytes) !== bytes.length) throw new CmdaidError('CMDAID_ERR_AUDIT_FULL', `cannot write ${path}`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
  const directory = openSync(dirname(path), O_RDONLY)
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
  return createSecretKey(bytes)
}

/** Which record and field a row belongs to is authenticated too: rows cannot be swapped. */
function associatedData(seq: number, tag: number): Buffer {
  const out = Buffer.allocUnsafe(9)
  out.writeBigUInt64BE(BigInt(seq), 0)
  out.writeUInt8(tag, 8)
  return out
}

function seal(key: KeyObject, { seq, tag, salt, value }: Opening): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: MAC_BYTES })
  cipher.setAAD(associatedData(seq, tag))
  return Buffer.concat([nonce, cipher.update(salt), cipher.update(value), cipher.final(), cipher.getAuthTag()])
}

/** Null when it does not open: altered, moved, or sealed with another key. */
export function unseal(
  key: KeyObject,
  place: { readonly seq: number; readonly tag: number },
  sealed: Uint8Array,
): Opening | null {
  if (sealed.length < NONCE_BYTES + SALT_BYTES + MAC_BYTES) return null
  const end = sealed.length - MAC_BYTES
  const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: MAC_BYTES })
  cipher.setAAD(associatedData(place.seq, place.tag))
  cipher.setAuthTag(sealed.subarray(end))
  try {
    const plain = Buffer.concat([cipher.update(sealed.subarray(NONCE_BYTES, end)), cipher.final()])
    return { ...place, salt: plain.subarray(0, SALT_BYTES), value: plain.subarray(SALT_BYTES) }
  } catch {
    return null
  }
}
