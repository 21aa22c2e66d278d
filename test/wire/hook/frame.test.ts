import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import t from 'tap'
import { HOOK_FRAME_BYTES_MAX } from '../../../src/core/limits.ts'
import { HOOK_FRAME_TYPES, HookFrameDecoder } from '../../../src/wire/hook/frame.ts'
import type { HookFrameFault } from '../../../src/wire/hook/frame.ts'

type Copy = { type: string; digit: number; cwd: string; text: string; extra: string }
type Seen = { frames: Copy[]; fault: HookFrameFault | null }

/** Decodes in pieces, overwriting each piece afterwards, as the one read buffer of the daemon is. */
function decode(chunks: readonly Uint8Array[]): Seen {
  const decoder = new HookFrameDecoder()
  const frames: Copy[] = []
  let fault: HookFrameFault | null = null
  for (const chunk of chunks) {
    const own = Buffer.from(chunk)
    fault = decoder.push(own, ({ type, digit, cwd, text, extra }) => {
      frames.push({ type, digit, cwd: hex(Buffer.from(cwd)), text: hex(text), extra: hex(extra) })
    })
    own.fill(0x31)
  }
  return { frames, fault }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((start, index) => bytes.subarray(start, places[index] ?? bytes.length))
}

const field = fc.uint8Array({ maxLength: 60 }).map((bytes) => bytes.map((byte) => (byte === 0 ? 1 : byte)))
const frameBytes = fc
  .tuple(fc.constantFrom(...HOOK_FRAME_TYPES), fc.integer({ min: 0, max: 9 }), field, field, field)
  .map(([type, digit, ...fields]) =>
    Buffer.concat([Buffer.from(`1${type}${digit}\0`), ...fields.flatMap((each) => [each, Buffer.from([0])])]),
  )

t.test('a frame is four fields of bytes, which arrive as they were sent', async (t) => {
  const text = Buffer.from([0x1b, 0x0a, 0xff, 0xfe, 0x25, 0x6e])
  const bytes = Buffer.concat([Buffer.from('1Q7\0/tmp\0'), text, Buffer.from('\x0012 p\0')])
  t.strictSame(decode([bytes]), {
    frames: [{ type: 'Q', digit: 7, cwd: hex(Buffer.from('/tmp')), text: hex(text), extra: hex(Buffer.from('12 p')) }],
    fault: null,
  })
})

t.test('frames do not depend on how the bytes were cut', async () => {
  fc.assert(
    fc.property(fc.array(frameBytes, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 20 }), (frames, places) => {
      const bytes = Buffer.concat(frames)
      const whole = decode([bytes])
      assert.deepEqual(decode(cut(bytes, places)), whole)
      return whole.frames.length === frames.length && whole.fault === null
    }),
  )
})

t.test('arbitrary bytes never throw, and give the same frames and the same fault however they were cut', async () => {
  const soup = fc.array(fc.oneof(frameBytes, fc.uint8Array({ maxLength: 30 })), { maxLength: 6 })
  fc.assert(
    fc.property(soup, fc.array(fc.nat(), { maxLength: 20 }), (parts, places) => {
      const bytes = Buffer.concat(parts)
      assert.deepEqual(decode(cut(bytes, places)), decode([bytes]))
    }),
    { numRuns: 500 },
  )
})

t.test('what is not a header of version 1 is a fault at its first wrong byte', async (t) => {
  const faultOf = (text: string): HookFrameFault | null => decode([Buffer.from(text, 'latin1')]).fault
  t.strictSame(
    ['2', '9Q0', 'Q', '0', '1', '1Q', '1Z', '1Q5', '1Qx', '1Q5x', '1Q5\0', '\0', '\xff'].map((text) => [
      text,
      faultOf(text),
    ]),
    [
      ['2', 'version'],
      ['9Q0', 'version'],
      ['Q', 'header'],
      ['0', 'header'],
      ['1', null],
      ['1Q', null],
      ['1Z', 'header'],
      ['1Q5', null],
      ['1Qx', 'header'],
      ['1Q5x', 'header'],
      ['1Q5\0', null],
      ['\0', 'header'],
      ['\xff', 'header'],
    ],
  )
})

t.test('frames before a fault are delivered, and nothing after it', async (t) => {
  const good = '1X0\0\0\x003\0'
  const decoder = new HookFrameDecoder()
  let seen = 0
  const count = (): void => {
    seen += 1
  }
  t.equal(decoder.push(Buffer.from(`${good}garbage`), count), 'header')
  t.equal(decoder.push(Buffer.from(good), count), 'header')
  t.strictSame([seen, decoder.pendingBytes], [1, 0])
})

t.test('the longest frame passes and one byte more does not', async (t) => {
  const empty = Buffer.from('1Q0\0\0\x001 p\0')
  const frame = (bytes: number): Buffer =>
    Buffer.concat([Buffer.from('1Q0\0\0'), Buffer.alloc(bytes - empty.length, 0x61), Buffer.from('\x001 p\0')])
  for (const chunkBytes of [HOOK_FRAME_BYTES_MAX * 2, 65_536, 4_097]) {
    const pieces = (bytes: Buffer): Buffer[] =>
      Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
        bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
      )
    const longest = decode(pieces(frame(HOOK_FRAME_BYTES_MAX)))
    t.strictSame([longest.frames.length, longest.fault], [1, null])
    const tooLong = decode(pieces(frame(HOOK_FRAME_BYTES_MAX + 1)))
    t.strictSame([tooLong.frames.length, tooLong.fault], [0, 'oversize'])
  }
})

t.test('a frame that never ends is dropped at the bound, and its memory is given back', async (t) => {
  const decoder = new HookFrameDecoder()
  const chunk = Buffer.alloc(60_000, 0x61)
  let fault = decoder.push(Buffer.from('1Q0\0'), () => t.fail('there is no frame'))
  let most = 0
  for (let sent = 0; sent < 100 && fault === null; sent += 1) {
    fault = decoder.push(chunk, () => t.fail('there is no frame'))
    most = Math.max(most, decoder.pendingBytes)
  }
  t.equal(fault, 'oversize')
  t.ok(most <= HOOK_FRAME_BYTES_MAX)
  t.equal(decoder.pendingBytes, 0)
})

t.test('a frame sent one byte at a time is looked at once', async (t) => {
  // With a fresh scan for each byte this would be a hundred billion steps, and the test would not end.
  const decoder = new HookFrameDecoder()
  const one = Buffer.from('a')
  let frames = 0
  decoder.push(Buffer.from('1Q0\0\0'), () => undefined)
  for (let sent = 0; sent < 500_000; sent += 1) decoder.push(one, () => undefined)
  t.equal(
    decoder.push(Buffer.from('\x001 p\0'), () => (frames += 1)),
    null,
  )
  t.equal(frames, 1)
})
