import { hash } from 'node:crypto'
import type { Brand } from '../brand.ts'

/**
 * 32 bytes of SHA-256 as a string of 32 latin1 characters. Asking `node:crypto` for a short string instead of a Buffer
 * is three times faster, and two hashes compare with `===`. Never print one: use `hashHex` or `hashBase64`.
 */
export type Hash = Brand<string, 'Hash'>

export const HASH_BYTES = 32

/** What stands for "the record before the first one". */
export const ZERO_HASH = '\0'.repeat(HASH_BYTES) as Hash

export function sha256(bytes: Uint8Array): Hash {
  return hash('sha256', bytes, 'binary') as Hash
}

/** RFC 6962 §2.1: the hash of a leaf is prefixed with 0x00, so that a leaf can never pass for an inner node. */
export function leafHash(leaf: Uint8Array): Hash {
  const preimage = Buffer.allocUnsafe(leaf.length + 1)
  preimage[0] = 0
  preimage.set(leaf, 1)
  return sha256(preimage)
}

/** Filled and consumed within one call: nothing keeps a reference to it. */
const nodePreimage = Buffer.alloc(1 + 2 * HASH_BYTES)
nodePreimage[0] = 1

export function nodeHash(left: Hash, right: Hash): Hash {
  nodePreimage.write(left, 1, HASH_BYTES, 'latin1')
  nodePreimage.write(right, 1 + HASH_BYTES, HASH_BYTES, 'latin1')
  return sha256(nodePreimage)
}

export function hashBytes(value: Hash): Buffer {
  return Buffer.from(value, 'latin1')
}

export function hashHex(value: Hash): string {
  return hashBytes(value).toString('hex')
}

export function hashBase64(value: Hash): string {
  return hashBytes(value).toString('base64')
}

/** The 32 bytes at `offset`. The caller has checked that they are there. */
export function hashAt(bytes: Uint8Array, offset: number): Hash {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, HASH_BYTES).toString('latin1') as Hash
}
