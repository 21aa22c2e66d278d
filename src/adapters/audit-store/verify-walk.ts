import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { originOf, logIdOf } from '../../core/audit/checkpoint.ts'
import type { Checkpoint } from '../../core/audit/checkpoint.ts'
import { Continuity } from '../../core/audit/continuity.ts'
import { decodeText } from '../../core/audit/field-values.ts'
import type { FindingList, FindingPlace } from '../../core/audit/finding-list.ts'
import type { FrameReading } from '../../core/audit/frame.ts'
import { hashAt, hashHex, sha256, ZERO_HASH } from '../../core/audit/hash.ts'
import type { Hash } from '../../core/audit/hash.ts'
import { kindCode } from '../../core/audit/kinds.ts'
import { checkLeaf, decodeLeaf, LEAF_OFFSETS, leafField } from '../../core/audit/leaf.ts'
import { GrowingRange } from '../../core/audit/merkle.ts'
import { noteKey } from '../../core/audit/note.ts'
import type { NoteKey } from '../../core/audit/note.ts'
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES_MAX } from '../../core/audit/segment-header.ts'
import type { FindingCode } from '../../core/audit/verdict.ts'
import { systemFiles } from './file-operations.ts'
import type { OpenFile } from './file-operations.ts'
import { FrameCursor } from './frame-cursor.ts'
import { isMissing } from './io-error.ts'
import { segmentName } from './layout.ts'
import type { AuditLayout } from './layout.ts'
import { openRegular, readInto } from './read-file.ts'
import { checkHeads, readHeads } from './verify-heads.ts'
import type { KnownHeads } from './verify-known.ts'
import type { OpeningsCheck } from './verify-openings.ts'
import { sealAgrees } from './verify-seal.ts'

const GENESIS = kindCode('GENESIS')
const SEGMENT_SEAL = kindCode('SEGMENT_SEAL')

const TORN_RETRIES = 5
const TORN_PAUSE_MS = 20

/**
 * Goes through a log once, from the first record, with the tree growing beside it. Stops at the first contradiction: what
 * stands behind one cannot be told apart from what was put there.
 */
export class LogWalk {
  readonly #layout: AuditLayout
  readonly #findings: FindingList
  readonly #openings: OpeningsCheck | null
  readonly #expectedKey: NoteKey | null
  readonly #range = new GrowingRange()
  readonly #continuity = new Continuity()
  readonly #known: KnownHeads
  #key: NoteKey | null = null
  #logId: Buffer = Buffer.alloc(0)
  #lastHash: Hash = ZERO_HASH
  #lastKind = -1
  /** The segment that is being read has its closing record. */
  #sealedHere = false
  #checkpoints = 0
  #signed = 0
  #stopped = false

  constructor(
    layout: AuditLayout,
    findings: FindingList,
    openings: OpeningsCheck | null,
    expectedKey: NoteKey | null,
    known: KnownHeads,
  ) {
    this.#layout = layout
    this.#findings = findings
    this.#openings = openings
    this.#expectedKey = expectedKey
    this.#known = known
  }

  get size(): number {
    return this.#range.size
  }

  get key(): NoteKey | null {
    return this.#key
  }

  get checkpoints(): number {
    return this.#checkpoints
  }

  get signed(): number {
    return this.#signed
  }

  /** A contradiction ended the walk before the end of the log. */
  get stopped(): boolean {
    return this.#stopped
  }

  root(): Hash {
    return this.#range.root()
  }

  async run(segments: readonly number[], heads: readonly number[]): Promise<void> {
    for (const [index, segment] of segments.entries()) {
      if (segment !== index) {
        this.#stop(
          'GAP',
          { file: `log/${segmentName(index)}` },
          'every segment from the first',
          'this segment is missing',
        )
        break
      }
      await this.#segment(segment, index === segments.length - 1)
      if (this.#stopped) break
    }
    if (this.#stopped) return
    for (const segment of heads.filter((it) => it >= segments.length)) {
      if ((await readHeads(this.#layout, segment)).length === 0) continue
      const file = `log/${segmentName(segment)}`
      this.#stop('TRUNCATED', { file }, 'the segment that these checkpoints sign', 'a segment is missing at the end')
      return
    }
    if (this.#signed === 0 && this.size > 0) {
      this.#add('UNSIGNED', { file: 'heads' }, 'at least one checkpoint', 'nothing in this log was ever signed')
    } else if (this.size > this.#signed) {
      const count = this.size - this.#signed
      this.#add(
        'UNSIGNED_TAIL',
        { seqs: [this.#signed, this.size - 1] },
        'a checkpoint over every record',
        `the last ${count} records are linked to each other but not signed yet`,
      )
    }
    this.#known.ended(this.size)
  }

  async #segment(segment: number, last: boolean): Promise<void> {
    const file = `log/${segmentName(segment)}`
    const headBytes = await readHeads(this.#layout, segment)
    this.#sealedHere = false
    let opened: OpenFile
    try {
      opened = await openRegular(systemFiles, join(this.#layout.log, segmentName(segment)))
    } catch (error) {
      if (!isMissing(error)) throw error
      return this.#stop('GAP', { file }, 'the segment', 'this segment vanished while the log was read')
    }
    try {
      const start = await this.#header(opened, file, segment)
      if (start === null) return
      const cursor = new FrameCursor(opened, start)
      if (segment === 0) await this.#genesis(cursor, file)
      if (this.#stopped || this.#key === null) return
      const checkpoints = checkHeads(headBytes, segment, this.#key, this.#signed, this.#findings)
      await this.#records(opened, cursor, file, segment, checkpoints, last)
    } finally {
      await opened.close()
    }
  }

  /** Holds the segment's header against what the records before it say. Returns its length, or null after a contradiction. */
  async #header(opened: OpenFile, file: string, segment: number): Promise<number | null> {
    const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES_MAX)
    const reading = decodeSegmentHeader(bytes.subarray(0, await readInto(opened, bytes, 0)))
    const place = { file, offset: 0 }
    if (!reading.ok) {
      if (reading.error === 'unsupported') {
        this.#stop('FORMAT', place, 'segment version 1', 'this segment was written in a later version of the format')
      } else {
        this.#stop('HEADER', place, 'a segment header with a good checksum', 'the header was changed or is cut')
      }
      return null
    }
    const { header, length } = reading
    const origin = this.#key?.name ?? header.origin
    if (header.origin !== origin) {
      this.#stop('SPLICE', place, `a segment of ${origin}`, 'this segment belongs to another log')
      return null
    }
    const { size, nodes } = this.#range.snapshot()
    const same =
      header.segment === segment &&
      header.prev === this.#lastHash &&
      header.range.size === size &&
      header.range.nodes.join('') === nodes.join('')
    if (same) return length
    if (header.range.size > size) {
      const seqs = [size, header.range.size - 1] as const
      this.#stop('GAP', { ...place, seqs }, `first record ${size}`, 'the records between two segments are missing')
    } else {
      this.#stop('HEADER', place, `segment ${segment} from record ${size} on`, 'the segment was renamed or replaced')
    }
    return null
  }

  /** The first record names the key, and the origin names it again by its hash: one cannot be replaced without the other. */
  async #genesis(cursor: FrameCursor, file: string): Promise<void> {
    await cursor.fill()
    const frame = cursor.take()
    const offset = cursor.offset
    cursor.rewindTo(offset - (frame.what === 'leaf' ? frame.end - frame.start + 8 : 0))
    if (frame.what !== 'leaf') {
      return this.#stop('GENESIS', { file, offset }, 'the first record', 'the log has no readable first record')
    }
    const leaf = decodeLeaf(Buffer.from(cursor.bytes.subarray(frame.start, frame.end)))
    const origin = leaf.ok ? decodeText(leafField(leaf.value, 'origin') ?? Buffer.alloc(0)) : ''
    const publicKey = leaf.ok ? leafField(leaf.value, 'public_key') : null
    if (!leaf.ok || leaf.value.kind !== 'GENESIS' || publicKey === null) {
      if (leaf.ok || leaf.error.code === 'encoding') {
        return this.#stop('GENESIS', { file, offset, seqs: [0, 0] }, 'GENESIS', 'the first record is another one')
      }
      return this.#stop('FORMAT', { file, offset, seqs: [0, 0] }, 'leaf version 1', 'written in a later version')
    }
    if (origin !== originOf(publicKey, leaf.value.incarnation)) {
      return this.#stop(
        'GENESIS',
        { file, offset, seqs: [0, 0] },
        `origin ${originOf(publicKey, leaf.value.incarnation)}`,
        'the log names an origin that does not belong to its key',
      )
    }
    this.#key = noteKey(origin, publicKey)
    this.#logId = logIdOf(origin)
    const expected = this.#expectedKey
    if (expected !== null && (expected.name !== origin || !expected.publicKey.equals(Buffer.from(publicKey)))) {
      return this.#stop('GENESIS', { file, seqs: [0, 0] }, `key of ${expected.name}`, 'this is the log of another key')
    }
    if (!this.#known.signedBy(this.#key)) this.#stopped = true
  }

  async #records(
    opened: OpenFile,
    cursor: FrameCursor,
    file: string,
    segment: number,
    checkpoints: readonly Checkpoint[],
    last: boolean,
  ): Promise<void> {
    const range = this.#range
    const root = (): Hash => range.root()
    const firstSeq = range.size
    const signed = checkpoints.at(-1)?.size ?? this.#signed
    let nextCheckpoint = 0
    let nextStop = Math.min(checkpoints[0]?.size ?? Number.POSITIVE_INFINITY, this.#known.next(range.size))
    for (;;) {
      const frame = cursor.take()
      if (frame.what !== 'leaf') {
        if (frame.what === 'more' && (await cursor.fill())) continue
        if (await this.#ended(frame, cursor, file, signed, last)) break
        if (this.#stopped) return
        continue
      }
      const { start, end } = frame
      const bytes = cursor.bytes
      const seq = range.size
      const trouble = this.#link(bytes, start, end, seq)
      if (trouble !== null) {
        const offset = cursor.offset - (end - start) - 8
        const [code, expected, explanation] = trouble
        if (code === 'ORDER') return this.#misplaced(cursor, bytes, start, seq, { file, offset, seqs: [seq, seq] })
        return this.#stop(code, { file, offset, seqs: [seq, seq] }, expected, explanation)
      }
      this.#lastKind = bytes[start + LEAF_OFFSETS.kind] as number
      if (this.#lastKind === SEGMENT_SEAL) {
        const offset = cursor.offset - (end - start) - 8
        const expected = { segment, count: seq - firstSeq, root: range.root() }
        if (!(await sealAgrees(opened, Buffer.from(bytes.subarray(start, end)), offset, expected))) {
          const what = `count, root and file hash of segment ${segment}`
          return this.#stop(
            'SEAL',
            { file, offset, seqs: [seq, seq] },
            what,
            'the segment is not the one that was closed',
          )
        }
        this.#sealedHere = true
      }
      for (const { code, expected, explanation } of this.#continuity.remarks(bytes, start, end, seq, root)) {
        this.#add(code, { file, seqs: [seq, seq] }, expected, explanation)
      }
      this.#openings?.check(bytes, start, end, seq)
      // The byte before the leaf is the last of its checksum, which is checked by now: it becomes RFC 6962's prefix.
      bytes[start - 1] = 0
      this.#lastHash = sha256(bytes.subarray(start - 1, end))
      range.append(this.#lastHash)
      if (range.size === nextStop) {
        const checkpoint = checkpoints[nextCheckpoint]
        if (checkpoint !== undefined && checkpoint.size === range.size) {
          if (checkpoint.root !== range.root()) return this.#wrongRoot(checkpoint, file)
          this.#checkpoints += 1
          this.#signed = checkpoint.size
          nextCheckpoint += 1
        }
        if (!this.#known.compare(range.size, root)) {
          this.#stopped = true
          return
        }
        const due = checkpoints[nextCheckpoint]?.size ?? Number.POSITIVE_INFINITY
        nextStop = Math.min(due, this.#known.next(range.size))
      }
    }
    if (!last && this.#signed !== range.size) {
      this.#stop('UNSIGNED', { file }, `a checkpoint at ${range.size}`, 'the end of a closed segment is not signed')
    }
  }

  #wrongRoot(due: Checkpoint, file: string): void {
    this.#stop(
      'ROOT',
      { file, seqs: [this.#signed, due.size - 1] },
      `root ${hashHex(due.root)} at size ${due.size}`,
      'one or more of these records are not those that were signed',
    )
  }

  /** What is wrong with this leaf at this place; null when nothing is. */
  #link(bytes: Buffer, start: number, end: number, seq: number): [FindingCode, string, string] | null {
    const fault = checkLeaf(bytes, start, end)
    if (fault !== null) {
      return fault.code === 'unsupported'
        ? ['FORMAT', 'a record of version 1', `this program does not know ${fault.what}`]
        : ['ENCODING', 'a record as the format defines it', `these bytes are no record: ${fault.what}`]
    }
    if (!startsWith(bytes, start + LEAF_OFFSETS.logId, this.#logId)) {
      return ['SPLICE', 'a record of this log', 'this record belongs to another log']
    }
    if (seqAt(bytes, start) !== seq) return ['ORDER', `record ${seq}`, '']
    if (hashAt(bytes, start + LEAF_OFFSETS.prev) !== this.#lastHash) {
      return [
        'CHAIN',
        `a record behind ${hashHex(this.#lastHash)}`,
        'this record, or the one before it, is not the original',
      ]
    }
    if ((bytes[start + LEAF_OFFSETS.kind] === GENESIS) !== (seq === 0)) {
      return ['GENESIS', 'GENESIS as the first record only', 'the log begins twice']
    }
    if (this.#sealedHere) {
      return ['SEAL', 'the end of the segment', 'a record stands behind the one that closes the segment']
    }
    return null
  }

  /** A record with another number than its place: written twice, taken from elsewhere in the log, or one is missing. */
  async #misplaced(cursor: FrameCursor, bytes: Buffer, start: number, seq: number, place: FindingPlace): Promise<void> {
    const found = seqAt(bytes, start)
    const expected = `record ${seq}`
    if (found < seq) {
      return this.#stop(
        'DUPLICATE',
        place,
        expected,
        `record ${found} stands here a second time, or two writers wrote at once`,
      )
    }
    for (;;) {
      const frame = cursor.take()
      if (frame.what === 'more' && (await cursor.fill())) continue
      if (frame.what !== 'leaf') break
      if (frame.end - frame.start > LEAF_OFFSETS.prev && seqAt(cursor.bytes, frame.start) === seq) {
        return this.#stop('ORDER', place, expected, `record ${found} stands here, and record ${seq} further on`)
      }
    }
    this.#stop(
      'GAP',
      { ...place, seqs: [seq, found - 1] },
      expected,
      `record ${found} follows: what was between is missing`,
    )
  }

  /**
   * No further leaf: the end, or something that is none. True when the segment ends here; false when a writer has gone on in
   * between, or after a contradiction.
   */
  async #ended(
    frame: FrameReading,
    cursor: FrameCursor,
    file: string,
    signed: number,
    last: boolean,
  ): Promise<boolean> {
    const offset = cursor.offset
    const seq = this.size
    const atEnd = frame.what === 'end' || cursor.isAtEnd()
    if (seq < signed) {
      const seqs = [seq, signed - 1] as const
      if (atEnd) {
        this.#stop(
          'TRUNCATED',
          { file, offset, seqs },
          `${signed} records, as its own checkpoints say`,
          'signed records are missing',
        )
      } else {
        this.#stop(
          'FRAME',
          { file, offset, seqs: [seq, seq] },
          'a frame with a good checksum',
          'a signed record was changed',
        )
      }
      return false
    }
    if (!last) {
      if (this.#lastKind === SEGMENT_SEAL && atEnd && !(await this.#hasMore(cursor, offset))) return true
      const what = this.#lastKind === SEGMENT_SEAL ? 'TRAILING' : 'SEAL'
      this.#stop(
        what,
        { file, offset },
        'SEGMENT_SEAL as the last bytes of a closed segment',
        'the segment was not closed like this',
      )
      return false
    }
    for (let attempt = 0; attempt < TORN_RETRIES; attempt++) {
      if (atEnd && !(await this.#hasMore(cursor, offset))) return true
      await pause(TORN_PAUSE_MS)
      cursor.rewindTo(offset)
      await cursor.fill()
      const again = cursor.take()
      cursor.rewindTo(offset)
      if (again.what === 'leaf') return false
    }
    if (atEnd) {
      this.#add(
        'TRAILING',
        { file, offset },
        'nothing but zeros behind the last record',
        'there are bytes behind the end of the log',
      )
    } else {
      this.#add(
        'TORN',
        { file, offset, seqs: [seq, seq] },
        'a whole frame',
        'the last record is not whole: a write that did not finish',
      )
    }
    return true
  }

  /** Whether anything but zeros stands at or behind `offset`. */
  async #hasMore(cursor: FrameCursor, offset: number): Promise<boolean> {
    cursor.rewindTo(offset)
    while (await cursor.fill()) {
      if (cursor.skipZeros()) return true
    }
    cursor.rewindTo(offset)
    return false
  }

  #add(code: FindingCode, place: FindingPlace, expected: string, explanation: string): void {
    this.#findings.add(code, place, expected, explanation)
  }

  #stop(code: FindingCode, place: FindingPlace, expected: string, explanation: string): void {
    this.#stopped = true
    this.#findings.add(code, place, expected, explanation)
  }
}

/** As `equals` of two slices, without making any. */
function startsWith(bytes: Buffer, at: number, expected: Buffer): boolean {
  for (let index = 0; index < expected.length; index++) {
    if (bytes[at + index] !== expected[index]) return false
  }
  return true
}

function seqAt(bytes: Buffer, start: number): number {
  const at = start + LEAF_OFFSETS.seq
  return bytes.readUInt32BE(at) * 0x1_00_00_00_00 + bytes.readUInt32BE(at + 4)
}
