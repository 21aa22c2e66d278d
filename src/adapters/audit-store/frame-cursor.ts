import { FRAME_HEADER_BYTES, isZeroFilled, readFrame } from '../../core/audit/frame.ts'
import type { FrameReading } from '../../core/audit/frame.ts'
import { LEAF_BYTES_MAX } from '../../core/audit/leaf.ts'
import type { OpenFile } from './file-operations.ts'
import { readInto } from './read-file.ts'

/** Large enough that reading costs nothing beside hashing, small enough to keep memory flat. */
const CHUNK_BYTES = 1_048_576
const FRAME_BYTES_MAX = FRAME_HEADER_BYTES + LEAF_BYTES_MAX

/**
 * Goes through the frames of a segment with one buffer of fixed size. `take` is synchronous, so that millions of records
 * cost no promises; when it answers `more`, `fill` reads on.
 */
export class FrameCursor {
  readonly #file: OpenFile
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES + FRAME_BYTES_MAX)
  #filled = 0
  #at = 0
  #seen: Buffer | null = null
  /** File offset of the buffer's first byte. */
  #base: number

  constructor(file: OpenFile, offset: number) {
    this.#file = file
    this.#base = offset
  }

  /** File offset of the next frame. */
  get offset(): number {
    return this.#base + this.#at
  }

  /** The frame's leaf lies in this until the next `fill`. */
  get bytes(): Buffer {
    return this.#buffer
  }

  /** The next frame; moves on only over a whole leaf, whose place in `bytes` it names. */
  take(): FrameReading {
    const frame = readFrame(this.#filled === this.#buffer.length ? this.#buffer : this.#view(), this.#at)
    if (frame.what === 'leaf') this.#at = frame.end
    return frame
  }

  /** Reads on. False when the file has no more bytes than were already there. */
  async fill(): Promise<boolean> {
    this.#buffer.copyWithin(0, this.#at, this.#filled)
    this.#base += this.#at
    this.#filled -= this.#at
    this.#at = 0
    const read = await readInto(this.#file, this.#buffer.subarray(this.#filled), this.#base + this.#filled)
    this.#filled += read
    this.#seen = null
    return read > 0
  }

  /** Nothing of a next frame has been read: at most a few zeros, where a file ends within those ahead of the last record. */
  isAtEnd(): boolean {
    return this.#filled - this.#at < FRAME_HEADER_BYTES && isZeroFilled(this.#view().subarray(this.#at))
  }

  /** Forgets what was read ahead, so that the next `fill` sees what has been written since. */
  rewind(): void {
    this.rewindTo(this.offset)
  }

  /** Goes on at this file offset; the next step is a `fill`. */
  rewindTo(offset: number): void {
    this.#base = offset
    this.#at = 0
    this.#filled = 0
    this.#seen = null
  }

  /** Moves over what has been read. True when anything in it is not zero. */
  skipZeros(): boolean {
    const isZero = isZeroFilled(this.#view().subarray(this.#at))
    this.#at = this.#filled
    return !isZero
  }

  #view(): Buffer {
    return (this.#seen ??= this.#buffer.subarray(0, this.#filled))
  }
}
