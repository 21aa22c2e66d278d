import t from 'tap'
import * as fc from 'fast-check'
import { createHash, createPrivateKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { formatCheckpoint, logIdOf, originOf, parseCheckpoint } from '../../../src/core/audit/checkpoint.ts'
import { sha256 } from '../../../src/core/audit/hash.ts'
import {
  formatVerifierKey,
  noteKey,
  parseNote,
  parseVerifierKey,
  publicKeyBytes,
  signNote,
  verifyNote,
} from '../../../src/core/audit/note.ts'

function keyOf(name: string): KeyObject {
  const seed = createHash('sha256').update(name).digest()
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}

const ROOT = sha256(Buffer.from('root'))
const privateKey = keyOf('a')
const origin = originOf(publicKeyBytes(privateKey), 1)
const key = noteKey(origin, publicKeyBytes(privateKey))
const text = formatCheckpoint({ origin, size: 42, root: ROOT })
const note = signNote(text, key, privateKey)

const outcome = (bytes: string | Buffer): string => {
  const parsed = parseNote(Buffer.from(bytes as string))
  if (!parsed.ok) return parsed.error
  const signers = verifyNote(parsed.value, [key])
  return signers.ok ? `${signers.value.length}` : signers.error
}

t.test('a note by a signer we do not know is read, and vouches for nothing', async (t) => {
  const stranger = noteKey('example.com/foo', publicKeyBytes(keyOf('stranger')))
  t.equal(outcome(signNote('This is a message.\n\nOf two paragraphs.\n', stranger, keyOf('stranger'))), '0')
  t.equal(
    outcome(signNote(text, noteKey(origin, publicKeyBytes(keyOf('b'))), keyOf('b'))),
    '0',
    'our name, another key',
  )
})

t.test('a note is read as it was signed, and its key travels as text', async (t) => {
  const parsed = parseNote(Buffer.from(note))
  t.ok(parsed.ok)
  t.strictSame(parsed.ok && parseCheckpoint(parsed.value.text), { ok: true, value: { origin, size: 42, root: ROOT } })
  t.equal(outcome(note), '1')
  t.strictSame(parseVerifierKey(formatVerifierKey(key)), { ok: true, value: key })
  t.equal(logIdOf(origin).length, 16)
})

t.test('any changed byte of a note is refused, or leaves no signer that we know', async () => {
  const bytes = Buffer.from(note)
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, xor) => {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ xor
      return outcome(changed) !== '1'
    }),
    { numRuns: 600 },
  )
})

t.test('what is no note is refused with a reason', async (t) => {
  const line = note.split('\n\n')[1] ?? ''
  t.strictSame(
    [
      outcome(text),
      outcome(note.slice(0, -1)),
      outcome(`${note}x`),
      outcome(note.replace('42', '4\u00072')),
      outcome(Buffer.concat([Buffer.from(note), Buffer.of(0xff, 0x0a)])),
      outcome(`${note}${line}`),
      outcome(note.replace('— ', '- ')),
      outcome(note.replace(/ [A-Za-z0-9+/=]+\n$/, ' AAAA\n')),
      outcome('a'.repeat(70_000)),
      outcome(text + '\n' + line.repeat(101)),
    ],
    [
      'the note has no signatures',
      'the note has no signatures',
      'the note has no signatures',
      'the note holds control characters',
      'the note is not UTF-8',
      `two signatures by ${origin}`,
      'a signature line is malformed',
      'a signature line is malformed',
      'the note is too long',
      'the note has too many signatures',
    ],
  )
})

t.test('a wrong signature by a known key spoils the note, also beside a good one', async (t) => {
  const other = signNote(text, key, keyOf('b'))
  t.equal(outcome(other), `the signature by ${origin} is wrong`)
  const second = noteKey('witness.example', publicKeyBytes(keyOf('c')))
  const bad = signNote(text, second, keyOf('d')).split('\n\n')[1] ?? ''
  const parsed = parseNote(Buffer.from(note + bad))
  t.ok(parsed.ok)
  t.strictSame(parsed.ok && verifyNote(parsed.value, [key, second]), {
    ok: false,
    error: 'the signature by witness.example is wrong',
  })
  t.strictSame(parsed.ok && verifyNote(parsed.value, [key]), { ok: true, value: [origin] }, 'who is unknown is ignored')
})

t.test('checkpoints have three strict lines', async (t) => {
  const good = text.split('\n')
  const bad = [
    good.with(1, '042').join('\n'),
    good.with(1, '-1').join('\n'),
    good.with(1, '9999999999999999').join('\n'),
    good.with(0, '').join('\n'),
    good.with(2, `${good[2]} `).join('\n'),
    good.with(2, 'AAAA').join('\n'),
    text + 'extension\n',
    text.slice(0, -1),
  ]
  t.strictSame(
    bad.map((it) => parseCheckpoint(it).ok),
    bad.map(() => false),
  )
})

t.test('verifier keys that do not belong together are refused', async (t) => {
  const good = formatVerifierKey(key)
  const bad = [good.replace(/\+[0-9a-f]{8}\+/, '+00000000+'), good.slice(1), `${good}=`, good.replace('+A', '+B'), '']
  t.strictSame(
    bad.map((it) => parseVerifierKey(it).ok),
    bad.map(() => false),
  )
})
