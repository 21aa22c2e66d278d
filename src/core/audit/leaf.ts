import { HASH_BYTES, hashAt } from './hash.ts'
import type { Hash } from './hash.ts'
import { putSafeU64 } from './field-values.ts'
import { fieldOf, fieldTag } from './fields.ts'
import type { FieldName, FieldType } from './fields.ts'
import { KINDS, kindCode, kindOf } from './kinds.ts'
import type { KindName } from './kinds.ts'

/**
 * One record as it is hashed and stored: the leaf, version 1. Fixed order, big-endian, every variable part preceded by
 * its length, so that two different records never have the same bytes. What is stored is what was hashed; nothing is
 * ever encoded again to be verified. `docs/format/audit.md` specifies it.
 */
export type Leaf = {
  readonly kind: KindName
  /** `LEAF_FLAGS`, combined. */
  readonly flags: number
  /** Its index in the tree, from 0. */
  readonly seq: number
  /** Leaf hash of the record before it. */
  readonly prev: Hash
  /** First 16 bytes of SHA-256 of the log's origin: a record of another log cannot stand here. */
  readonly logId: Uint8Array
  readonly incarnation: number
  /** Which boot `monoUs` counts in; zeros where the system does not tell. */
  readonly bootId: Uint8Array
  readonly wallUs: bigint
  readonly monoUs: bigint
  /** Zeros when the record belongs to no session. */
  readonly sessionId: Uint8Array
  /** Counted by the shell hook; 0 when the record belongs to no command line. */
  readonly sessionSeq: number
  /** The attempt it tells of, or 16 bytes of its own. */
  readonly eventId: Uint8Array
  readonly fields: readonly LeafField[]
}

/** `bytes` as stored: 32 bytes of commitment for a committed field. */
export type LeafField = { readonly name: FieldName; readonly bytes: Uint8Array }

/** A leaf that is to be written; the hash of a commitment may stand for its bytes. */
export type LeafDraft = Omit<Leaf, 'fields'> & { readonly fields: readonly (LeafField | CommittedField)[] }
type CommittedField = { readonly name: FieldName; readonly commitment: Hash }

export const LEAF_VERSION = 1

/** The length is a `u16` wherever a leaf travels (tile bundles, mirror packages). */
export const LEAF_BYTES_MAX = 65_535

/** Everything before the first field. */
export const LEAF_HEADER_BYTES = 133

/** Offsets that a reader needs without decoding the whole. */
export const LEAF_OFFSETS = {
  kind: 1,
  flags: 2,
  seq: 4,
  prev: 12,
  logId: 44,
  bootId: 64,
  wallUs: 80,
  sessionId: 96,
  sessionSeq: 112,
  fields: 132,
}

export const LEAF_FLAGS = {
  /** The command was longer than is kept: the opening holds its beginning, `command_bytes` and `command_sha256` the whole. */
  commandCut: 1,
  /** Something secret was replaced before the record was made. */
  redacted: 2,
} as const
const LEAF_FLAGS_KNOWN = 3

const ID_BYTES = 16
const FIELD_HEADER_BYTES = 4
const ENC_PLAIN = 0
const ENC_COMMITMENT = 1

/** Why bytes are not a leaf: `unsupported` may be a later version of the format, `encoding` is none at all. */
export type LeafFault = { readonly code: 'unsupported' | 'encoding'; readonly what: string }

/** The bytes of a leaf. Throws a `RangeError` for a leaf that no reader would accept: that is our bug. */
export function encodeLeaf(leaf: LeafDraft): Buffer {
  const out = Buffer.allocUnsafe(leafLength(leaf))
  putLeaf(out, 0, leaf)
  return out
}

export function leafLength({ fields }: LeafDraft): number {
  let length = LEAF_HEADER_BYTES
  for (const field of fields) length += FIELD_HEADER_BYTES + valueLength(field)
  if (length > LEAF_BYTES_MAX) throw new RangeError(`a leaf of ${length} bytes is longer than the format allows`)
  return length
}

/** Writes a leaf into the room that is there for it, and returns where it ends. Throws as `encodeLeaf` does. */
export function putLeaf(out: Buffer, start: number, leaf: LeafDraft): number {
  out[start] = LEAF_VERSION
  out[start + LEAF_OFFSETS.kind] = kindCode(leaf.kind)
  out.writeUInt16BE(leaf.flags, start + LEAF_OFFSETS.flags)
  putSafeU64(out, leaf.seq, start + LEAF_OFFSETS.seq)
  out.write(leaf.prev, start + LEAF_OFFSETS.prev, HASH_BYTES, 'latin1')
  let at = putId(out, leaf.logId, start + LEAF_OFFSETS.logId)
  at = out.writeUInt32BE(leaf.incarnation, at)
  at = putId(out, leaf.bootId, at)
  at = putU64(out, leaf.wallUs, at)
  at = putU64(out, leaf.monoUs, at)
  at = putId(out, leaf.sessionId, at)
  at = out.writeUInt32BE(leaf.sessionSeq, at)
  at = putId(out, leaf.eventId, at)
  at = out.writeUInt8(leaf.fields.length, at)
  for (const field of inOrder(leaf.fields)) {
    const tag = fieldTag(field.name)
    out[at] = tag
    out[at + 1] = fieldOf(tag)?.type === 'committed' ? ENC_COMMITMENT : ENC_PLAIN
    at = out.writeUInt16BE(valueLength(field), at + 2)
    if ('bytes' in field) out.set(field.bytes, at)
    else out.write(field.commitment, at, HASH_BYTES, 'latin1')
    at += valueLength(field)
  }
  const fault = checkLeaf(out, start, at)
  if (fault !== null) throw new RangeError(`a leaf that cannot be read back: ${fault.what}`)
  return at
}

function valueLength(field: LeafField | CommittedField): number {
  return 'bytes' in field ? field.bytes.length : HASH_BYTES
}

/** By tag. Most come in order or nearly so, which an insertion sort is quickest with. */
function inOrder<Field extends { readonly name: FieldName }>(fields: readonly Field[]): readonly Field[] {
  const sorted = fields.slice()
  for (let n = 1; n < sorted.length; n++) {
    const field = sorted[n] as Field
    const tag = fieldTag(field.name)
    let at = n
    for (; at > 0 && fieldTag((sorted[at - 1] as Field).name) > tag; at--) sorted[at] = sorted[at - 1] as Field
    sorted[at] = field
  }
  return sorted
}

function putId(out: Buffer, id: Uint8Array, at: number): number {
  if (id.length !== ID_BYTES) throw new RangeError('an id is 16 bytes')
  out.set(id, at)
  return at + ID_BYTES
}

/** Times fit into a number for the next three hundred thousand years; what is given may be anything. */
function putU64(out: Buffer, value: bigint, at: number): number {
  const number = Number(value)
  return number <= Number.MAX_SAFE_INTEGER ? putSafeU64(out, number, at) : out.writeBigUInt64BE(value, at)
}

/** The leaf in `bytes`, which must hold nothing else. */
export function decodeLeaf(bytes: Uint8Array): { ok: true; value: Leaf } | { ok: false; error: LeafFault } {
  const fault = checkLeaf(bytes, 0, bytes.length)
  if (fault !== null) return { ok: false, error: fault }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const fields: LeafField[] = []
  for (let at = LEAF_HEADER_BYTES; at < view.length;) {
    const end = at + FIELD_HEADER_BYTES + view.readUInt16BE(at + 2)
    const rule = fieldOf(view.readUInt8(at))
    if (rule !== null) fields.push({ name: rule.name, bytes: view.subarray(at + FIELD_HEADER_BYTES, end) })
    at = end
  }
  const kind = kindOf(view.readUInt8(LEAF_OFFSETS.kind))
  if (kind === null) throw new RangeError('checkLeaf let an unknown kind pass')
  return {
    ok: true,
    value: {
      kind: kind.name,
      flags: view.readUInt16BE(LEAF_OFFSETS.flags),
      seq: Number(view.readBigUInt64BE(LEAF_OFFSETS.seq)),
      prev: hashAt(view, LEAF_OFFSETS.prev),
      logId: view.subarray(44, 60),
      incarnation: view.readUInt32BE(60),
      bootId: view.subarray(64, 80),
      wallUs: view.readBigUInt64BE(LEAF_OFFSETS.wallUs),
      monoUs: view.readBigUInt64BE(88),
      sessionId: view.subarray(96, 112),
      sessionSeq: view.readUInt32BE(112),
      eventId: view.subarray(116, 132),
      fields,
    },
  }
}

export function leafField(leaf: Leaf, name: FieldName): Uint8Array | null {
  return leaf.fields.find((field) => field.name === name)?.bytes ?? null
}

/** Per kind: 0 no such field, 1 may be there, 2 must be there. */
const PERMISSIONS = new Map(
  KINDS.map((kind) => {
    const table = new Uint8Array(256)
    for (const name of kind.optional) table[fieldTag(name)] = 1
    for (const name of kind.required) table[fieldTag(name)] = 2
    return [kind.code, { table, required: kind.required.length }]
  }),
)

/**
 * Whether `bytes[start..end)` is exactly one leaf, without decoding it. Null when it is. This is the only judge of the
 * format: the writer, the reader and `verify` all ask it.
 */
export function checkLeaf(bytes: Uint8Array, start: number, end: number): LeafFault | null {
  const length = end - start
  if (length < 1) return encoding('no bytes')
  if (bytes[start] !== LEAF_VERSION) return unsupported(`version ${bytes[start]}`)
  if (length < LEAF_HEADER_BYTES || length > LEAF_BYTES_MAX) return encoding(`length ${length}`)
  const kind = bytes[start + LEAF_OFFSETS.kind] as number
  const permissions = PERMISSIONS.get(kind)
  if (permissions === undefined) return unsupported(`kind ${kind}`)
  if ((u16(bytes, start + LEAF_OFFSETS.flags) & ~LEAF_FLAGS_KNOWN) !== 0) return unsupported('flags')
  if (u32(bytes, start + LEAF_OFFSETS.seq) > 0x1f_ff_ff) return encoding('seq beyond 2^53')

  let left = bytes[start + LEAF_OFFSETS.fields] as number
  let required = permissions.required
  let previousTag = -1
  let at = start + LEAF_HEADER_BYTES
  for (; left > 0; left--) {
    if (at + FIELD_HEADER_BYTES > end) return encoding('field header cut')
    const tag = bytes[at] as number
    const fieldLength = u16(bytes, at + 2)
    const fieldStart = at + FIELD_HEADER_BYTES
    at = fieldStart + fieldLength
    if (at > end) return encoding(`field ${tag} longer than the leaf`)
    if (tag <= previousTag) return encoding(`field ${tag} out of order`)
    previousTag = tag
    const rule = fieldOf(tag)
    if (rule === null) return unsupported(`field ${tag}`)
    const permission = permissions.table[tag]
    if (permission === 0) return encoding(`field ${rule.name} in kind ${kind}`)
    if (permission === 2) required -= 1
    if (bytes[fieldStart - 3] !== (rule.type === 'committed' ? ENC_COMMITMENT : ENC_PLAIN)) {
      return encoding(`encoding of field ${rule.name}`)
    }
    if (!isValue(rule.type, bytes, fieldStart, at)) return encoding(`value of field ${rule.name}`)
  }
  if (at !== end) return encoding('bytes behind the last field')
  return required === 0 ? null : encoding('a required field is missing')
}

function isValue(type: FieldType, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start
  switch (type) {
    case 'u8':
      return length === 1
    case 'bool':
      return length === 1 && (bytes[start] as number) <= 1
    case 'u32':
      return length === 4
    case 'u64':
      return length === 8 && u32(bytes, start) <= 0x1f_ff_ff
    case 'hash':
    case 'committed':
      return length === HASH_BYTES
    case 'text':
      return length >= 1 && length <= 255 && isPrintable(bytes, start, end)
    case 'u32s':
      return length >= 4 && length % 4 === 0
    case 'texts':
      return length > 0 && areItems(bytes, start, end, 0)
    case 'redactions':
      return length > 0 && areItems(bytes, start, end, 8)
  }
}

/** Items of `prefix` fixed bytes (two u32, ascending, when 8), a length byte and that much printable ASCII. */
function areItems(bytes: Uint8Array, start: number, end: number, prefix: 0 | 8): boolean {
  for (let at = start; at < end;) {
    const textStart = at + prefix + 1
    if (textStart > end) return false
    if (prefix === 8 && u32(bytes, at) > u32(bytes, at + 4)) return false
    const length = bytes[textStart - 1] as number
    at = textStart + length
    if (length === 0 || at > end || !isPrintable(bytes, textStart, at)) return false
  }
  return true
}

function isPrintable(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte < 0x20 || byte > 0x7e) return false
  }
  return true
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}

function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 0x1_00_00 + u16(bytes, at + 2)
}

function unsupported(what: string): LeafFault {
  return { code: 'unsupported', what }
}

function encoding(what: string): LeafFault {
  return { code: 'encoding', what }
}
