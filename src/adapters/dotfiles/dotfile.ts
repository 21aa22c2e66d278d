/**
 * A file of somebody's that is about to be edited: what it is now, and whether it can be. Nothing is changed here, so that
 * every file can be looked at before the first is written. Symbolic links are followed to what they lead to, since a link
 * is how a manager of dotfiles keeps its hold; what cannot be edited is said with a code of its own.
 */

import { accessSync, constants, lstatSync, readFileSync, readlinkSync, realpathSync, type Stats } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { CmdaidError } from '../../core/errors.ts'
import { DOTFILE_BYTES_MAX, DOTFILE_LINKS_MAX } from '../../core/limits.ts'

export type Dotfile = {
  /** As it is named in messages: where the shell looks for it. */
  readonly path: string
  /** What is written: the end of the links, if it is one. */
  readonly real: string
  /** Null when there is none. */
  readonly bytes: Buffer | null
  readonly stat: Stats | null
  /** Folders to make before the file, outermost first. */
  readonly missing: readonly string[]
}

export type DotfileOptions = {
  /** Links may not lead out of this folder; `/` when they may lead anywhere. */
  readonly root: string
}

/** Reads `path` and finds out whether it may be edited. Throws `CMDAID_ERR_DOTFILE_…` when not. */
export function openDotfile(path: string, { root }: DotfileOptions): Dotfile {
  const real = followLinks(path)
  if (root !== '/' && !`${real}${sep}`.startsWith(`${root}${sep}`)) {
    throw new CmdaidError('CMDAID_ERR_DOTFILE_LINK', `${path} leads out of ${root}, to ${real}`)
  }
  const stat = lstatSync(real, { throwIfNoEntry: false }) ?? null
  if (stat === null) {
    const missing = missingFolders(path, real)
    return { path, real, bytes: null, stat, missing }
  }
  if (!stat.isFile()) {
    throw new CmdaidError('CMDAID_ERR_DOTFILE_TYPE', `${named(path, real)} is ${kindOf(stat)}, not a file`, {
      hint: 'move it away, or leave this shell out with `--shell`',
    })
  }
  if (stat.size > DOTFILE_BYTES_MAX) {
    throw new CmdaidError(
      'CMDAID_ERR_DOTFILE_TOO_LARGE',
      `${named(path, real)} has ${stat.size} bytes, more than ${DOTFILE_BYTES_MAX}`,
      {
        hint: 'this is no start file that a person wrote: look at it',
      },
    )
  }
  checkWritable(path, real, stat)
  const bytes = readBytes(path, real)
  if (isUtf16(bytes)) {
    throw new CmdaidError('CMDAID_ERR_DOTFILE_TYPE', `${named(path, real)} is written in UTF-16`, {
      hint: 'save it as UTF-8 and try again',
    })
  }
  return { path, real, bytes, stat, missing: [] }
}

/** Only to look at: null when it cannot be read, whatever the reason. */
export function peek(path: string): Buffer | null {
  try {
    const stat = lstatSync(realpathSync(path))
    return stat.isFile() && stat.size <= DOTFILE_BYTES_MAX ? readFileSync(path) : null
  } catch {
    return null
  }
}

function followLinks(path: string): string {
  let real = path
  for (let step = 0; step <= DOTFILE_LINKS_MAX; step++) {
    const stat = statOf(path, real)
    if (stat === null) {
      if (step === 0) return realFolder(path)
      throw new CmdaidError('CMDAID_ERR_DOTFILE_LINK', `${path} is a link to ${real}, which is not there`, {
        hint: 'make the file it leads to, or remove the link',
      })
    }
    if (!stat.isSymbolicLink()) return realFolder(real)
    real = resolve(dirname(realFolder(real)), readlinkSync(real))
  }
  throw new CmdaidError('CMDAID_ERR_DOTFILE_LINK', `${path} is a link that leads in a circle`, {
    hint: 'remove it, or make it lead to a file',
  })
}

/** The same place without links in the folders above it, as far as these are there. */
function realFolder(path: string): string {
  const folder = dirname(path)
  if (folder === path) return path
  try {
    return join(realpathSync(folder), basename(path))
  } catch {
    return join(realFolder(folder), basename(path))
  }
}

function statOf(path: string, real: string): Stats | null {
  try {
    return lstatSync(real)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null
    if (codeOf(cause) === 'ELOOP') {
      throw new CmdaidError('CMDAID_ERR_DOTFILE_LINK', `${path} is behind a link that leads in a circle`, { cause })
    }
    throw new CmdaidError('CMDAID_ERR_DOTFILE_FOLDER', `cannot look at ${named(path, real)}`, {
      cause,
      hint: 'check the folders above it: each must be a folder that you may enter',
    })
  }
}

function missingFolders(path: string, real: string): string[] {
  const missing: string[] = []
  let folder = dirname(real)
  for (;;) {
    const stat = statOf(path, folder)
    if (stat !== null) {
      const found = stat.isSymbolicLink() ? statOf(path, tryReal(folder)) : stat
      if (found?.isDirectory() !== true) {
        throw new CmdaidError('CMDAID_ERR_DOTFILE_FOLDER', `${folder} is no folder, and ${path} belongs in it`, {
          hint: 'move it away, or leave this shell out with `--shell`',
        })
      }
      checkFolder(path, folder)
      return missing
    }
    missing.unshift(folder)
    folder = dirname(folder)
  }
}

function tryReal(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Root may write anything; a file that its owner has made read-only is respected all the same. */
function checkWritable(path: string, real: string, stat: Stats): void {
  const hint =
    'make it writable, let its manager write the lines that `--dry-run` shows, or leave this shell out with `--shell`'
  try {
    accessSync(real, constants.W_OK)
  } catch (cause) {
    const why =
      codeOf(cause) === 'EPERM'
        ? 'is marked as immutable'
        : codeOf(cause) === 'EROFS'
          ? 'is on a read-only file system'
          : 'may not be written'
    throw new CmdaidError('CMDAID_ERR_DOTFILE_READ_ONLY', `${named(path, real)} ${why}`, { cause, hint })
  }
  if ((stat.mode & 0o222) === 0) {
    throw new CmdaidError('CMDAID_ERR_DOTFILE_READ_ONLY', `${named(path, real)} is read-only`, { hint })
  }
  checkFolder(path, dirname(real))
}

function checkFolder(path: string, folder: string): void {
  const hint = 'make the folder writable, or leave this shell out with `--shell`'
  const message = `${folder}, where ${path} is written, may not be written`
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new CmdaidError('CMDAID_ERR_DOTFILE_FOLDER', message, { cause, hint })
  }
  if ((lstatSync(realpathSync(folder)).mode & 0o222) === 0)
    throw new CmdaidError('CMDAID_ERR_DOTFILE_FOLDER', message, { hint })
}

function readBytes(path: string, real: string): Buffer {
  try {
    return readFileSync(real)
  } catch (cause) {
    throw new CmdaidError('CMDAID_ERR_DOTFILE_READ_ONLY', `${named(path, real)} cannot be read`, {
      cause,
      hint: 'correct its permissions, or leave this shell out with `--shell`',
    })
  }
}

function isUtf16(bytes: Buffer): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
}

function named(path: string, real: string): string {
  return path === real ? path : `${path} (${real})`
}

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a folder'
  if (stat.isFIFO()) return 'a FIFO'
  if (stat.isSocket()) return 'a socket'
  return 'a device'
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
