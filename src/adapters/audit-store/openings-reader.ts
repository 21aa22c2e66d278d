import { lstatSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { OpeningLookup } from '../../core/audit/entry.ts'
import { fieldTag } from '../../core/audit/fields.ts'
import type { FieldName } from '../../core/audit/fields.ts'
import type { Opening } from '../../core/audit/record.ts'
import { DataKeys } from './data-keys.ts'
import { unseal } from './openings-seal.ts'
import type { AuditLayout } from './layout.ts'

type Row = { readonly key: string; readonly sealed: Buffer }

/** What became of an opening: `absent` has no row, `locked` has one whose key is gone, `broken` one that does not open. */
export type OpeningReading = Opening | 'absent' | 'locked' | 'broken'

/** Reads the openings beside whoever writes them. Every call is one step in the table's index. */
export class OpeningsReader implements OpeningLookup, Disposable {
  readonly #db: Database.Database
  readonly #keys: DataKeys
  readonly #exact: Database.Statement<[number, number], Row>
  readonly #latest: Database.Statement<[number, number], Row & { readonly seq: number }>
  readonly #known = new Map<number, { readonly from: number; readonly to: number; readonly value: Uint8Array | null }>()

  private constructor(db: Database.Database, keys: DataKeys) {
    this.#db = db
    this.#keys = keys
    this.#exact = db.prepare('SELECT key, sealed FROM opening WHERE tag = ? AND seq = ?')
    this.#latest = db.prepare(
      'SELECT seq, key, sealed FROM opening WHERE tag = ? AND seq <= ? ORDER BY seq DESC LIMIT 1',
    )
  }

  /** Null when there is no such database here, or none that can be read: an exported log has none. */
  static open(layout: AuditLayout): OpeningsReader | null {
    let db: Database.Database | undefined
    try {
      // Opening follows links and waits at a FIFO; only a regular file is worth opening.
      if (!lstatSync(layout.openings).isFile()) return null
      db = new Database(layout.openings, { readonly: true, fileMustExist: true, timeout: 2_000 })
      db.pragma('trusted_schema = OFF')
      return new OpeningsReader(db, new DataKeys(layout.keys))
    } catch {
      db?.close()
      return null
    }
  }

  read(seq: number, tag: number): OpeningReading {
    const row = this.#exact.get(tag, seq)
    return row === undefined ? 'absent' : this.#open(row, seq, tag)
  }

  value(seq: number, name: FieldName): Uint8Array | null {
    const opening = this.read(seq, fieldTag(name))
    return typeof opening === 'string' ? null : opening.value
  }

  latest(seq: number, name: FieldName): Uint8Array | null {
    const tag = fieldTag(name)
    const known = this.#known.get(tag)
    if (known !== undefined && known.from <= seq && seq <= known.to) return known.value
    const row = this.#latest.get(tag, seq)
    if (row === undefined) return null
    const opening = this.#open(row, row.seq, tag)
    const value = typeof opening === 'string' ? null : opening.value
    // A log is read in one direction: the same answer serves every record between two starts.
    const to = known !== undefined && known.from === row.seq ? Math.max(known.to, seq) : seq
    this.#known.set(tag, { from: row.seq, to, value })
    return value
  }

  #open(row: Row, seq: number, tag: number): OpeningReading {
    if (!/^[0-9]{6}$/.test(row.key)) return 'broken'
    const key = this.#keys.get(row.key)
    if (key === null) return 'locked'
    return unseal(key, { seq, tag }, row.sealed) ?? 'broken'
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }
}

/** For a log whose openings are elsewhere. */
export const NO_OPENINGS: OpeningLookup = { value: () => null, latest: () => null }
