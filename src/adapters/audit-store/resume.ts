import { join } from 'node:path'
import { CmdaidError } from '../../core/errors.ts'
import { AUDIT_SEGMENT_BYTES_MAX, AUDIT_UNSIGNED_RECORDS_MAX } from '../../core/limits.ts'
import { logIdOf } from '../../core/audit/checkpoint.ts'
import type { Checkpoint } from '../../core/audit/checkpoint.ts'
import { FRAME_HEADER_BYTES, isZeroFilled, readFrame } from '../../core/audit/frame.ts'
import { hashAt, leafHash } from '../../core/audit/hash.ts'
import type { Hash } from '../../core/audit/hash.ts'
import { kindOf } from '../../core/audit/kinds.ts'
import type { KindName } from '../../core/audit/kinds.ts'
import { checkLeaf, LEAF_OFFSETS } from '../../core/audit/leaf.ts'
import { GrowingRange } from '../../core/audit/merkle.ts'
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES_MAX } from '../../core/audit/segment-header.ts'
import type { SegmentHeader } from '../../core/audit/segment-header.ts'
import { createDurably } from './durable-file.ts'
import type { FileOperations, OpenFile } from './file-operations.ts'
import { FrameCursor } from './frame-cursor.ts'
import { readLastCheckpoint } from './head-file.ts'
import type { DeviceKey } from './keys.ts'
import { numbersOf, segmentName } from './layout.ts'
import type { AuditLayout } from './layout.ts'
import { openRegular, readInto } from './read-file.ts'
import { SegmentWriter } from './segment-writer.ts'
import type { SegmentEnd } from './segment-writer.ts'
import { readTail } from './tail-file.ts'

/** A log as it was found: where to go on, and what to say about it. */
export type Resumed = {
  readonly segment: SegmentWriter
  readonly range: GrowingRange
  readonly lastHash: Hash
  readonly lastKind: KindName | null
  /** Sequence number of the segment's first record, and when that was made; null without one. */
  readonly firstSeq: number
  readonly firstWallUs: bigint | null
  readonly head: Checkpoint | null
  /** What was cut off behind the last whole record. */
  readonly cut: { readonly segment: number; readonly offset: number; readonly bytes: number } | null
}

/**
 * Reads the end of an existing log; null when there is none. Refuses a log that is behind, or other than, its own last
 * checkpoint: going on from there would sign a second history. Reads one segment at most, and usually only what was written
 * after the last checkpoint.
 *
 * What a crash leaves behind the last whole record was never acknowledged; it is cut off and kept aside. Anything
 * wrong *before* that is not a crash, and is refused.
 */
export async function resumeLog(
  files: FileOperations,
  layout: AuditLayout,
  key: DeviceKey,
  nowUs: bigint,
): Promise<Resumed | null> {
  const head = await readLastCheckpoint(files, layout.heads, key.note)
  const segments = numbersOf(await files.list(layout.log), '.seg')
  const last = segments.at(-1)
  if (last === undefined) {
    if (head === null) return null
    throw rollback(`${layout.log} is empty, but ${head.size} records were signed`)
  }
  if (segments.length !== last + 1) throw damaged(`a segment before ${segmentName(last)} is missing`)
  const path = join(layout.log, segmentName(last))
  const file = await openRegular(files, path)
  try {
    const { header, length, firstWallUs } = await readHeader(file, path, key, last)
    const start = (await fromTail(files, layout, file, last, head)) ?? {
      end: length,
      lastOffset: null,
      lastHash: header.prev,
      range: new GrowingRange(header.range),
    }
    const found = await scan(file, path, start, head, logIdOf(key.origin))
    const cut = found.clean ? null : await keepAside(files, layout, file, last, found.end, nowUs)
    const segment = await SegmentWriter.open(files, path, last, found)
    try {
      if (cut !== null) await segment.trim()
    } catch (error) {
      await segment.close()
      throw error
    }
    return {
      ...found,
      segment,
      head,
      firstSeq: header.range.size,
      firstWallUs,
      cut: cut === null ? null : { segment: last, offset: found.end, bytes: cut },
    }
  } finally {
    await file.close()
  }
}

async function readHeader(
  file: OpenFile,
  path: string,
  key: DeviceKey,
  segment: number,
): Promise<{ header: SegmentHeader; length: number; firstWallUs: bigint | null }> {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES_MAX + FRAME_HEADER_BYTES + LEAF_OFFSETS.fields)
  const filled = await readInto(file, bytes, 0)
  const reading = decodeSegmentHeader(bytes.subarray(0, filled))
  if (!reading.ok) {
    if (reading.error === 'unsupported') {
      throw new CmdaidError('CMDAID_ERR_AUDIT_UNSUPPORTED', `${path} has a later version of the format`)
    }
    throw damaged(`the header of ${path} cannot be read`)
  }
  const { header, length } = reading
  if (header.origin !== key.origin || header.segment !== segment) throw damaged(`${path} belongs to another log`)
  const hasRecord = bytes.readUInt32BE(length) > 0
  const wallAt = length + FRAME_HEADER_BYTES + LEAF_OFFSETS.wallUs
  return { header, length, firstWallUs: hasRecord ? bytes.readBigUInt64BE(wallAt) : null }
}

type ScanStart = SegmentEnd & { readonly range: GrowingRange }

/** The state at the last checkpoint, if the cache has it and the record it names is really there. */
async function fromTail(
  files: FileOperations,
  layout: AuditLayout,
  file: OpenFile,
  segment: number,
  head: Checkpoint | null,
): Promise<ScanStart | null> {
  const tail = await readTail(files, layout)
  if (tail === null || head === null || tail.segment !== segment || tail.range.size !== head.size) return null
  const range = new GrowingRange(tail.range)
  const length = tail.end - tail.lastOffset
  if (range.root() !== head.root || length <= FRAME_HEADER_BYTES || length > AUDIT_SEGMENT_BYTES_MAX) return null
  const bytes = Buffer.alloc(length)
  await readInto(file, bytes, tail.lastOffset)
  const frame = readFrame(bytes, 0)
  if (frame.what !== 'leaf' || frame.end !== length) return null
  const leaf = bytes.subarray(frame.start, frame.end)
  if (leafHash(leaf) !== tail.lastHash || leaf.readBigUInt64BE(LEAF_OFFSETS.seq) !== BigInt(head.size - 1)) return null
  // The scan begins at that record, so that what it says of the last record is always read, never assumed.
  return { end: tail.end, lastOffset: tail.lastOffset, lastHash: tail.lastHash, range }
}

type Found = SegmentEnd & {
  readonly range: GrowingRange
  readonly lastKind: KindName | null
  /** Nothing but zeros behind the last record. */
  readonly clean: boolean
}

async function scan(
  file: OpenFile,
  path: string,
  start: ScanStart,
  head: Checkpoint | null,
  logId: Buffer,
): Promise<Found> {
  const { range } = start
  let { end, lastOffset, lastHash } = start
  let lastKind = lastOffset === null ? null : await kindAt(file, lastOffset)
  const cursor = new FrameCursor(file, end)
  const signed = head?.size ?? 0
  if (head !== null && range.size === signed && range.root() !== head.root) throw rollback(`${path} was rewritten`)
  if (head !== null && range.size > signed) throw damaged(`the checkpoint of the segment before ${path} is missing`)
  for (;;) {
    const frame = cursor.take()
    if (frame.what === 'more') {
      if (await cursor.fill()) continue
      break
    }
    if (frame.what !== 'leaf') break
    const leaf = cursor.bytes.subarray(frame.start, frame.end)
    const fault = checkLeaf(leaf, 0, leaf.length)
    if (fault?.code === 'unsupported') {
      throw new CmdaidError('CMDAID_ERR_AUDIT_UNSUPPORTED', `${path} holds a record of a later version: ${fault.what}`)
    }
    const follows =
      fault === null &&
      leaf.readBigUInt64BE(LEAF_OFFSETS.seq) === BigInt(range.size) &&
      hashAt(leaf, LEAF_OFFSETS.prev) === lastHash &&
      leaf.subarray(LEAF_OFFSETS.logId, LEAF_OFFSETS.logId + logId.length).equals(logId)
    if (!follows) throw damaged(`record ${range.size} in ${path} does not follow the one before it`)
    lastHash = leafHash(leaf)
    lastKind = kindOf(leaf.readUInt8(LEAF_OFFSETS.kind))?.name ?? null
    lastOffset = end
    end = cursor.offset
    range.append(lastHash)
    if (head !== null && range.size === signed && range.root() !== head.root) throw rollback(`${path} was rewritten`)
  }
  const clean = await isZero(file, end)
  if (head === null && range.size > AUDIT_UNSIGNED_RECORDS_MAX) throw rollback('its checkpoints are missing')
  if (range.size < signed) {
    const missing = `${path} ends at ${range.size}, but ${signed} records were signed`
    throw clean ? rollback(missing) : damaged(missing)
  }
  return { range, end, lastOffset, lastHash, lastKind, clean }
}

async function kindAt(file: OpenFile, offset: number): Promise<KindName | null> {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES + LEAF_OFFSETS.seq)
  await readInto(file, bytes, offset)
  return kindOf(bytes.readUInt8(FRAME_HEADER_BYTES + LEAF_OFFSETS.kind))?.name ?? null
}

async function isZero(file: OpenFile, from: number): Promise<boolean> {
  const bytes = Buffer.allocUnsafe(65_536)
  for (let at = from; ; at += bytes.length) {
    const read = await readInto(file, bytes, at)
    if (!isZeroFilled(bytes.subarray(0, read))) return false
    if (read < bytes.length) return true
  }
}

/** Copies what stands behind the last record, without the zeros at its end, and returns how many bytes that are. */
async function keepAside(
  files: FileOperations,
  layout: AuditLayout,
  file: OpenFile,
  segment: number,
  from: number,
  nowUs: bigint,
): Promise<number> {
  const { size } = await file.stat()
  const bytes = Buffer.alloc(Math.min(Math.max(size - from, 0), AUDIT_SEGMENT_BYTES_MAX))
  await readInto(file, bytes, from)
  let length = bytes.length
  while (length > 0 && bytes[length - 1] === 0) length -= 1
  const path = join(layout.cut, `${segmentName(segment)}-${from}-${nowUs}.bin`)
  await createDurably(files, layout.cut, path, bytes.subarray(0, length))
  return length
}

function rollback(what: string): CmdaidError {
  return new CmdaidError('CMDAID_ERR_AUDIT_ROLLBACK', `the audit log was cut or put back: ${what}`, {
    hint: 'run `cmdaid verify`, keep a copy, and move the directory aside to begin a new log',
  })
}

function damaged(what: string): CmdaidError {
  return new CmdaidError('CMDAID_ERR_AUDIT_DAMAGED', `the audit log is damaged: ${what}`, {
    hint: 'run `cmdaid verify`, keep a copy, and move the directory aside to begin a new log',
  })
}
