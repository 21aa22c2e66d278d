import { join } from 'node:path'
import { CmdaidError } from '../../core/errors.ts'
import { AUDIT_SEGMENT_FILL_BYTES } from '../../core/limits.ts'
import { FRAME_HEADER_BYTES, readFrame } from '../../core/audit/frame.ts'
import { leafHash, ZERO_HASH } from '../../core/audit/hash.ts'
import type { Hash } from '../../core/audit/hash.ts'
import { encodeSegmentHeader } from '../../core/audit/segment-header.ts'
import type { SegmentHeader } from '../../core/audit/segment-header.ts'
import { createDurably, writeAll } from './durable-file.ts'
import type { FileOperations, OpenFile } from './file-operations.ts'
import { segmentName } from './layout.ts'
import { readInto } from './read-file.ts'

/** Where a segment's records end, and what the last one was. */
export type SegmentEnd = {
  readonly end: number
  /** Offset and hash of the last record; null offset in a segment without one. */
  readonly lastOffset: number | null
  readonly lastHash: Hash
}

/**
 * The segment that is written to. Sequence of calls for a commit: pwrite (zeros ahead, when they run out), pwrite (frames),
 * fdatasync. Nothing is durable before the last of them has returned.
 */
export class SegmentWriter {
  readonly #files: FileOperations
  readonly path: string
  readonly segment: number
  #file: OpenFile
  #end: number
  #filledTo: number
  #lastOffset: number | null
  #lastHash: Hash

  private constructor(files: FileOperations, path: string, segment: number, file: OpenFile, end: SegmentEnd) {
    this.#files = files
    this.path = path
    this.segment = segment
    this.#file = file
    this.#end = end.end
    this.#filledTo = end.end
    this.#lastOffset = end.lastOffset
    this.#lastHash = end.lastHash
  }

  /** The file has its final name only once its header is durable: there is never a segment without one. */
  static async create(files: FileOperations, logDir: string, header: SegmentHeader): Promise<SegmentWriter> {
    const bytes = encodeSegmentHeader(header)
    const path = join(logDir, segmentName(header.segment))
    await createDurably(files, logDir, path, bytes)
    const file = await files.open(path, 'write')
    const end = { end: bytes.length, lastOffset: null, lastHash: ZERO_HASH }
    return new SegmentWriter(files, path, header.segment, file, end)
  }

  /** Goes on behind `end`; what stands there must already be zeros or nothing. */
  static async open(files: FileOperations, path: string, segment: number, end: SegmentEnd): Promise<SegmentWriter> {
    return new SegmentWriter(files, path, segment, await files.open(path, 'write'), end)
  }

  get end(): number {
    return this.#end
  }

  get lastOffset(): number | null {
    return this.#lastOffset
  }

  /** Writes whole frames and returns when they are durable. `last` describes the last of them within `frames`. */
  async append(frames: Buffer, last: { readonly offset: number; readonly hash: Hash }): Promise<void> {
    await this.#fillTo(this.#end + frames.length)
    await writeAll(this.#file, frames, this.#end)
    await this.#file.datasync()
    this.#lastOffset = this.#end + last.offset
    this.#lastHash = last.hash
    this.#end += frames.length
  }

  async #fillTo(needed: number): Promise<void> {
    if (needed <= this.#filledTo) return
    const zeros = Buffer.alloc(needed - this.#filledTo + AUDIT_SEGMENT_FILL_BYTES)
    await writeAll(this.#file, zeros, this.#filledTo)
    this.#filledTo += zeros.length
  }

  /**
   * After a failed write or sync nobody knows what the disk holds: the kernel may have dropped the pages and forgotten the
   * error. So the file is closed, opened again, everything behind the last durable record is cut off, and that record read back. The
   * caller then appends the same bytes again.
   */
  async restore(): Promise<void> {
    await this.#file.close().catch(() => undefined)
    this.#file = await this.#files.open(this.path, 'write')
    await this.#file.truncate(this.#end)
    this.#filledTo = this.#end
    if (this.#lastOffset === null) return
    const bytes = Buffer.allocUnsafe(this.#end - this.#lastOffset)
    await readInto(this.#file, bytes, this.#lastOffset)
    const frame = readFrame(bytes, 0)
    const same = frame.what === 'leaf' && leafHash(bytes.subarray(FRAME_HEADER_BYTES, frame.end)) === this.#lastHash
    if (!same) {
      throw new CmdaidError('CMDAID_ERR_AUDIT_DAMAGED', `an acknowledged record in ${this.path} cannot be read back`, {
        hint: 'run `cmdaid verify` and look at the disk',
      })
    }
  }

  /** Drops the zeros behind the last record: a closed segment holds nothing else. */
  async trim(): Promise<void> {
    await this.#file.truncate(this.#end)
    await this.#file.datasync()
    this.#filledTo = this.#end
  }

  /** Bytes `[from, from + buffer.length)` as far as they exist. */
  read(buffer: Buffer, from: number): Promise<number> {
    return readInto(this.#file, buffer, from)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}
