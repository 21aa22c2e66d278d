import { join } from 'node:path'
import { CmdaidError } from '../../core/errors.ts'
import { parseCheckpoint } from '../../core/audit/checkpoint.ts'
import type { Checkpoint } from '../../core/audit/checkpoint.ts'
import { parseNote, verifyNote } from '../../core/audit/note.ts'
import type { NoteKey } from '../../core/audit/note.ts'
import { createDurably, writeAll } from './durable-file.ts'
import type { FileOperations, OpenFile } from './file-operations.ts'
import { notesName, numbersOf } from './layout.ts'
import { openRegular, readInto } from './read-file.ts'

/** Lines of a note of ours with one signature, and the empty line behind it. */
export const NOTE_LINES = 6

/** One checkpoint is well under this; the end of a file of notes is looked for in so many bytes. */
const TAIL_BYTES = 8_192

/**
 * `heads/<segment>.notes`: the checkpoints signed while that segment was written, each followed by an empty line. A note is
 * appended only when the records below it are durable, and is synced before anyone is told of it.
 */
export class HeadFile {
  readonly #files: FileOperations
  readonly #path: string
  #file: OpenFile
  #end: number

  private constructor(files: FileOperations, path: string, file: OpenFile, end: number) {
    this.#files = files
    this.#path = path
    this.#file = file
    this.#end = end
  }

  /** Opens or creates the file of this segment, without what a crash left of an unfinished note. */
  static async open(files: FileOperations, headsDir: string, segment: number): Promise<HeadFile> {
    const path = join(headsDir, notesName(segment))
    if (!numbersOf(await files.list(headsDir), '.notes').includes(segment)) {
      await createDurably(files, headsDir, path, Buffer.alloc(0))
    }
    const file = await files.open(path, 'write')
    try {
      const { size } = await file.stat()
      const tail = Buffer.allocUnsafe(Math.min(size, TAIL_BYTES))
      await readInto(file, tail, size - tail.length)
      const end = size - tail.length + lastNoteEnd(tail, size === tail.length)
      if (end < size) await file.truncate(end)
      return new HeadFile(files, path, file, end)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async append(note: string): Promise<void> {
    const bytes = Buffer.from(`${note}\n`)
    await writeAll(this.#file, bytes, this.#end)
    await this.#file.datasync()
    this.#end += bytes.length
  }

  /** See `SegmentWriter.restore`. */
  async restore(): Promise<void> {
    await this.#file.close().catch(() => undefined)
    this.#file = await this.#files.open(this.#path, 'write')
    await this.#file.truncate(this.#end)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

/** The newest checkpoint that this log has signed, or null. One whose signature is not its own key's refuses the log. */
export async function readLastCheckpoint(
  files: FileOperations,
  headsDir: string,
  key: NoteKey,
): Promise<Checkpoint | null> {
  for (const segment of numbersOf(await files.list(headsDir), '.notes').reverse()) {
    const path = join(headsDir, notesName(segment))
    const file = await openRegular(files, path)
    try {
      const { size } = await file.stat()
      const tail = Buffer.allocUnsafe(Math.min(size, TAIL_BYTES))
      await readInto(file, tail, size - tail.length)
      const whole = tail.subarray(0, lastNoteEnd(tail, size === tail.length))
      if (whole.length === 0) continue
      const lines = whole.toString('utf8').split('\n').slice(0, -1)
      const checkpoint = ownCheckpoint(lines.slice(-NOTE_LINES), key)
      if (checkpoint !== null) return checkpoint
      throw new CmdaidError('CMDAID_ERR_AUDIT_ROLLBACK', `the last checkpoint in ${path} was not signed by this log`, {
        hint: 'run `cmdaid verify`',
      })
    } finally {
      await file.close()
    }
  }
  return null
}

/** The checkpoint in the six lines of a note, if this key alone signed it as this origin. */
export function ownCheckpoint(lines: readonly string[], key: NoteKey): Checkpoint | null {
  if (lines.length !== NOTE_LINES || lines[3] !== '' || lines[5] !== '') return null
  const note = parseNote(Buffer.from(lines.slice(0, -1).join('\n') + '\n'))
  if (!note.ok) return null
  const signers = verifyNote(note.value, [key])
  const checkpoint = parseCheckpoint(note.value.text)
  if (!signers.ok || signers.value.length !== 1 || !checkpoint.ok) return null
  return checkpoint.value.origin === key.name ? checkpoint.value : null
}

/** Offset behind the last complete note: `… — name base64\n\n`. `fromStart` says that `bytes` is the whole file. */
function lastNoteEnd(bytes: Buffer, fromStart: boolean): number {
  const text = bytes.toString('latin1')
  for (let at = text.lastIndexOf('\n\n'); at >= 0; at = text.lastIndexOf('\n\n', at - 1)) {
    const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at)
    if (line.startsWith(SIGNATURE_DASH)) return at + 2
    if (at === 0) break
  }
  return fromStart ? 0 : bytes.length
}

/** `— ` in UTF-8, read as latin1. */
const SIGNATURE_DASH = Buffer.from('— ').toString('latin1')
