import { lstatSync, mkdirSync } from 'node:fs'
import { CmdaidError } from '../../core/errors.ts'

/**
 * Makes `path` (0700) when it is missing and refuses it unless it is a real directory of this user that nobody else may
 * enter. In `/tmp` another user can be there first: with a directory, or with a link to one of ours.
 */
export function ensurePrivateDir(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new CmdaidError('CMDAID_ERR_DIR_UNSAFE', `cannot make the directory ${path}`, {
      cause,
      hint: 'check that its parent exists and belongs to you',
    })
  }
  const reason = whyUnsafe(path)
  if (reason === null) return
  throw new CmdaidError('CMDAID_ERR_DIR_UNSAFE', `refusing to use ${path}: ${reason}`, {
    hint: 'remove it, or make it a directory of yours with mode 0700',
  })
}

/** One phrase saying what is wrong with it, or null. */
export function whyUnsafe(path: string): string | null {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return 'it does not exist'
  if (stat.isSymbolicLink()) return 'it is a symbolic link'
  if (!stat.isDirectory()) return 'it is not a directory'
  if (stat.uid !== process.getuid?.()) return `it belongs to user ${stat.uid}`
  if ((stat.mode & 0o077) !== 0) return `others may enter it (mode ${(stat.mode & 0o777).toString(8)})`
  return null
}
