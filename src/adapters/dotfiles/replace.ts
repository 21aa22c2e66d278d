/**
 * Writes a dotfile so that at every moment there is the old file or the new one, whole: a temporary file beside it, synced,
 * given owner, mode and attributes of the old one, renamed over it, the folder synced. Where a rename would break something
 * (a second name for the same file, a mount on the file itself, an owner that cannot be given) it is written in place,
 * which a crash can interrupt: the copy that an installation keeps is for that.
 *
 * Everything is synchronous: no signal handler of ours runs in between.
 */

import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CmdaidError } from '../../core/errors.ts'
import { codeOf, type Dotfile } from './dotfile.ts'

export type Modes = {
  /** Of a file and of folders that are made. */
  readonly file: number
  readonly folder: number
}

/** `after` null: the file is removed. Throws `CMDAID_ERR_DOTFILE_CHANGED` when it is not as it was read. */
export function replaceDotfile(dotfile: Dotfile, after: Buffer | null, modes: Modes): void {
  const { path, real, bytes } = dotfile
  if (!sameBytes(readIfThere(real), bytes)) {
    throw new CmdaidError('CMDAID_ERR_DOTFILE_CHANGED', `${path} was changed while it was being edited`, {
      hint: 'close what writes it and try again',
    })
  }
  if (after === null) {
    rmSync(real, { force: true })
    syncFolder(dirname(real))
    return
  }
  for (const folder of dotfile.missing) makeFolder(folder, modes.folder)
  const found = lstatSync(real, { throwIfNoEntry: false })
  if (found !== undefined && found.nlink > 1) writeInPlace(real, after)
  else if (!renameOver(real, after, found ?? null, modes)) writeInPlace(real, after)
}

/** Removes temporary files that a killed installation has left beside `path`. Only for who holds the lock. */
export function removeLeftovers(path: string): void {
  const real = realpathIfThere(path)
  const start = temporaryStart(real)
  for (const name of namesIn(dirname(real))) {
    if (name.startsWith(start) && /^[0-9a-f]{12}$/.test(name.slice(start.length))) rmSync(join(dirname(real), name))
  }
}

/** Removes up to `count` folders above `path`, from the innermost on, while they are empty. */
export function removeEmptyFolders(path: string, count: number): void {
  let folder = dirname(path)
  for (let left = count; left > 0; left--) {
    try {
      rmdirSync(folder)
    } catch {
      return
    }
    folder = dirname(folder)
  }
}

/** Another file of the same installation may have needed it too. */
function makeFolder(path: string, mode: number): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return
  mkdirSync(path)
  chmodSync(path, mode)
}

/** False when the old file could not be replaced without losing what it is. */
function renameOver(
  real: string,
  after: Buffer,
  old: { readonly mode: number; readonly uid: number; readonly gid: number } | null,
  modes: Modes,
): boolean {
  const temporary = join(dirname(real), temporaryStart(real) + randomBytes(6).toString('hex'))
  try {
    // Made by nobody else (O_EXCL), then given the attributes that Node cannot read: access lists, labels.
    closeSync(
      openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600),
    )
    if (old !== null) spawnSync('/bin/cp', ['-a', real, temporary], { stdio: 'ignore', env: {} })
    const file = openSync(temporary, constants.O_RDWR | constants.O_NOFOLLOW)
    try {
      ftruncateSync(file)
      writeAll(file, after)
      if (old === null) {
        fchmodSync(file, modes.file)
      } else {
        const made = fstatSync(file)
        if (made.uid !== old.uid || made.gid !== old.gid) fchownSync(file, old.uid, old.gid)
        fchmodSync(file, old.mode & 0o7777)
      }
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, real)
  } catch (error) {
    rmSync(temporary, { force: true })
    if (old !== null && IN_PLACE.has(codeOf(error) ?? '')) return false
    throw error
  }
  syncFolder(dirname(real))
  return true
}

/** What the name of every temporary file of `real` begins with. */
function temporaryStart(real: string): string {
  return `.${basename(real).slice(0, 100)}.cmdaid-`
}

function realpathIfThere(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** An owner or group that we cannot give, a file that is a mount. */
const IN_PLACE: ReadonlySet<string> = new Set(['EPERM', 'EBUSY', 'EXDEV'])

function writeInPlace(real: string, after: Buffer): void {
  const file = openSync(real, constants.O_RDWR | constants.O_NOFOLLOW)
  try {
    writeAll(file, after)
    ftruncateSync(file, after.length)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, at)
}

function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

export function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

export function sameBytes(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other)
}
