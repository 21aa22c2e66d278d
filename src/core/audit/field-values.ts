import { AUDIT_LIST_ITEMS_MAX } from '../limits.ts'
import type { Redaction } from '../event/event.ts'

/** Values of plain fields as bytes, and back. The decoders expect bytes that `checkLeaf` has accepted. */

export function encodeU8(value: number): Buffer {
  return Buffer.of(value)
}

/** Values that do not fit are brought to the nearest one that does: a record is kept even when a shell reports nonsense. */
export function encodeU32(value: number): Buffer {
  const out = Buffer.allocUnsafe(4)
  out.writeUInt32BE(clampU32(value))
  return out
}

export function clampU32(value: number): number {
  return clamp(value, 0xff_ff_ff_ff)
}

export function encodeU64(value: number | bigint): Buffer {
  const out = Buffer.allocUnsafe(8)
  putSafeU64(out, clamp(Number(value), Number.MAX_SAFE_INTEGER), 0)
  return out
}

/** A whole number from 0 to 2^53 − 1 as a u64; returns what is behind it. */
export function putSafeU64(out: Buffer, value: number, at: number): number {
  out.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at)
  return out.writeUInt32BE(value % 0x1_0000_0000, at + 4)
}

function clamp(value: number, max: number): number {
  return Number.isNaN(value) ? 0 : Math.min(Math.max(Math.trunc(value), 0), max)
}

/** Printable ASCII, 1 to 255 bytes: anything else becomes `?`, what is longer is cut, nothing becomes `?`. */
export function encodeText(value: string): Buffer {
  return Buffer.from(value.slice(0, 255).replaceAll(/[^ -~]/g, '?') || '?', 'latin1')
}

export function encodeTexts(values: readonly string[]): Buffer {
  return Buffer.concat(values.slice(0, AUDIT_LIST_ITEMS_MAX).flatMap((value) => withLength(encodeText(value))))
}

export function encodeU32s(values: readonly number[]): Buffer {
  return Buffer.concat(values.slice(0, AUDIT_LIST_ITEMS_MAX).map(encodeU32))
}

export function encodeRedactions(values: readonly Redaction[]): Buffer {
  return Buffer.concat(
    values
      .slice(0, AUDIT_LIST_ITEMS_MAX)
      .flatMap(({ tag, start, end }) => [
        encodeU32(Math.min(start, end)),
        encodeU32(end),
        ...withLength(encodeText(tag)),
      ]),
  )
}

function withLength(text: Buffer): [Buffer, Buffer] {
  return [Buffer.of(text.length), text]
}

export function decodeNumber(bytes: Uint8Array): number {
  let value = 0
  for (const byte of bytes) value = value * 256 + byte
  return value
}

export function decodeText(bytes: Uint8Array): string {
  return view(bytes).toString('latin1')
}

export function decodeTexts(bytes: Uint8Array): string[] {
  const texts: string[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + (bytes[at] as number)
    texts.push(decodeText(bytes.subarray(at + 1, end)))
    at = end
  }
  return texts
}

export function decodeU32s(bytes: Uint8Array): number[] {
  const values: number[] = []
  for (let at = 0; at < bytes.length; at += 4) values.push(view(bytes).readUInt32BE(at))
  return values
}

export function decodeRedactions(bytes: Uint8Array): Redaction[] {
  const values: Redaction[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 9 + (bytes[at + 8] as number)
    const item = view(bytes.subarray(at, end))
    values.push({ tag: decodeText(item.subarray(9)), start: item.readUInt32BE(0), end: item.readUInt32BE(4) })
    at = end
  }
  return values
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
