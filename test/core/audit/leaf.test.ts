import t from 'tap'
import * as fc from 'fast-check'
import { crc32 } from 'node:zlib'
import { FIELDS, fieldTag } from '../../../src/core/audit/fields.ts'
import type { FieldName, FieldType } from '../../../src/core/audit/fields.ts'
import { encodeFrame, readFrame } from '../../../src/core/audit/frame.ts'
import type { Hash } from '../../../src/core/audit/hash.ts'
import { KINDS } from '../../../src/core/audit/kinds.ts'
import { checkLeaf, decodeLeaf, encodeLeaf, LEAF_HEADER_BYTES } from '../../../src/core/audit/leaf.ts'
import type { Leaf, LeafField } from '../../../src/core/audit/leaf.ts'
import { decodeSegmentHeader, encodeSegmentHeader } from '../../../src/core/audit/segment-header.ts'

const anyBytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
const anyText = fc.string({ minLength: 1, maxLength: 60 }).map((it) => it.replaceAll(/[^ -~]/g, '?'))

function anyValue(type: FieldType): fc.Arbitrary<Uint8Array> {
  switch (type) {
    case 'u8':
      return anyBytes(1)
    case 'bool':
      return fc.boolean().map((it) => Buffer.of(it ? 1 : 0))
    case 'u32':
      return anyBytes(4)
    case 'u64':
      return fc.maxSafeNat().map((it) => {
        const out = Buffer.alloc(8)
        out.writeBigUInt64BE(BigInt(it))
        return out
      })
    case 'hash':
    case 'committed':
      return anyBytes(32)
    case 'text':
      return anyText.map((it) => Buffer.from(it))
    case 'texts':
      return fc.array(anyText, { minLength: 1, maxLength: 5 }).map((it) => {
        return Buffer.concat(it.flatMap((text) => [Buffer.of(text.length), Buffer.from(text)]))
      })
    case 'u32s':
      return fc.array(anyBytes(4), { minLength: 1, maxLength: 5 }).map((it) => Buffer.concat(it))
    case 'redactions':
      return fc.tuple(fc.nat(1_000), fc.nat(1_000), anyText).map(([start, length, text]) => {
        const out = Buffer.alloc(9)
        out.writeUInt32BE(start, 0)
        out.writeUInt32BE(start + length, 4)
        out.writeUInt8(text.length, 8)
        return Buffer.concat([out, Buffer.from(text)])
      })
  }
}

const anyLeaf: fc.Arbitrary<Leaf> = fc.constantFrom(...KINDS).chain((kind) => {
  const required = kind.required.map((name) => [name, true] as const)
  const optional = kind.optional.map((name) => [name, false] as const)
  const fields = [...required, ...optional].map(([name, always]) => {
    const value = anyValue(FIELDS.find((field) => field.name === name)?.type ?? 'u8')
    return (always ? value : fc.option(value)).map((bytes) => (bytes === null ? null : { name, bytes }))
  })
  return fc.record({
    kind: fc.constant(kind.name),
    flags: fc.integer({ min: 0, max: 3 }),
    seq: fc.maxSafeNat(),
    prev: anyBytes(32).map((it) => Buffer.from(it).toString('latin1') as Hash),
    logId: anyBytes(16),
    incarnation: fc.integer({ min: 0, max: 0xff_ff_ff_ff }),
    bootId: anyBytes(16),
    wallUs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    monoUs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    sessionId: anyBytes(16),
    sessionSeq: fc.integer({ min: 0, max: 0xff_ff_ff_ff }),
    eventId: anyBytes(16),
    fields: fc.tuple(...fields).map((it) => {
      return it.filter((field) => field !== null).sort((a, b) => fieldTag(a.name) - fieldTag(b.name))
    }),
  })
})

/** Buffers and arrays of bytes compare by their bytes. */
const plain = (leaf: Leaf): unknown =>
  JSON.parse(
    JSON.stringify(leaf, (_, value: unknown) => {
      if (typeof value === 'bigint') return String(value)
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
    }).replaceAll(/\{"type":"Buffer","data":(\[[^\]]*\])\}/g, (_, data: string) => {
      return JSON.stringify(Buffer.from(JSON.parse(data) as number[]).toString('hex'))
    }),
  )

const sample = (): Leaf => ({
  kind: 'PRECMD',
  flags: 0,
  seq: 7,
  prev: '\u0001'.repeat(32) as Hash,
  logId: Buffer.alloc(16, 2),
  incarnation: 1,
  bootId: Buffer.alloc(16, 3),
  wallUs: 4n,
  monoUs: 5n,
  sessionId: Buffer.alloc(16, 6),
  sessionSeq: 8,
  eventId: Buffer.alloc(16, 9),
  fields: [
    { name: 'cwd', bytes: Buffer.alloc(32, 10) },
    { name: 'outcome', bytes: Buffer.from('finished') },
    { name: 'exit_status', bytes: Buffer.from('00000000', 'hex') },
  ],
})

t.test('the numbers of kinds and fields are those that were published, each once', async (t) => {
  t.strictSame(Object.fromEntries(KINDS.map(({ name, code }) => [name, code])), {
    GENESIS: 1,
    START: 2,
    STOP: 3,
    LOSS: 4,
    RECOVERED: 5,
    SEGMENT_SEAL: 6,
    REDACT: 7,
    PREEXEC: 16,
    ANSWER: 17,
    PRECMD: 18,
    SESSION_OPEN: 19,
    SESSION_CLOSE: 20,
    SESSION_GAP: 21,
    POLICY: 22,
    DAEMON_START: 23,
    DAEMON_STOP: 24,
    CANARY: 25,
    SHELL_UNHOOKED: 26,
  })
  t.equal(new Set(FIELDS.map((field) => field.tag)).size, FIELDS.length)
  const personal = FIELDS.filter((field) => field.type === 'committed').map((field) => field.name)
  t.strictSame(personal, ['command', 'command_sha256', 'cwd', 'hostname', 'user', 'reason', 'source'])
})

t.test('every leaf is read back as it was written', async (t) => {
  fc.assert(
    fc.property(anyLeaf, (leaf) => {
      const decoded = decodeLeaf(encodeLeaf(leaf))
      t.ok(decoded.ok && JSON.stringify(plain(decoded.value)) === JSON.stringify(plain(leaf)))
    }),
    { numRuns: 300 },
  )
})

t.test('bytes that are accepted are the only ones for what they say', async () => {
  fc.assert(
    fc.property(anyLeaf, fc.nat(), fc.integer({ min: 1, max: 255 }), (leaf, position, xor) => {
      const bytes = encodeLeaf(leaf)
      bytes[position % bytes.length] = (bytes[position % bytes.length] ?? 0) ^ xor
      const decoded = decodeLeaf(bytes)
      return !decoded.ok || encodeLeaf(decoded.value).equals(bytes)
    }),
    { numRuns: 1_000 },
  )
})

t.test('the decoder is total: whatever the bytes, an answer', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const decoded = decodeLeaf(bytes)
      return decoded.ok || ['unsupported', 'encoding'].includes(decoded.error.code)
    }),
    { numRuns: 1_000 },
  )
})

t.test('non-canonical and unknown bytes are refused', async (t) => {
  const good = encodeLeaf(sample())
  t.equal(checkLeaf(good, 0, good.length), null)
  const changed = (change: (bytes: Buffer) => Buffer | void): string => {
    const bytes = Buffer.from(good)
    const result = change(bytes) ?? bytes
    const fault = checkLeaf(result, 0, result.length)
    return fault === null ? 'accepted' : `${fault.code}: ${fault.what}`
  }
  const at = LEAF_HEADER_BYTES
  t.strictSame(
    {
      empty: changed(() => Buffer.alloc(0)),
      version: changed((it) => void (it[0] = 2)),
      kind: changed((it) => void (it[1] = 200)),
      flags: changed((it) => void (it[3] = 4)),
      seq: changed((it) => void (it[4] = 0xff)),
      trailing: changed((it) => Buffer.concat([it, Buffer.of(0)])),
      short: changed((it) => it.subarray(0, -1)),
      header: changed((it) => it.subarray(0, 100)),
      count: changed((it) => void (it[132] = 2)),
      more: changed((it) => void (it[132] = 4)),
      repeated: changed((it) => void (it[at + 36] = 4)),
      descending: changed((it) => void (it[at + 36] = 3)),
      tag: changed((it) => void (it[at + 36] = 200)),
      foreign: changed((it) => void (it[at + 36] = 16)),
      enc: changed((it) => void (it[at + 1] = 0)),
      commitment: changed((it) => void (it[at + 3] = 31)),
      text: changed((it) => void (it[at + 40] = 0x1b)),
      missing: changed((it) => {
        it[132] = 2
        return it.subarray(0, -8)
      }).replace('accepted', 'accepted without exit_status'),
    },
    {
      empty: 'encoding: no bytes',
      version: 'unsupported: version 2',
      kind: 'unsupported: kind 200',
      flags: 'unsupported: flags',
      seq: 'encoding: seq beyond 2^53',
      trailing: 'encoding: bytes behind the last field',
      short: 'encoding: field 28 longer than the leaf',
      header: 'encoding: length 100',
      count: 'encoding: bytes behind the last field',
      more: 'encoding: field header cut',
      repeated: 'encoding: field 4 out of order',
      descending: 'encoding: field 3 out of order',
      tag: 'unsupported: field 200',
      foreign: 'encoding: field effect in kind 18',
      enc: 'encoding: encoding of field cwd',
      commitment: 'encoding: value of field cwd',
      text: 'encoding: value of field outcome',
      missing: 'accepted without exit_status',
    },
  )
})

t.test('our own mistakes do not become records', async (t) => {
  const fields = (...names: FieldName[]): LeafField[] => names.map((name) => ({ name, bytes: Buffer.alloc(32) }))
  t.throws(() => encodeLeaf({ ...sample(), fields: fields('cwd') }), RangeError, 'a required field is missing')
  t.throws(() => encodeLeaf({ ...sample(), fields: [...sample().fields, ...fields('command')] }), RangeError)
  t.throws(() => encodeLeaf({ ...sample(), eventId: Buffer.alloc(15) }), RangeError)
  t.throws(
    () =>
      encodeLeaf({ ...sample(), fields: [...sample().fields, { name: 'pipe_statuses', bytes: Buffer.alloc(65_500) }] }),
    RangeError,
    'longer than a leaf may be',
  )
})

t.test('a frame is whole, cut, the end, or broken', async (t) => {
  const leaf = encodeLeaf(sample())
  const { bytes } = encodeFrame(leaf)
  t.strictSame(readFrame(bytes, 0), { what: 'leaf', start: 8, end: bytes.length })
  t.strictSame(readFrame(bytes.subarray(0, -1), 0), { what: 'more', bytes: bytes.length })
  t.strictSame(readFrame(bytes.subarray(0, 5), 0), { what: 'more', bytes: 8 })
  t.strictSame(readFrame(Buffer.alloc(8), 0), { what: 'end' })
  t.strictSame(readFrame(Buffer.from('ffffffff00000000', 'hex'), 0), { what: 'broken', why: 'length' })
  const flipped = Buffer.from(bytes)
  flipped[20] = (flipped[20] ?? 0) ^ 1
  t.strictSame(readFrame(flipped, 0), { what: 'broken', why: 'crc' })
})

t.test('a segment header says what it said, and any changed byte shows', async (t) => {
  const header = {
    origin: 'cmdaid.local/00112233445566778899aabbccddeeff/1',
    segment: 3,
    prev: '\u0007'.repeat(32) as Hash,
    range: { size: 5, nodes: ['a'.repeat(32) as Hash, 'b'.repeat(32) as Hash] },
  }
  const bytes = encodeSegmentHeader(header)
  t.strictSame(decodeSegmentHeader(bytes), { ok: true, header, length: bytes.length })
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 0x10
    t.notOk(decodeSegmentHeader(changed).ok)
  }
  t.notOk(decodeSegmentHeader(bytes.subarray(0, -1)).ok)
  const lying = Buffer.from(bytes)
  lying.writeBigUInt64BE(7n, 16)
  lying.writeUInt32BE(crc32(lying.subarray(0, -4)), lying.length - 4)
  t.strictSame(decodeSegmentHeader(lying), { ok: false, error: 'encoding' }, 'seven leaves have three subtrees')
})
