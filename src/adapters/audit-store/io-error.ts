import { CmdaidError } from '../../core/errors.ts'

/** What the system says when there is no room: the disk, the quota, the size limit of a process. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL'])
const UNSAFE = new Set(['ELOOP', 'EISDIR', 'ENXIO'])

/** The system's error as ours. An error that already has a code keeps it. */
export function ioError(operation: string, cause: unknown): CmdaidError {
  if (cause instanceof CmdaidError) return cause
  const code = systemCode(cause)
  if (FULL.has(code)) {
    return new CmdaidError('CMDAID_ERR_AUDIT_FULL', `${operation}: no space left`, {
      cause,
      hint: 'free some space; writing resumes by itself and counts what was dropped',
    })
  }
  if (UNSAFE.has(code)) {
    return new CmdaidError('CMDAID_ERR_AUDIT_UNSAFE', `${operation}: not a regular file`, {
      cause,
      hint: 'remove what does not belong there',
    })
  }
  return new CmdaidError('CMDAID_ERR_AUDIT_IO', `${operation}: ${code === '' ? 'failed' : code}`, { cause })
}

export function systemCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

export function isMissing(error: unknown): boolean {
  return systemCode(error) === 'ENOENT'
}
