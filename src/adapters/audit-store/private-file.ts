import { chmodSync, closeSync, constants, lstatSync, openSync } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { CmdaidError } from '../../core/errors.ts'
import { ioError, systemCode } from './io-error.ts'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants

/**
 * Makes sure that `path` is a regular file of mode 0600 before SQLite opens it: by itself it would create one that everybody
 * may read, follow a link, and give its log the same mode. A file that exists is never opened here: closing any descriptor
 * of a file drops all POSIX locks that this process holds on it.
 */
export function ensurePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600))
    return
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw ioError(`cannot create ${path}`, error)
  }
  const stat = lstatSync(path)
  if (!stat.isFile()) throw unsafe(path, 'it is not a regular file')
  if ((stat.mode & 0o077) !== 0) chmodSync(path, 0o600)
}

/** Refuses a directory in which somebody else could put or replace files. */
export async function checkPrivateDirectory(path: string): Promise<void> {
  const stat = await lstat(path)
  if (!stat.isDirectory()) throw unsafe(path, 'it is not a directory')
  if (process.getuid !== undefined && stat.uid !== process.getuid()) throw unsafe(path, 'it belongs to another user')
  if ((stat.mode & 0o022) !== 0) throw unsafe(path, 'others may write to it')
}

function unsafe(path: string, why: string): CmdaidError {
  return new CmdaidError('CMDAID_ERR_AUDIT_UNSAFE', `cannot keep the audit log at ${path}: ${why}`, {
    hint: 'set the directory to mode 0700 and its files to 0600, owned by you',
  })
}
