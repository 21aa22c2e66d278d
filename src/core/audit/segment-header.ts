import { crc32 } from 'node:zlib'
import { HASH_BYTES, hashAt } from './hash.ts'
import type { Hash } from './hash.ts'
import { rangeLength } from './merkle.ts'
import type { CompactRange } from './merkle.ts'

/**
 * First bytes of a segment file:
 *
 *     8 "CMDAIDSG" | u8 version = 1 | u8 nodes | u16 origin length | u32 segment | u64 first seq | 32 previous leaf hash
 *     | nodes × 32 compact range of the first `first seq` leaves | origin | u32 CRC-32 of all before
 *
 * Nothing in it is news: the records before it say the same, and `verify` holds it against them. It is there so that one
 * segment can be read, and appended to, without the ones before.
 */
export type SegmentHeader = {
  readonly origin: string
  readonly segment: number
  readonly prev: Hash
  /** The tree before the segment's first record; its size is the first record's seq. */
  readonly range: CompactRange
}

const MAGIC = Buffer.from('CMDAIDSG', 'latin1')
const VERSION = 1
const FIXED_BYTES = 56
const CRC_BYTES = 4

/** A header never needs more: 53 nodes, a short origin. */
export const SEGMENT_HEADER_BYTES_MAX = 4_096

export function encodeSegmentHeader({ origin, segment, prev, range }: SegmentHeader): Buffer {
  const originBytes = Buffer.from(origin, 'latin1')
  const length = FIXED_BYTES + range.nodes.length * HASH_BYTES + originBytes.length + CRC_BYTES
  if (length > SEGMENT_HEADER_BYTES_MAX) throw new RangeError('a segment header that no reader would accept')
  const out = Buffer.alloc(length)
  out.set(MAGIC)
  out[8] = VERSION
  out[9] = range.nodes.length
  out.writeUInt16BE(originBytes.length, 10)
  out.writeUInt32BE(segment, 12)
  out.writeBigUInt64BE(BigInt(range.size), 16)
  out.write(prev, 24, HASH_BYTES, 'latin1')
  let at = FIXED_BYTES
  for (const node of range.nodes) at += out.write(node, at, HASH_BYTES, 'latin1')
  out.set(originBytes, at)
  out.writeUInt32BE(crc32(out.subarray(0, length - CRC_BYTES)), length - CRC_BYTES)
  return out
}

export type SegmentHeaderReading =
  | { readonly ok: true; readonly header: SegmentHeader; readonly length: number }
  | { readonly ok: false; readonly error: 'unsupported' | 'encoding' }

export function decodeSegmentHeader(bytes: Buffer): SegmentHeaderReading {
  if (bytes.length < FIXED_BYTES + CRC_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) {
    return { ok: false, error: 'encoding' }
  }
  const nodeCount = bytes.readUInt8(9)
  const originLength = bytes.readUInt16BE(10)
  const length = FIXED_BYTES + nodeCount * HASH_BYTES + originLength + CRC_BYTES
  if (length > SEGMENT_HEADER_BYTES_MAX || length > bytes.length) return { ok: false, error: 'encoding' }
  if (crc32(bytes.subarray(0, length - CRC_BYTES)) !== bytes.readUInt32BE(length - CRC_BYTES)) {
    return { ok: false, error: 'encoding' }
  }
  // After the CRC: a version byte that was altered is damage, one that was written is another format.
  if (bytes[8] !== VERSION) return { ok: false, error: 'unsupported' }
  const size = Number(bytes.readBigUInt64BE(16))
  if (!Number.isSafeInteger(size) || rangeLength(size) !== nodeCount) return { ok: false, error: 'encoding' }
  const nodes = Array.from({ length: nodeCount }, (_, index) => hashAt(bytes, FIXED_BYTES + index * HASH_BYTES))
  const origin = bytes.toString('latin1', FIXED_BYTES + nodeCount * HASH_BYTES, length - CRC_BYTES)
  return {
    ok: true,
    header: { origin, segment: bytes.readUInt32BE(12), prev: hashAt(bytes, 24), range: { size, nodes } },
    length,
  }
}
