import { randomFillSync } from 'node:crypto'
import { encodeFrame } from '../../core/audit/frame.ts'
import type { Hash } from '../../core/audit/hash.ts'
import type { GrowingRange } from '../../core/audit/merkle.ts'
import { placeRecord } from '../../core/audit/record.ts'
import type { RecordDraft } from '../../core/audit/record.ts'
import type { OpeningRow } from './openings-store.ts'

/** Records that have their place and bytes but are not yet known to be durable. Written again, unchanged, until they are. */
export type Staged = {
  readonly frames: Buffer
  /** Where in `frames` the last record begins, and its leaf hash. */
  readonly last: { readonly offset: number; readonly hash: Hash }
  readonly rows: readonly OpeningRow[]
  readonly records: number
  /** How many of the records are events that somebody may be waiting for. */
  readonly events: number
  readonly firstWallUs: bigint
  /** The last record closes the segment. */
  readonly seal: boolean
}

export type BatchPlace = {
  readonly range: GrowingRange
  readonly prev: Hash
  readonly logId: Uint8Array
  readonly incarnation: number
  readonly bootId: Uint8Array
  readonly random: (bytes: number) => Uint8Array
}

/** Gives drafts their sequence numbers, predecessors, salts and bytes. Extends the tree as it goes. */
export class Batch {
  readonly #place: BatchPlace
  readonly #frames: Buffer[] = []
  readonly #rows: OpeningRow[] = []
  #bytes = 0
  #last: { offset: number; hash: Hash }
  #firstWallUs: bigint | null = null

  constructor(place: BatchPlace) {
    this.#place = place
    this.#last = { offset: 0, hash: place.prev }
  }

  get bytes(): number {
    return this.#bytes
  }

  add(draft: RecordDraft, monoUs: bigint): void {
    const { range, logId, incarnation, bootId, random } = this.#place
    const place = { seq: range.size, prev: this.#last.hash, logId, incarnation, bootId, monoUs }
    const { leaf, openings } = placeRecord(draft, place, random)
    const { bytes, hash } = encodeFrame(leaf)
    range.append(hash)
    this.#frames.push(bytes)
    this.#last = { offset: this.#bytes, hash }
    this.#bytes += bytes.length
    this.#firstWallUs ??= draft.wallUs
    const month = monthOf(draft.wallUs)
    for (const opening of openings) this.#rows.push({ ...opening, month })
  }

  staged(events: number, seal: boolean): Staged {
    return {
      frames: Buffer.concat(this.#frames, this.#bytes),
      last: this.#last,
      rows: this.#rows,
      records: this.#frames.length,
      events,
      firstWallUs: this.#firstWallUs ?? 0n,
      seal,
    }
  }
}

/** `yyyymm` in UTC: which data key seals the openings of a record. */
function monthOf(wallUs: bigint): string {
  const ms = Number(wallUs / 1_000n)
  const year9999 = 253_370_764_800_000
  return new Date(Math.min(ms, year9999)).toISOString().slice(0, 7).replace('-', '')
}

const POOL_BYTES = 8_192

/** Unpredictable bytes in small portions: one call of the generator per pool instead of one per salt. No byte is given out twice. */
export function randomSource(): (bytes: number) => Uint8Array {
  let pool = Buffer.alloc(0)
  let at = 0
  return (bytes) => {
    if (at + bytes > pool.length) {
      pool = randomFillSync(Buffer.allocUnsafeSlow(POOL_BYTES))
      at = 0
    }
    at += bytes
    return pool.subarray(at - bytes, at)
  }
}
