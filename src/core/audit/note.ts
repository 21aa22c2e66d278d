import { createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { AUDIT_NOTE_BYTES_MAX, AUDIT_NOTE_SIGNATURES_MAX } from '../limits.ts'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { hashBytes, sha256 } from './hash.ts'

/**
 * C2SP signed notes with Ed25519 keys (signature type 0x01): a text, an empty line, and one line per signature,
 * `— <key name> <base64 of u32 key id ‖ 64 bytes of signature>`.
 */
export type NoteKey = { readonly name: string; readonly id: number; readonly publicKey: Buffer }
export type NoteSignature = { readonly name: string; readonly id: number; readonly signature: Buffer }
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] }

const ED25519 = 0x01
const ED25519_SIGNATURE_BYTES = 64
const PUBLIC_KEY_BYTES = 32
/** DER of `SubjectPublicKeyInfo` up to the 32 bytes of an Ed25519 key (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** The key id binds name, algorithm and key together: SHA-256(name ‖ "\n" ‖ 0x01 ‖ key), first four bytes. */
export function noteKey(name: string, publicKey: Uint8Array): NoteKey {
  if (!isKeyName(name) || publicKey.length !== PUBLIC_KEY_BYTES) throw new RangeError('not a note key')
  const id = hashBytes(sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ED25519), publicKey]))).readUInt32BE(0)
  return { name, id, publicKey: Buffer.from(publicKey) }
}

/** `name+hash+base64` as the Go tools write it. */
export function formatVerifierKey(key: NoteKey): string {
  const encoded = Buffer.concat([Buffer.of(ED25519), key.publicKey]).toString('base64')
  return `${key.name}+${key.id.toString(16).padStart(8, '0')}+${encoded}`
}

export function parseVerifierKey(text: string): Result<NoteKey, string> {
  const match = /^([^+\s]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{44})$/.exec(text)
  const bytes = decodeBase64(match?.[3] ?? '')
  const name = match?.[1] ?? ''
  if (bytes === null || bytes.length !== 1 + PUBLIC_KEY_BYTES || bytes[0] !== ED25519 || !isKeyName(name)) {
    return fail('not an Ed25519 verifier key')
  }
  const key = noteKey(name, bytes.subarray(1))
  return key.id === Number.parseInt(match?.[2] ?? '', 16) ? ok(key) : fail('the key id does not belong to the key')
}

export function publicKeyBytes(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length)
}

export function signNote(text: string, key: NoteKey, privateKey: KeyObject): string {
  const signature = sign(null, Buffer.from(text), privateKey)
  const id = Buffer.alloc(4)
  id.writeUInt32BE(key.id)
  return `${text}\n— ${key.name} ${Buffer.concat([id, signature]).toString('base64')}\n`
}

/** Splits a note; says nothing about whether its signatures are good. */
export function parseNote(input: Uint8Array): Result<Note, string> {
  if (input.length > AUDIT_NOTE_BYTES_MAX) return fail('the note is too long')
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.length)
  const whole = bytes.toString('utf8')
  if (!Buffer.from(whole).equals(bytes)) return fail('the note is not UTF-8')
  // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
  if (/[\u0000-\u0009\u000b-\u001f\u007f]/.test(whole)) return fail('the note holds control characters')
  const cut = whole.lastIndexOf('\n\n')
  if (cut < 0 || !whole.endsWith('\n')) return fail('the note has no signatures')
  const lines = whole.slice(cut + 2, -1).split('\n')
  if (lines.length > AUDIT_NOTE_SIGNATURES_MAX) return fail('the note has too many signatures')
  const signatures: NoteSignature[] = []
  for (const line of lines) {
    const match = /^— (\S+) ([A-Za-z0-9+/=]+)$/u.exec(line)
    const name = match?.[1] ?? ''
    const encoded = decodeBase64(match?.[2] ?? '')
    if (!isKeyName(name) || encoded === null || encoded.length < 5) return fail('a signature line is malformed')
    signatures.push({ name, id: encoded.readUInt32BE(0), signature: encoded.subarray(4) })
  }
  return ok({ text: whole.slice(0, cut + 1), signatures })
}

/**
 * The names of the given keys that signed. Signatures by unknown keys are ignored; one bad signature by a known key, or a
 * second one, refuses the whole note.
 */
export function verifyNote(note: Note, keys: readonly NoteKey[]): Result<readonly string[], string> {
  const signers: string[] = []
  for (const { name, id, signature } of note.signatures) {
    const key = keys.find((candidate) => candidate.name === name && candidate.id === id)
    if (key === undefined) continue
    if (signers.includes(name)) return fail(`two signatures by ${name}`)
    if (!isSignature(note.text, key, signature)) return fail(`the signature by ${name} is wrong`)
    signers.push(name)
  }
  return ok(signers)
}

function isSignature(text: string, key: NoteKey, signature: Buffer): boolean {
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false
  return verify(null, Buffer.from(text), keyObject(key), signature)
}

/** Making a key object costs more than using it, and a log is checked with one key a million times. */
const keyObjects = new WeakMap<NoteKey, KeyObject>()

function keyObject(key: NoteKey): KeyObject {
  let object = keyObjects.get(key)
  if (object === undefined) {
    object = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, key.publicKey]), format: 'der', type: 'spki' })
    keyObjects.set(key, object)
  }
  return object
}

function isKeyName(name: string): boolean {
  return /^[^\s+]{1,255}$/u.test(name)
}

/** Strict: what does not come out of an encoder again is refused. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : null
}
