import { CmdaidError } from '../../core/errors.ts'
import type { FileOperations, OpenFile } from './file-operations.ts'

/** Opens for reading what must be a regular file. */
export async function openRegular(files: FileOperations, path: string): Promise<OpenFile> {
  const file = await files.open(path, 'read')
  const stat = await file.stat()
  if (stat.isFile()) return file
  await file.close()
  throw new CmdaidError('CMDAID_ERR_AUDIT_UNSAFE', `cannot read ${path}: not a regular file`, {
    hint: 'remove what does not belong there',
  })
}

/** The whole of a small file; what is longer than `bytesMax` is refused. */
export async function readSmallFile(files: FileOperations, path: string, bytesMax: number): Promise<Buffer> {
  const file = await openRegular(files, path)
  try {
    const { size } = await file.stat()
    if (size > bytesMax) {
      throw new CmdaidError('CMDAID_ERR_AUDIT_UNSAFE', `cannot read ${path}: longer than ${bytesMax} bytes`)
    }
    const buffer = Buffer.allocUnsafe(size)
    return buffer.subarray(0, await readInto(file, buffer, 0))
  } finally {
    await file.close()
  }
}

/** Fills `buffer` from `position` on, as far as the file goes; returns how many bytes there were. */
export async function readInto(file: OpenFile, buffer: Buffer, position: number): Promise<number> {
  let length = 0
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, position + length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return length
}
