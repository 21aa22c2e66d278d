/**
 * What an installation has changed, so that it can be undone from another directory, with another environment or by a
 * later version; and a copy of every file as it was. Written before the first file is touched: after a crash it names
 * files that may not have been changed, never the reverse.
 *
 *     <folder>/installed.json          this record
 *     <folder>/<8 hex>-<name>          the file as it was before; the digits are of its path
 *     <folder>/edited-<8 hex>-<name>   the file with changes that were dropped: it stays until somebody removes it
 */

import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { CmdaidError } from '../../core/errors.ts'
import { INSTALL_RECORD_BYTES_MAX, INSTALL_RECORD_FILES_MAX } from '../../core/limits.ts'
import { readIfThere } from './replace.ts'

export type RecordedFile = {
  /** Where the shell, or the service manager, looks for it. */
  readonly path: string
  /** For which shell, or `service`. */
  readonly owner: string
  /** Name of the copy in the folder; null when there was no file. */
  readonly backup: string | null
}

export type InstallRecord = {
  readonly v: 1
  readonly files: readonly RecordedFile[]
  /** Folders that were made for the record and for the service, outermost first. */
  readonly folders: readonly string[]
}

const EMPTY: InstallRecord = { v: 1, files: [], folders: [] }

/** The record of `folder`, or an empty one. Throws `CMDAID_ERR_INSTALL_STATE` for one that cannot be read. */
export function readRecord(folder: string): InstallRecord {
  const bytes = readIfThere(join(folder, RECORD))
  if (bytes === null) return EMPTY
  const parsed = bytes.length > INSTALL_RECORD_BYTES_MAX ? null : parseRecord(bytes.toString('utf8'))
  if (parsed !== null) return parsed
  throw new CmdaidError('CMDAID_ERR_INSTALL_STATE', `${join(folder, RECORD)} is not a record of an installation`, {
    hint: 'move it away: the marks in the files say enough to uninstall',
  })
}

export function writeRecord(folder: string, record: InstallRecord): void {
  writeSynced(join(folder, RECORD), Buffer.from(`${JSON.stringify(record, null, 2)}\n`))
}

/** The name of the copy of what is at `path`. */
export function backupName(path: string): string {
  return `${sha256(Buffer.from(path)).slice(0, 8)}-${basename(path).slice(0, 200)}`
}

export function writeBackup(folder: string, name: string, bytes: Buffer): void {
  writeSynced(join(folder, name), bytes)
}

/** Keeps the file with changes that are about to be dropped, and returns where. */
export function keepEdited(folder: string, path: string, bytes: Buffer): string {
  const file = join(folder, `edited-${backupName(path)}`)
  writeSynced(file, bytes)
  return file
}

/** Makes the folder hold what `record` says and no more of ours: also what killed installations have left. */
export function settleRecord(folder: string, record: InstallRecord): void {
  const kept = new Set(record.files.map(({ backup }) => backup))
  for (const name of readdirSync(folder)) {
    if ((/^[0-9a-f]{8}-/.test(name) && !kept.has(name)) || name.endsWith('.new')) rmSync(join(folder, name))
  }
  if (record.files.length > 0) writeRecord(folder, record)
  else rmSync(join(folder, RECORD), { force: true })
}

/** False when something is in it, or it is gone. */
export function removeFolderIfEmpty(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch {
    return false
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

const RECORD = 'installed.json'

function writeSynced(path: string, bytes: Buffer): void {
  const temporary = `${path}.new`
  rmSync(temporary, { force: true })
  writeFileSync(temporary, bytes, { mode: 0o600, flag: 'wx', flush: true })
  renameSync(temporary, path)
  const folder = openSync(join(path, '..'), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function parseRecord(text: string): InstallRecord | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isObject(value) || value['v'] !== 1) return null
  const { files, folders } = value
  if (!Array.isArray(files) || files.length > INSTALL_RECORD_FILES_MAX || !files.every(isRecordedFile)) return null
  if (!Array.isArray(folders) || !folders.every(isPath)) return null
  return { v: 1, files, folders }
}

function isRecordedFile(value: unknown): value is RecordedFile {
  if (!isObject(value)) return false
  const { path, owner, backup } = value
  // A name with a slash would lead out of the folder.
  const named = backup === null || (typeof backup === 'string' && /^[0-9a-f]{8}-[^/\0]+$/.test(backup))
  return isPath(path) && typeof owner === 'string' && named
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('/') && !value.includes('\0')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
