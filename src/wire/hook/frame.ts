import { HOOK_FRAME_BYTES_MAX } from '../../core/limits.ts'

/**
 * One frame: its header, and where in `bytes` its three other fields stand. Nothing is copied: it is valid only until the callback
 * that got it returns.
 */
export class HookFrame {
  readonly type: HookFrameType
  /** Sequence digit, 0–9. */
  readonly digit: number
  readonly #bytes: Buffer
  readonly #ends: FrameEnds

  /** @param ends - offsets in `bytes` of the NULs that end header, cwd, text and extra */
  constructor(bytes: Buffer, ends: FrameEnds) {
    this.type = TYPE_OF_BYTE.get(bytes[1] ?? NUL) ?? 'X'
    this.digit = (bytes[2] ?? DIGIT_ZERO) - DIGIT_ZERO
    this.#bytes = bytes
    this.#ends = ends
  }

  get cwd(): string {
    return this.#bytes.toString('utf8', this.#ends[0] + 1, this.#ends[1])
  }

  get text(): Uint8Array {
    return this.#bytes.subarray(this.#ends[1] + 1, this.#ends[2])
  }

  get extra(): Uint8Array {
    return this.#bytes.subarray(this.#ends[2] + 1, this.#ends[3])
  }
}

export type FrameEnds = readonly [header: number, cwd: number, text: number, extra: number]

export const HOOK_FRAME_TYPES = ['H', 'Q', 'S', 'A', 'E', 'R', 'U', 'K', 'X'] as const
export type HookFrameType = (typeof HOOK_FRAME_TYPES)[number]

/** Why a pair is dropped: another version, no header of ours, or a frame over `HOOK_FRAME_BYTES_MAX`. */
export type HookFrameFault = 'version' | 'header' | 'oversize'

const NUL = 0
const DIGIT_ZERO = 0x30
const VERSION = 0x31
const HEADER_BYTES = 4
const FIELDS = 4
/** A buffer that grew beyond this for one long frame is given back after it. */
const KEEP_BYTES_MAX = 16_384
const TYPE_OF_BYTE: ReadonlyMap<number, HookFrameType> = new Map(
  HOOK_FRAME_TYPES.map((type) => [type.charCodeAt(0), type]),
)

/**
 * Cuts a byte stream into frames (docs/format/hook.md). Chunks may end anywhere: the frames and the first fault depend on
 * the bytes alone. A frame that waits for its end is copied, so the caller may reuse its buffer; that copy never exceeds
 * twice `HOOK_FRAME_BYTES_MAX`. Each byte is looked at once. After a fault the decoder is dead and repeats it.
 */
export class HookFrameDecoder {
  #kept: Buffer = Buffer.alloc(0)
  #keptBytes = 0
  /** Offsets, from the frame's first byte, of the NULs found so far. */
  readonly #ends: [number, number, number, number] = [0, 0, 0, 0]
  #found = 0
  #fault: HookFrameFault | null = null

  /** Bytes held of a frame that has begun and not ended. */
  get pendingBytes(): number {
    return this.#keptBytes
  }

  push(chunk: Buffer, onFrame: (frame: HookFrame) => void): HookFrameFault | null {
    let start = 0
    while (start < chunk.length && this.#fault === null) {
      this.#fault = this.#checkHeader(chunk, start)
      if (this.#fault !== null) break
      const end = this.#findEnd(chunk, start)
      if (this.#keptBytes + end - start > HOOK_FRAME_BYTES_MAX) this.#fault = 'oversize'
      else if (this.#found < FIELDS) this.#keep(chunk.subarray(start, end))
      else this.#emit(chunk.subarray(start, end), onFrame)
      start = end
    }
    if (this.#fault !== null) this.#release()
    return this.#fault
  }

  #checkHeader(chunk: Buffer, start: number): HookFrameFault | null {
    const last = Math.min(chunk.length, start + HEADER_BYTES - this.#keptBytes)
    for (let at = start; at < last; at += 1) {
      const fault = headerFault(this.#keptBytes + at - start, chunk[at] ?? NUL)
      if (fault !== null) return fault
    }
    return null
  }

  /** Where the current frame ends in `chunk`, or the chunk's length when it does not; notes every NUL on the way. */
  #findEnd(chunk: Buffer, start: number): number {
    let from = start
    while (this.#found < FIELDS) {
      const at = chunk.indexOf(NUL, from)
      if (at < 0) return chunk.length
      this.#ends[this.#found] = this.#keptBytes + at - start
      this.#found += 1
      from = at + 1
    }
    return from
  }

  #keep(part: Buffer): void {
    const total = this.#keptBytes + part.length
    if (total > this.#kept.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(total, this.#kept.length * 2))
      this.#kept.copy(grown, 0, 0, this.#keptBytes)
      this.#kept = grown
    }
    part.copy(this.#kept, this.#keptBytes)
    this.#keptBytes = total
  }

  #emit(part: Buffer, onFrame: (frame: HookFrame) => void): void {
    let frame = part
    if (this.#keptBytes > 0) {
      this.#keep(part)
      frame = this.#kept.subarray(0, this.#keptBytes)
    }
    this.#found = 0
    this.#keptBytes = 0
    onFrame(new HookFrame(frame, this.#ends))
    if (this.#kept.length > KEEP_BYTES_MAX) this.#release()
  }

  #release(): void {
    this.#kept = Buffer.alloc(0)
    this.#keptBytes = 0
  }
}

function headerFault(offset: number, byte: number): HookFrameFault | null {
  switch (offset) {
    case 0:
      return byte === VERSION ? null : byte > VERSION && byte <= DIGIT_ZERO + 9 ? 'version' : 'header'
    case 1:
      return TYPE_OF_BYTE.has(byte) ? null : 'header'
    case 2:
      return byte >= DIGIT_ZERO && byte <= DIGIT_ZERO + 9 ? null : 'header'
    default:
      return byte === NUL ? null : 'header'
  }
}
