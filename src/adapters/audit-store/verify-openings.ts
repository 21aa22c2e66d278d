import { AUDIT_MISSING_OPENINGS_MAX } from '../../core/limits.ts'
import { commitment } from '../../core/audit/commitment.ts'
import { decodeNumber } from '../../core/audit/field-values.ts'
import { fieldOf } from '../../core/audit/fields.ts'
import type { FindingList } from '../../core/audit/finding-list.ts'
import { hashAt } from '../../core/audit/hash.ts'
import { kindCode } from '../../core/audit/kinds.ts'
import { decodeLeaf, LEAF_HEADER_BYTES, LEAF_OFFSETS, leafField } from '../../core/audit/leaf.ts'
import { OpeningsReader } from './openings-reader.ts'
import type { AuditLayout } from './layout.ts'

export type OpeningCounts = {
  /** Values that are there and fit their commitment. */
  readonly disclosed: number
  /** Values that are gone, with a record that says so. */
  readonly redacted: number
  /** Values that are gone without one, or whose key is. */
  readonly missing: number
  /** Values that do not fit their commitment. */
  readonly wrong: number
}

const REDACT = kindCode('REDACT')

/** Holds every commitment against its opening. What is missing is judged at the end: the record that explains it comes later. */
export class OpeningsCheck implements Disposable {
  readonly #reader: OpeningsReader | null
  readonly #findings: FindingList
  readonly #missing = new Map<string, { readonly seq: number; readonly tag: number; readonly locked: boolean }>()
  readonly #redacted = new Set<string>()
  #disclosed = 0
  #wrong = 0
  #missingBeyond = 0

  constructor(layout: AuditLayout, findings: FindingList) {
    this.#reader = OpeningsReader.open(layout)
    this.#findings = findings
  }

  /** The leaf in `bytes[start..end)` is sound. */
  check(bytes: Buffer, start: number, end: number, seq: number): void {
    if (bytes[start + LEAF_OFFSETS.kind] === REDACT) this.#remember(bytes.subarray(start, end))
    for (let at = start + LEAF_HEADER_BYTES; at < end;) {
      const length = bytes.readUInt16BE(at + 2)
      if (bytes[at + 1] === 1) this.#field(bytes, at + 4, seq, bytes.readUInt8(at))
      at += 4 + length
    }
  }

  #remember(leaf: Buffer): void {
    const decoded = decodeLeaf(leaf)
    if (!decoded.ok || this.#redacted.size >= AUDIT_MISSING_OPENINGS_MAX) return
    const seq = leafField(decoded.value, 'target_seq')
    const tag = leafField(decoded.value, 'target_tag')
    if (seq !== null && tag !== null) this.#redacted.add(`${decodeNumber(seq)}/${decodeNumber(tag)}`)
  }

  #field(bytes: Buffer, at: number, seq: number, tag: number): void {
    const opening = this.#reader?.read(seq, tag) ?? 'absent'
    if (opening === 'absent' || opening === 'locked') {
      if (this.#missing.size >= AUDIT_MISSING_OPENINGS_MAX) this.#missingBeyond += 1
      else this.#missing.set(`${seq}/${tag}`, { seq, tag, locked: opening === 'locked' })
      return
    }
    if (opening !== 'broken' && commitment(tag, opening.salt, opening.value) === hashAt(bytes, at)) {
      this.#disclosed += 1
      return
    }
    this.#wrong += 1
    this.#findings.add(
      'OPENING',
      { seqs: [seq, seq], file: 'openings.db' },
      `a value that fits the commitment in the record`,
      `the stored ${nameOf(tag)} of record ${seq} was changed or belongs to another record`,
    )
  }

  /** Reports what is missing unexplained, and counts. */
  finish(): OpeningCounts {
    let redacted = 0
    let missing = this.#missingBeyond
    if (this.#reader === null && this.#missing.size > 0) {
      this.#findings.add(
        'OPENING_MISSING',
        { file: 'openings.db' },
        'the openings beside the log',
        'no value behind a commitment can be read: the openings are not here',
      )
      return { disclosed: 0, redacted: 0, missing: this.#missing.size + missing, wrong: 0 }
    }
    for (const [place, { seq, tag, locked }] of this.#missing) {
      if (this.#redacted.has(place)) {
        redacted += 1
        continue
      }
      missing += 1
      this.#findings.add(
        'OPENING_MISSING',
        { seqs: [seq, seq], file: 'openings.db' },
        'the value, or a record that it was erased',
        `the ${nameOf(tag)} of record ${seq} is gone${locked ? ' with its key' : ''}, and no record says that it was erased`,
      )
    }
    return { disclosed: this.#disclosed, redacted, missing, wrong: this.#wrong }
  }

  [Symbol.dispose](): void {
    this.#reader?.[Symbol.dispose]()
  }
}

function nameOf(tag: number): string {
  return fieldOf(tag)?.name ?? `field ${tag}`
}
