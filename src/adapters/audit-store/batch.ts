import { closeFrame, FRAME_HEADER_BYTES } from '../../core/audit/frame.ts'
import type { Hash } from '../../core/audit/hash.ts'
import { leafLength, putLeaf } from '../../core/audit/leaf.ts'
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
  readonly #rows: OpeningRow[] = []
  #frames = Buffer.allocUnsafeSlow(FRAMES_BYTES_MIN)
  #bytes = 0
  #records = 0
  #last: { readonly offset: number; readonly hash: Hash }
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
    const offset = this.#bytes
    this.#makeRoom(FRAME_HEADER_BYTES + leafLength(leaf))
    const end = putLeaf(this.#frames, offset + FRAME_HEADER_BYTES, leaf)
    const hash = closeFrame(this.#frames, offset, end)
    range.append(hash)
    this.#bytes = end
    this.#records += 1
    this.#last = { offset, hash }
    this.#firstWallUs ??= draft.wallUs
    const month = monthOf(draft.wallUs)
    for (const { seq, tag, salt, value } of openings) this.#rows.push({ seq, tag, salt, value, month })
  }

  staged(events: number, seal: boolean): Staged {
    return {
      frames: this.#frames.subarray(0, this.#bytes),
      last: this.#last,
      rows: this.#rows,
      records: this.#records,
      events,
      firstWallUs: this.#firstWallUs ?? 0n,
      seal,
    }
  }

  #makeRoom(bytes: number): void {
    if (this.#bytes + bytes <= this.#frames.length) return
    const grown = Buffer.allocUnsafeSlow(2 * this.#frames.length + bytes)
    this.#frames.copy(grown, 0, 0, this.#bytes)
    this.#frames = grown
  }
}

/** A few records: most batches. */
const FRAMES_BYTES_MIN = 2_048

/** `yyyymm` in UTC: which data key seals the openings of a record. */
function monthOf(wallUs: bigint): string {
  const year9999 = 253_370_764_800_000
  const day = Math.floor(Math.min(Number(wallUs) / 1_000, year9999) / 86_400_000)
  if (day !== lastDay) {
    lastDay = day
    monthOfLastDay = new Date(day * 86_400_000).toISOString().slice(0, 7).replace('-', '')
  }
  return monthOfLastDay
}

/** What the last record was asked for, which is nearly always what the next one is. */
let lastDay = 0
let monthOfLastDay = '197001'
