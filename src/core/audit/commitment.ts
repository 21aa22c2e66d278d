import { sha256 } from './hash.ts'
import type { Hash } from './hash.ts'

const DOMAIN = Buffer.from('cmdaid/commit/v1', 'latin1')
export const SALT_BYTES = 32
/** Filled and consumed within one call: nothing keeps a reference to it. */
const kept = Buffer.alloc(1_024)

/**
 * `SHA-256("cmdaid/commit/v1" ‖ u8 tag ‖ salt ‖ u32 length ‖ value)`: binds the record to `value` without saying what it
 * is. The salt is fresh for each field of each record, so that equal values do not look equal and short ones cannot be guessed;
 * it must be erased together with the value.
 */
export function commitment(tag: number, salt: Uint8Array, value: Uint8Array): Hash {
  if (salt.length !== SALT_BYTES) throw new RangeError('a salt is 32 bytes')
  const length = DOMAIN.length + 1 + SALT_BYTES + 4 + value.length
  const preimage = length <= kept.length ? kept.subarray(0, length) : Buffer.allocUnsafe(length)
  preimage.set(DOMAIN)
  let at = preimage.writeUInt8(tag, DOMAIN.length)
  preimage.set(salt, at)
  at = preimage.writeUInt32BE(value.length, at + SALT_BYTES)
  preimage.set(value, at)
  return sha256(preimage)
}
