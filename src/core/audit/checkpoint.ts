import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { HASH_BYTES, hashBase64, sha256 } from './hash.ts'
import type { Hash } from './hash.ts'
import { decodeBase64 } from './note.ts'

/** C2SP `tlog-checkpoint`: origin, size and root, a line each. Extension lines are refused: facts about a log are records in it. */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Hash }

export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${hashBase64(root)}\n`
}

export function parseCheckpoint(text: string): Result<Checkpoint, string> {
  const [origin, size, root, rest, ...more] = text.split('\n')
  if (origin === undefined || size === undefined || root === undefined || rest !== '' || more.length > 0) {
    return fail('a checkpoint has three lines')
  }
  if (origin === '') return fail('the origin is empty')
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)))
    return fail('the size is no number')
  const bytes = decodeBase64(root)
  if (bytes === null || bytes.length !== HASH_BYTES) return fail('the root is no hash')
  return ok({ origin, size: Number(size), root: bytes.toString('latin1') as Hash })
}

/**
 * `cmdaid.local/<device>/<incarnation>`. The device is the first 16 bytes of SHA-256 of its public key in hex, so that an
 * origin vouches for its key: the same name cannot be signed for with another one.
 */
export function originOf(publicKey: Uint8Array, incarnation: number): string {
  return `cmdaid.local/${Buffer.from(sha256(publicKey).slice(0, 16), 'latin1').toString('hex')}/${incarnation}`
}

/** What ties a leaf to its log: the first 16 bytes of SHA-256 of the origin. */
export function logIdOf(origin: string): Buffer {
  return Buffer.from(sha256(Buffer.from(origin, 'latin1')).slice(0, 16), 'latin1')
}
