import { createHash } from 'node:crypto'
import { decodeNumber } from '../../core/audit/field-values.ts'
import type { FieldName } from '../../core/audit/fields.ts'
import type { Hash } from '../../core/audit/hash.ts'
import { decodeLeaf, leafField } from '../../core/audit/leaf.ts'
import type { OpenFile } from './file-operations.ts'
import { readInto } from './read-file.ts'

const BLOCK_BYTES = 1_048_576

/** Whether a `SEGMENT_SEAL` describes the segment that it closes: its number, its records, their root, and the file up to the seal's frame. */
export async function sealAgrees(
  file: OpenFile,
  seal: Buffer,
  offset: number,
  expected: { readonly segment: number; readonly count: number; readonly root: Hash },
): Promise<boolean> {
  const decoded = decodeLeaf(seal)
  if (!decoded.ok) return false
  const field = (name: FieldName): Buffer => Buffer.from(leafField(decoded.value, name) ?? [])
  const digest = createHash('sha256')
  const buffer = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, offset))
  for (let at = 0; at < offset; at += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, offset - at))
    digest.update(part.subarray(0, await readInto(file, part, at)))
  }
  return (
    decodeNumber(field('count')) === expected.count &&
    decodeNumber(field('segment')) === expected.segment &&
    field('root').toString('latin1') === expected.root &&
    field('file_sha256').equals(digest.digest())
  )
}
