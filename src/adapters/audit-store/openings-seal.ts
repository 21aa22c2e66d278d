import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { SALT_BYTES } from '../../core/audit/commitment.ts'
import { putSafeU64 } from '../../core/audit/field-values.ts'
import type { Opening } from '../../core/audit/record.ts'

/**
 * `nonce ‖ AES-256-GCM(salt ‖ value) ‖ tag`. Salt and value are sealed together, so that destroying the key, or deleting
 * the row, leaves a commitment that says nothing: with the salt left in the clear a short command could be guessed.
 */
const NONCE_BYTES = 12
const MAC_BYTES = 16

export function seal(
  key: KeyObject,
  { seq, tag, salt, value }: Opening,
  random: (bytes: number) => Uint8Array,
): Buffer {
  const nonce = random(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, GCM)
  cipher.setAAD(associatedData(seq, tag))
  const length = SALT_BYTES + value.length
  const plain = length <= kept.length ? kept.subarray(0, length) : Buffer.allocUnsafe(length)
  plain.set(salt)
  plain.set(value, SALT_BYTES)
  const body = cipher.update(plain)
  plain.fill(0)
  cipher.final()
  const out = Buffer.allocUnsafe(NONCE_BYTES + length + MAC_BYTES)
  out.set(nonce)
  out.set(body, NONCE_BYTES)
  out.set(cipher.getAuthTag(), NONCE_BYTES + length)
  return out
}

const GCM = { authTagLength: MAC_BYTES }
/** Filled, consumed and cleared within one call. */
const kept = Buffer.alloc(1_024)

/** Null when it does not open: altered, moved, or sealed with another key. */
export function unseal(
  key: KeyObject,
  place: { readonly seq: number; readonly tag: number },
  sealed: Uint8Array,
): Opening | null {
  if (sealed.length < NONCE_BYTES + SALT_BYTES + MAC_BYTES) return null
  const end = sealed.length - MAC_BYTES
  const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: MAC_BYTES })
  cipher.setAAD(associatedData(place.seq, place.tag))
  cipher.setAuthTag(sealed.subarray(end))
  try {
    const plain = Buffer.concat([cipher.update(sealed.subarray(NONCE_BYTES, end)), cipher.final()])
    return { ...place, salt: plain.subarray(0, SALT_BYTES), value: plain.subarray(SALT_BYTES) }
  } catch {
    return null
  }
}

/** Which record and field a row belongs to is authenticated too: rows cannot be swapped. */
function associatedData(seq: number, tag: number): Buffer {
  const out = Buffer.allocUnsafe(9)
  putSafeU64(out, seq, 0)
  out[8] = tag
  return out
}
