import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { CmdaidError } from '../../core/errors.ts'
import { entryOf } from '../../core/audit/entry.ts'
import type { AuditEntry } from '../../core/audit/entry.ts'
import { leafHash } from '../../core/audit/hash.ts'
import { decodeLeaf, LEAF_OFFSETS } from '../../core/audit/leaf.ts'
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES_MAX } from '../../core/audit/segment-header.ts'
import type { SegmentHeader } from '../../core/audit/segment-header.ts'
import { systemFiles } from './file-operations.ts'
import type { OpenFile } from './file-operations.ts'
import { FrameCursor } from './frame-cursor.ts'
import { ioError, isMissing } from './io-error.ts'
import { auditLayout, numbersOf, segmentName } from './layout.ts'
import type { AuditLayout } from './layout.ts'
import { NO_OPENINGS, OpeningsReader } from './openings-reader.ts'
import { openRegular, readInto } from './read-file.ts'
import { AUDIT_POLL_MS } from '../../core/limits.ts'

export type ReadEntriesOptions = {
  /** `newest` first (the default), or `oldest` first. */
  readonly order?: 'newest' | 'oldest'
  /** With `oldest`: the first record. With `newest`: the last one. */
  readonly from?: number
  /** At the end, wait for more, also in segments that do not exist yet. Oldest first only. */
  readonly follow?: boolean
  /** Ends a `follow`: the iteration then simply ends. */
  readonly signal?: AbortSignal
  readonly pollMs?: number
}

/** A frame that another process is just writing is whole a moment later. */
const TORN_RETRIES = 3

/**
 * The records of a log, decoded, with the values behind the commitments where the openings can be read. Reads beside the
 * process that writes, changes nothing, holds one segment's offsets at most. It decodes strictly and does not verify: that is
 * `verifyLog`. A record that cannot be read ends the iteration with `CMDAID_ERR_AUDIT_DAMAGED`, after what could be read.
 */
export async function* readEntries(dir: string, options: ReadEntriesOptions = {}): AsyncGenerator<AuditEntry, void> {
  const layout = auditLayout(dir)
  const segments = await listSegments(layout)
  using openings = OpeningsReader.open(layout)
  const decode = (bytes: Buffer, header: SegmentHeader): AuditEntry => {
    const leaf = decodeLeaf(bytes)
    if (!leaf.ok) {
      const code = leaf.error.code === 'unsupported' ? 'CMDAID_ERR_AUDIT_UNSUPPORTED' : 'CMDAID_ERR_AUDIT_DAMAGED'
      throw new CmdaidError(code, `a record in ${dir} cannot be read: ${leaf.error.what}`, { hint: VERIFY })
    }
    return entryOf(leaf.value, leafHash(bytes), machineId(header), openings ?? NO_OPENINGS)
  }
  if (options.order === 'oldest') yield* forwards(layout, segments, options, decode)
  else yield* backwards(layout, segments, options, decode)
}

const VERIFY = 'run `cmdaid verify`'
type Decode = (bytes: Buffer, header: SegmentHeader) => AuditEntry

async function* forwards(
  layout: AuditLayout,
  segments: readonly number[],
  { from = 0, follow = false, signal, pollMs = AUDIT_POLL_MS }: ReadEntriesOptions,
  decode: Decode,
): AsyncGenerator<AuditEntry, void> {
  let segment = await segmentOf(layout, segments, from)
  for (;;) {
    await using opened = await openSegment(layout, segment)
    const cursor = new FrameCursor(opened.file, opened.length)
    let sealed = false
    for (let torn = 0; ;) {
      const frame = cursor.take()
      if (frame.what === 'leaf') {
        torn = 0
        const bytes = cursor.bytes.subarray(frame.start, frame.end)
        if (seqOf(bytes) < from) continue
        const entry = decode(Buffer.from(bytes), opened.header)
        sealed = entry.record === 'SEGMENT_SEAL'
        yield entry
        if (signal?.aborted === true) return
        continue
      }
      if (frame.what === 'more' && (await cursor.fill())) continue
      const next = sealed || (await segmentExists(layout, segment + 1))
      const atEnd = frame.what === 'end' || cursor.isAtEnd()
      if (atEnd && next) break
      if (!atEnd && ++torn > TORN_RETRIES) throw unreadable(layout, segment, cursor.offset)
      if (atEnd && !follow) return
      if (!(await waited(pollMs, signal))) return
      cursor.rewind()
    }
    if (!(await appears(layout, segment + 1, follow, pollMs, signal))) return
    segment += 1
  }
}

async function* backwards(
  layout: AuditLayout,
  segments: readonly number[],
  { from = Number.MAX_SAFE_INTEGER, signal }: ReadEntriesOptions,
  decode: Decode,
): AsyncGenerator<AuditEntry, void> {
  let problem: CmdaidError | null = null
  for (const segment of segments.toReversed()) {
    await using opened = await openSegment(layout, segment)
    if (opened.header.range.size > from) continue
    const { frames, broken } = await indexFrames(opened.file, opened.length)
    if (broken !== null) problem ??= unreadable(layout, segment, broken)
    for await (const bytes of leavesBackwards(opened.file, frames)) {
      if (seqOf(bytes) > from) continue
      yield decode(bytes, opened.header)
      if (signal?.aborted === true) return
    }
  }
  if (problem !== null) throw problem
}

const BLOCK_BYTES = 262_144

/** Reads a block of the file at a time and gives out its leaves from the last to the first. */
async function* leavesBackwards(
  file: OpenFile,
  frames: readonly { readonly at: number; readonly length: number }[],
): AsyncGenerator<Buffer, void> {
  for (let last = frames.length - 1; last >= 0;) {
    const endOf = frames[last]
    if (endOf === undefined) return
    const end = endOf.at + endOf.length
    let first = last
    while (first > 0 && end - (frames[first - 1]?.at ?? 0) <= BLOCK_BYTES) first -= 1
    const start = frames[first]?.at ?? 0
    const block = Buffer.allocUnsafe(end - start)
    await readInto(file, block, start)
    for (const { at, length } of frames.slice(first, last + 1).toReversed()) {
      yield block.subarray(at - start, at - start + length)
    }
    last = first - 1
  }
}

/** Frames can only be walked forwards: remembers where each leaf of one segment is. */
async function indexFrames(
  file: OpenFile,
  start: number,
): Promise<{ frames: { at: number; length: number }[]; broken: number | null }> {
  const frames: { at: number; length: number }[] = []
  const cursor = new FrameCursor(file, start)
  for (let torn = 0; ;) {
    const frame = cursor.take()
    if (frame.what === 'leaf') {
      const length = frame.end - frame.start
      frames.push({ at: cursor.offset - length, length })
      continue
    }
    if (frame.what === 'more' && (await cursor.fill())) continue
    if (frame.what === 'end' || cursor.isAtEnd()) return { frames, broken: null }
    if (++torn > TORN_RETRIES) return { frames, broken: cursor.offset }
    await pause(AUDIT_POLL_MS)
    cursor.rewind()
  }
}

type OpenedSegment = AsyncDisposable & {
  readonly file: OpenFile
  readonly header: SegmentHeader
  readonly length: number
}

async function openSegment(layout: AuditLayout, segment: number): Promise<OpenedSegment> {
  const path = join(layout.log, segmentName(segment))
  let file: OpenFile
  try {
    file = await openRegular(systemFiles, path)
  } catch (error) {
    if (isMissing(error)) {
      throw new CmdaidError('CMDAID_ERR_AUDIT_DAMAGED', `${path} is missing`, { cause: error, hint: VERIFY })
    }
    throw ioError(`cannot read ${path}`, error)
  }
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES_MAX)
  const reading = decodeSegmentHeader(bytes.subarray(0, await readInto(file, bytes, 0)))
  if (!reading.ok) {
    await file.close()
    const code = reading.error === 'unsupported' ? 'CMDAID_ERR_AUDIT_UNSUPPORTED' : 'CMDAID_ERR_AUDIT_DAMAGED'
    throw new CmdaidError(code, `the header of ${path} cannot be read`, { hint: VERIFY })
  }
  return { file, header: reading.header, length: reading.length, [Symbol.asyncDispose]: () => file.close() }
}

async function listSegments(layout: AuditLayout): Promise<number[]> {
  let names: readonly string[]
  try {
    names = await systemFiles.list(layout.log)
  } catch (error) {
    if (isMissing(error)) names = []
    else throw ioError(`cannot read ${layout.log}`, error)
  }
  const segments = numbersOf(names, '.seg')
  if (segments.length > 0) return segments
  throw new CmdaidError('CMDAID_ERR_AUDIT_MISSING', `there is no audit log in ${layout.log}`, {
    hint: 'the daemon begins one when it starts',
  })
}

/** The last segment that begins at or before this record. */
async function segmentOf(layout: AuditLayout, segments: readonly number[], seq: number): Promise<number> {
  for (const segment of segments.toReversed()) {
    await using opened = await openSegment(layout, segment)
    if (opened.header.range.size <= seq) return segment
  }
  return segments[0] ?? 0
}

async function segmentExists(layout: AuditLayout, segment: number): Promise<boolean> {
  return numbersOf(await systemFiles.list(layout.log), '.seg').includes(segment)
}

async function appears(
  layout: AuditLayout,
  segment: number,
  follow: boolean,
  pollMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  while (!(await segmentExists(layout, segment))) {
    if (!follow || !(await waited(pollMs, signal))) return false
  }
  return true
}

/** False when the wait was ended. */
async function waited(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal?.aborted === true) return false
  return pause(ms, true, signal === undefined ? {} : { signal }).catch(() => false)
}

function seqOf(leaf: Buffer): number {
  return leaf.length < LEAF_OFFSETS.prev ? 0 : Number(leaf.readBigUInt64BE(LEAF_OFFSETS.seq))
}

/** The device, from `cmdaid.local/<device>/<incarnation>`. */
function machineId(header: SegmentHeader): string {
  return header.origin.split('/')[1] ?? header.origin
}

function unreadable(layout: AuditLayout, segment: number, offset: number): CmdaidError {
  const path = join(layout.log, segmentName(segment))
  return new CmdaidError('CMDAID_ERR_AUDIT_DAMAGED', `the record at byte ${offset} of ${path} cannot be read`, {
    hint: VERIFY,
  })
}
