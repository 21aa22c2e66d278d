import { crc32 } from 'node:zlib'
import { sha256 } from './hash.ts'
import type { Hash } from './hash.ts'
import { LEAF_BYTES_MAX } from './leaf.ts'

/**
 * A leaf on disk: `u32 length | u32 CRC-32 of the leaf | leaf`. The CRC only tells a torn write from an altered record; it is
 * no security. A length of zero is the end: segments are filled with zeros ahead of what is written.
 */
export const FRAME_HEADER_BYTES = 8

export type Frame = { readonly bytes: Buffer; readonly hash: Hash }

export function encodeFrame(leaf: Uint8Array): Frame {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + leaf.length)
  bytes.set(leaf, FRAME_HEADER_BYTES)
  return { bytes, hash: closeFrame(bytes, 0, bytes.length) }
}

/** Writes the header at `start` for the leaf that stands behind it and ends at `end`. Returns the hash of the leaf. */
export function closeFrame(out: Buffer, start: number, end: number): Hash {
  const leaf = start + FRAME_HEADER_BYTES
  // The prefix that makes it the hash of a leaf, where the CRC comes to stand.
  out[leaf - 1] = 0
  const hash = sha256(out.subarray(leaf - 1, end))
  out.writeUInt32BE(end - leaf, start)
  out.writeUInt32BE(crc32(out.subarray(leaf, end)), start + 4)
  return hash
}

/**
 * What stands at `at`: a whole frame, the end (a zero length), a frame that goes on behind `bytes`, or something that was
 * never written as it stands.
 */
export type FrameReading =
  | { readonly what: 'leaf'; readonly start: number; readonly end: number }
  | { readonly what: 'end' }
  | { readonly what: 'more'; readonly bytes: number }
  | { readonly what: 'broken'; readonly why: 'length' | 'crc' }

export function readFrame(bytes: Buffer, at: number): FrameReading {
  if (at + FRAME_HEADER_BYTES > bytes.length) return { what: 'more', bytes: FRAME_HEADER_BYTES }
  const length = bytes.readUInt32BE(at)
  if (length === 0) return { what: 'end' }
  if (length > LEAF_BYTES_MAX) return { what: 'broken', why: 'length' }
  const start = at + FRAME_HEADER_BYTES
  const end = start + length
  if (end > bytes.length) return { what: 'more', bytes: FRAME_HEADER_BYTES + length }
  if (crc32(bytes.subarray(start, end)) !== bytes.readUInt32BE(at + 4)) return { what: 'broken', why: 'crc' }
  return { what: 'leaf', start, end }
}

/** Whether there is nothing but zeros: the first byte is one, and each byte equals the one before it, compared at the speed of memory. */
export function isZeroFilled(bytes: Buffer): boolean {
  return bytes.length === 0 || (bytes[0] === 0 && bytes.subarray(1).equals(bytes.subarray(0, -1)))
}
