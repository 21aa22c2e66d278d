import { CONTROL_DEPTH_MAX } from '../../core/limits.ts'

/**
 * Whether `bytes` are exactly one MessagePack value made of nil, booleans, numbers, strings, bytes, arrays and maps with
 * string keys, within `CONTROL_DEPTH_MAX`. Looked at before decoding: the decoder would build dates, errors, patterns and
 * cyclic values from extensions, and allocate an array as long as a header of five bytes claims.
 */
export function isPlainMessagePack(bytes: Uint8Array): boolean {
  return endOfValue(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, 0) === bytes.byteLength
}

/** Where the value at `at` ends; -1 when it is not plain or not complete. */
function endOfValue(view: DataView, at: number, depth: number): number {
  if (at >= view.byteLength || depth > CONTROL_DEPTH_MAX) return -1
  const tag = view.getUint8(at)
  if (tag <= 0x7f || tag >= 0xe0) return at + 1
  if (tag <= 0x8f) return endOfMap(view, at + 1, tag & 0x0f, depth)
  if (tag <= 0x9f) return endOfArray(view, at + 1, tag & 0x0f, depth)
  if (tag <= 0xbf) return within(view, at + 1 + (tag & 0x1f))
  switch (tag) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return at + 1
    case 0xc4: // bytes, by size of their length
    case 0xd9: // string
      return endOfBlob(view, at + 1, 1)
    case 0xc5:
    case 0xda:
      return endOfBlob(view, at + 1, 2)
    case 0xc6:
    case 0xdb:
      return endOfBlob(view, at + 1, 4)
    case 0xcc: // numbers, by size
    case 0xd0:
      return within(view, at + 2)
    case 0xcd:
    case 0xd1:
      return within(view, at + 3)
    case 0xca:
    case 0xce:
    case 0xd2:
      return within(view, at + 5)
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return within(view, at + 9)
    case 0xdc:
      return endOfArray(view, at + 3, lengthAt(view, at + 1, 2), depth)
    case 0xdd:
      return endOfArray(view, at + 5, lengthAt(view, at + 1, 4), depth)
    case 0xde:
      return endOfMap(view, at + 3, lengthAt(view, at + 1, 2), depth)
    case 0xdf:
      return endOfMap(view, at + 5, lengthAt(view, at + 1, 4), depth)
    default: // extensions, and the tag that is never used
      return -1
  }
}

function endOfArray(view: DataView, from: number, count: number, depth: number): number {
  if (count < 0 || count > view.byteLength) return -1
  let at = from
  for (let index = 0; index < count && at >= 0; index += 1) at = endOfValue(view, at, depth + 1)
  return at
}

function endOfMap(view: DataView, from: number, count: number, depth: number): number {
  if (count < 0 || count > view.byteLength) return -1
  let at = from
  for (let index = 0; index < count && at >= 0; index += 1) {
    if (!isString(view, at)) return -1
    at = endOfValue(view, at, depth + 1)
    if (at >= 0) at = endOfValue(view, at, depth + 1)
  }
  return at
}

function isString(view: DataView, at: number): boolean {
  if (at >= view.byteLength) return false
  const tag = view.getUint8(at)
  return (tag >= 0xa0 && tag <= 0xbf) || (tag >= 0xd9 && tag <= 0xdb)
}

function endOfBlob(view: DataView, at: number, sizeBytes: 1 | 2 | 4): number {
  const length = lengthAt(view, at, sizeBytes)
  return length < 0 ? -1 : within(view, at + sizeBytes + length)
}

function lengthAt(view: DataView, at: number, sizeBytes: 1 | 2 | 4): number {
  if (at + sizeBytes > view.byteLength) return -1
  if (sizeBytes === 1) return view.getUint8(at)
  return sizeBytes === 2 ? view.getUint16(at) : view.getUint32(at)
}

function within(view: DataView, end: number): number {
  return end <= view.byteLength ? end : -1
}
