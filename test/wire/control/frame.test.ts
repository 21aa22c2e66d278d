import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { Packr } from 'msgpackr/pack'
import t from 'tap'
import { ControlDecoder, decodeControlBody, encodeControlMessage } from '../../../src/wire/control/frame.ts'
import type { ControlFault } from '../../../src/wire/control/frame.ts'
import { isPlainMessagePack } from '../../../src/wire/control/plain-messagepack.ts'

const BYTES_MAX = 4_096

function decode(chunks: readonly Uint8Array[]): { messages: unknown[]; fault: ControlFault | null } {
  const decoder = new ControlDecoder(BYTES_MAX)
  const messages: unknown[] = []
  let fault: ControlFault | null = null
  for (const chunk of chunks) {
    const own = Buffer.from(chunk)
    fault = decoder.push(own, (message) => messages.push(message))
    own.fill(0)
  }
  return { messages, fault }
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((start, index) => bytes.subarray(start, places[index] ?? bytes.length))
}

const { value: plainValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))

t.test('the message of the specification has the bytes of the specification', async (t) => {
  t.equal(
    encodeControlMessage({ v: 1, request: 'flush' }).toString('hex'),
    '0000001282a17601a772657175657374a5666c757368',
  )
})

t.test('plain data comes back as it was, however the bytes were cut', async () => {
  fc.assert(
    fc.property(fc.array(plainValue, { maxLength: 4 }), fc.array(fc.nat(), { maxLength: 10 }), (values, places) => {
      const bytes = Buffer.concat(values.map(encodeControlMessage))
      fc.pre(values.every((value) => encodeControlMessage(value).length <= BYTES_MAX))
      assert.deepEqual(decode(cut(bytes, places)), { messages: values, fault: null })
    }),
  )
})

t.test('arbitrary bytes never throw and fault at the same message however they were cut', async () => {
  const soup = fc.array(fc.oneof(plainValue.map(encodeControlMessage), fc.uint8Array({ maxLength: 20 })), {
    maxLength: 5,
  })
  fc.assert(
    fc.property(soup, fc.array(fc.nat(), { maxLength: 10 }), (parts, places) => {
      const bytes = Buffer.concat(parts)
      assert.deepEqual(decode(cut(bytes, places)), decode([bytes]))
    }),
    { numRuns: 500 },
  )
})

t.test('a message that announces more than the bound is refused before it arrives', async (t) => {
  t.strictSame(decode([Buffer.from([0, 0, 0x10, 0x01])]), { messages: [], fault: 'oversize' })
  t.strictSame(decode([Buffer.from([0xff, 0xff, 0xff, 0xff])]), { messages: [], fault: 'oversize' })
  t.strictSame(decode([Buffer.from([0, 0, 0x10, 0x00])]), { messages: [], fault: null })
})

t.test('only plain data is decoded', async (t) => {
  const packr = new Packr({ moreTypes: true, structuredClone: true })
  const refused: readonly (readonly [string, Uint8Array])[] = [
    ['a date', packr.pack(new Date(0))],
    ['an error', packr.pack(new Error('x'))],
    ['a set', packr.pack(new Set([1]))],
    ['a pattern', packr.pack(/x/)],
    ['a record', packr.pack({ a: 1 })],
    ['an array that claims four billion entries', Buffer.from('ddffffffff', 'hex')],
    ['a map that claims four billion entries', Buffer.from('dfffffffff', 'hex')],
    ['a string longer than the message', Buffer.from('dbffffffff41', 'hex')],
    ['a key that is no string', Buffer.from('810102', 'hex')],
    ['two values', Buffer.from('0101', 'hex')],
    ['nothing', Buffer.alloc(0)],
    ['the tag that is never used', Buffer.from('c1', 'hex')],
    ['too deep an array', Buffer.concat([Buffer.alloc(30, 0x91), Buffer.from([1])])],
  ]
  for (const [what, bytes] of refused) t.strictSame(decodeControlBody(bytes), { ok: false, error: 'malformed' }, what)
})

t.test('no bytes pass the check that the decoder then fails on', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      if (isPlainMessagePack(bytes)) assert.equal(decodeControlBody(bytes).ok, true)
    }),
    { numRuns: 5_000 },
  )
})

t.test('a name that would reach an object’s prototype does not', async (t) => {
  const body = Buffer.concat([
    Buffer.from([0x81, 0xa9]),
    Buffer.from('__proto__'),
    Buffer.from([0x81, 0xa1, 0x78, 0x01]),
  ])
  const decoded = decodeControlBody(body)
  t.equal(decoded.ok, true)
  t.equal(({} as { x?: number }).x, undefined)
  t.equal((decoded.ok ? (decoded.value as { x?: number }) : {}).x, undefined)
})
