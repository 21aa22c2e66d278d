import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, unlink } from 'node:fs/promises'

/** An open file as the store uses it. `FileHandle` of `node:fs/promises` is one. */
export type OpenFile = {
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>
  write(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>
  /** Returns when the data and what is needed to read it back are on the medium. */
  datasync(): Promise<void>
  truncate(length: number): Promise<void>
  stat(): Promise<{ readonly size: number; readonly uid: number; readonly mode: number; isFile(): boolean }>
  close(): Promise<void>
}

/**
 * Everything that the store asks of the file system. Passed in, so that a test can let the n-th call fail the way a disk does;
 * nothing else stands between the store and the system calls.
 */
export type FileOperations = {
  /** `create` fails when the name exists. None of them follows a link in the last place, or waits for a FIFO's other end. */
  open(path: string, purpose: 'read' | 'write' | 'create'): Promise<OpenFile>
  /** Creates the folder, mode 0700, unless it is there. */
  makeDirectory(path: string): Promise<void>
  list(path: string): Promise<readonly string[]>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Makes the names in a folder as durable as a synced file. */
  syncDirectory(path: string): Promise<void>
}

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants

const FLAGS = {
  read: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
  write: O_RDWR | O_NOFOLLOW | O_NONBLOCK,
  create: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
}

export const systemFiles: FileOperations = {
  open: (path, purpose) => open(path, FLAGS[purpose], 0o600),
  async makeDirectory(path) {
    await mkdir(path, { recursive: true, mode: 0o700 })
  },
  list: (path) => readdir(path),
  rename,
  remove: unlink,
  async syncDirectory(path) {
    const directory = await open(path, O_RDONLY | O_DIRECTORY)
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  },
}
