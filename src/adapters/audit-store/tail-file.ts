import type { Hash } from '../../core/audit/hash.ts'
import { hashHex } from '../../core/audit/hash.ts'
import { rangeLength } from '../../core/audit/merkle.ts'
import type { CompactRange } from '../../core/audit/merkle.ts'
import { writeAll, removeIfThere } from './durable-file.ts'
import type { FileOperations } from './file-operations.ts'
import type { AuditLayout } from './layout.ts'
import { readSmallFile } from './read-file.ts'
import { AUDIT_TAIL_BYTES_MAX } from '../../core/limits.ts'

/**
 * Where a reader of the log may begin instead of at the segment's first record: the state at a checkpoint. It is a cache:
 * never synced, believed only when it gives the root of the last signed checkpoint and the record it names is there.
 */
export type Tail = {
  readonly segment: number
  readonly range: CompactRange
  /** Offset behind the last record, and of it. */
  readonly end: number
  readonly lastOffset: number
  readonly lastHash: Hash
}

export async function writeTail(files: FileOperations, layout: AuditLayout, tail: Tail): Promise<void> {
  const { segment, range, end, lastOffset, lastHash } = tail
  const text = JSON.stringify({
    v: 1,
    segment,
    size: range.size,
    nodes: range.nodes.map(hashHex),
    end,
    lastOffset,
    lastHash: hashHex(lastHash),
  })
  const temporary = `${layout.tail}.new`
  await removeIfThere(files, temporary)
  const file = await files.open(temporary, 'create')
  try {
    await writeAll(file, Buffer.from(text), 0)
  } finally {
    await file.close()
  }
  await files.rename(temporary, layout.tail)
}

/** Null when there is none, or none that makes sense: then the whole last segment is read. */
export async function readTail(files: FileOperations, layout: AuditLayout): Promise<Tail | null> {
  try {
    return parseTail(JSON.parse((await readSmallFile(files, layout.tail, AUDIT_TAIL_BYTES_MAX)).toString('utf8')))
  } catch {
    return null
  }
}

function parseTail(input: unknown): Tail | null {
  if (typeof input !== 'object' || input === null) return null
  const { v, segment, size, nodes, end, lastOffset, lastHash } = input as Record<string, unknown>
  if (v !== 1 || !isCount(segment) || !isCount(size) || !isCount(end) || !isCount(lastOffset)) return null
  if (!Array.isArray(nodes) || nodes.length !== rangeLength(size) || !nodes.every(isHex) || !isHex(lastHash))
    return null
  return { segment, range: { size, nodes: nodes.map(fromHex) }, end, lastOffset, lastHash: fromHex(lastHash) }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isHex(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

function fromHex(hex: string): Hash {
  return Buffer.from(hex, 'hex').toString('latin1') as Hash
}
