import { CmdaidError } from '../../core/errors.ts'
import type { FileOperations, OpenFile } from './file-operations.ts'
import { isMissing } from './io-error.ts'

/**
 * Creates `path` with `bytes`, so that after a crash there is either the whole file or none: written under another name,
 * synced, renamed, and the folder synced.
 */
export async function createDurably(
  files: FileOperations,
  directory: string,
  path: string,
  bytes: Buffer,
): Promise<void> {
  const temporary = `${path}.new`
  await removeIfThere(files, temporary)
  const file = await files.open(temporary, 'create')
  try {
    await writeAll(file, bytes, 0)
    await file.datasync()
  } finally {
    await file.close()
  }
  await files.rename(temporary, path)
  await files.syncDirectory(directory)
}

/**
 * The system may write less than it was given and call it a success: at the edge of a full disk it does. A short write is
 * a failed one.
 */
export async function writeAll(file: OpenFile, bytes: Buffer, position: number): Promise<void> {
  const { bytesWritten } = await file.write(bytes, 0, bytes.length, position)
  if (bytesWritten === bytes.length) return
  throw new CmdaidError('CMDAID_ERR_AUDIT_FULL', `only ${bytesWritten} of ${bytes.length} bytes were written`, {
    hint: 'free some space; writing resumes by itself and counts what was dropped',
  })
}

export async function removeIfThere(files: FileOperations, path: string): Promise<void> {
  try {
    await files.remove(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}
