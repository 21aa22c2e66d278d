import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { AUDIT_HEADS_BYTES_MAX } from '../../core/limits.ts'
import type { Checkpoint } from '../../core/audit/checkpoint.ts'
import type { FindingList } from '../../core/audit/finding-list.ts'
import type { NoteKey } from '../../core/audit/note.ts'
import { systemFiles } from './file-operations.ts'
import { NOTE_LINES, ownCheckpoint } from './head-file.ts'
import { isMissing } from './io-error.ts'
import { notesName } from './layout.ts'
import type { AuditLayout } from './layout.ts'
import { readSmallFile } from './read-file.ts'

const TORN_RETRIES = 5
const TORN_PAUSE_MS = 20

/**
 * The bytes of a segment's checkpoints. Read before the segment itself: a checkpoint is written after the records it signs,
 * so every one that is seen here must find its records there, however busy the writer is. A last note that is not
 * whole may be in the middle of being written, and is looked at again.
 */
export async function readHeads(layout: AuditLayout, segment: number): Promise<Buffer> {
  const path = join(layout.heads, notesName(segment))
  for (let attempt = 0; ; attempt++) {
    let bytes: Buffer
    try {
      bytes = await readSmallFile(systemFiles, path, AUDIT_HEADS_BYTES_MAX)
    } catch (error) {
      if (isMissing(error)) return Buffer.alloc(0)
      throw error
    }
    const whole = bytes.length === 0 || bytes.subarray(-2).equals(END_OF_NOTE)
    if (whole || attempt === TORN_RETRIES) return bytes
    await pause(TORN_PAUSE_MS)
  }
}

const END_OF_NOTE = Buffer.from('\n\n')

/** Checks form, signature and order of the checkpoints and returns the good ones, smallest first. */
export function checkHeads(
  bytes: Buffer,
  segment: number,
  key: NoteKey,
  after: number,
  findings: FindingList,
): Checkpoint[] {
  const file = `heads/${notesName(segment)}`
  const checkpoints: Checkpoint[] = []
  let previous = after
  for (let offset = 0; offset < bytes.length;) {
    const end = endOfNote(bytes, offset)
    if (end === null) {
      findings.add(
        'TORN',
        { file, offset },
        'a checkpoint of three lines, an empty line, a signature and an empty line',
        'the last checkpoint is not whole: a write that did not finish, or a change',
      )
      break
    }
    const checkpoint = ownCheckpoint(bytes.toString('utf8', offset, end).split('\n').slice(0, -1), key)
    if (checkpoint === null) {
      findings.add(
        'SIGNATURE',
        { file, offset },
        `a checkpoint signed by ${key.name}`,
        'this checkpoint was changed after it was signed, or signed by someone else',
      )
    } else if (checkpoint.size <= previous) {
      findings.add(
        'SIGNATURE',
        { file, offset },
        `a size beyond ${previous}`,
        'checkpoints are out of order: one was inserted, repeated or put back',
      )
    } else {
      checkpoints.push(checkpoint)
      previous = checkpoint.size
    }
    offset = end
  }
  return checkpoints
}

function endOfNote(bytes: Buffer, from: number): number | null {
  let at = from
  for (let line = 0; line < NOTE_LINES; line++) {
    const end = bytes.indexOf(0x0a, at)
    if (end < 0) return null
    at = end + 1
  }
  return at
}
