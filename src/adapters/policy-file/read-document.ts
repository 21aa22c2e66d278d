import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { POLICY_DOCUMENT_BYTES_MAX } from '../../core/limits.ts'
import type { PolicyDiagnostic } from '../../core/policy/diagnostic.ts'
import type { Authority } from '../../core/policy/document.ts'

export type DocumentText = { readonly text: string; readonly diagnostics: readonly PolicyDiagnostic[] }

/** Null: the file is not there, which is no error by itself. `text` is null when the diagnostics refuse it. */
export type ReadDocument =
  DocumentText | { readonly text: null; readonly diagnostics: readonly PolicyDiagnostic[] } | null

/**
 * Reads one policy file, bounded. Opened without blocking (a FIFO in its place must not hang us), judged and read through
 * the same descriptor, so that what was checked is what is read.
 */
export async function readDocument(file: string, authority: Authority, uid: number): Promise<ReadDocument> {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await handle.stat()
    if (!stat.isFile()) return refused(file, 'CMDAID_ERR_POLICY_READ', 'is not a regular file', null)
    if (stat.size > POLICY_DOCUMENT_BYTES_MAX) return tooLarge(file)
    const diagnostics = permissionFindings(file, authority, uid, stat)
    if (diagnostics.some(({ severity }) => severity === 'error')) return { text: null, diagnostics }
    const bytes = await readUpTo(handle, POLICY_DOCUMENT_BYTES_MAX + 1)
    return bytes.length > POLICY_DOCUMENT_BYTES_MAX ? tooLarge(file) : { text: bytes.toString('utf8'), diagnostics }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    return refused(
      file,
      'CMDAID_ERR_POLICY_READ',
      `cannot be read (${code ?? 'unknown error'})`,
      'check the owner and the mode of the file',
    )
  }
}

/** The file may grow while it is read: the bound holds for what is read, not for what `stat` said. */
async function readUpTo(handle: Awaited<ReturnType<typeof open>>, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let total = 0
  while (total < bytesMax) {
    const chunk = Buffer.allocUnsafe(Math.min(65_536, bytesMax - total))
    const { bytesRead } = await handle.read(chunk, 0, chunk.length)
    if (bytesRead === 0) break
    chunks.push(chunk.subarray(0, bytesRead))
    total += bytesRead
  }
  return Buffer.concat(chunks)
}

/** Who can write the organisation's file makes the organisation's rules: there it is an error, in the user's own a warning. */
function permissionFindings(
  file: string,
  authority: Authority,
  uid: number,
  { mode, uid: owner }: { readonly mode: number; readonly uid: number },
): readonly PolicyDiagnostic[] {
  const severity = authority === 'organisation' ? 'error' : 'warning'
  const findings: PolicyDiagnostic[] = []
  const report = (message: string, hint: string): void =>
    void findings.push({ severity, code: 'CMDAID_ERR_POLICY_PERMISSIONS', file, line: 1, column: 1, message, hint })
  if ((mode & 0o022) !== 0) report('the file can be written by others than its owner', `chmod go-w ${file}`)
  if (owner !== 0 && owner !== uid)
    report(`the file belongs to another user (uid ${owner})`, 'it must belong to root or to you')
  return findings
}

function tooLarge(file: string): ReadDocument {
  return refused(
    file,
    'CMDAID_ERR_POLICY_TOO_LARGE',
    `is larger than ${POLICY_DOCUMENT_BYTES_MAX} bytes`,
    'move rules into documents of their own and name them in `extends`',
  )
}

export function refused(
  file: string,
  code: PolicyDiagnostic['code'],
  what: string,
  hint: string | null,
): { readonly text: null; readonly diagnostics: readonly PolicyDiagnostic[] } {
  return {
    text: null,
    diagnostics: [{ severity: 'error', code, file, line: 1, column: 1, message: `the file ${what}`, hint }],
  }
}
