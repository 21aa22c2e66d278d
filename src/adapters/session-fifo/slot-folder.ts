import { randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync, writeFileSync } from 'node:fs'
import { open, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * The folder belongs to the user, and so may whatever is put into it: a FIFO or a link in the place of a file must not
 * stop the daemon. Every open here is non-blocking and follows no link, and only plain files are read or written.
 */
const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants

export type BoundedRead = { readonly bytes: Buffer; readonly truncatedBytes: number }

const SLOT_NAME = /^[0-9a-f]{16}$/

export function newSlotName(): string {
  return randomBytes(8).toString('hex')
}

export function isSlotName(name: string): boolean {
  return SLOT_NAME.test(name)
}

/** At most `bytesMax` bytes of a plain file and how many were left behind them; null when there is no such file. */
export function readPlainFile(path: string, bytesMax: number): BoundedRead | null {
  const fd = openOrNull(path, O_RDONLY)
  if (fd === null) return null
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) return null
    const bytes = Buffer.allocUnsafe(Math.min(stat.size, bytesMax))
    let at = 0
    while (at < bytes.length) {
      const read = readSync(fd, bytes, at, bytes.length - at, null)
      if (read === 0) break
      at += read
    }
    return { bytes: bytes.subarray(0, at), truncatedBytes: Math.max(0, stat.size - bytesMax) }
  } catch {
    return null
  } finally {
    closeSync(fd)
  }
}

/** Writes a plain file in place; false when it could not (no space, not a plain file). */
export function writePlainFile(path: string, text: string): boolean {
  const fd = openOrNull(path, O_WRONLY | O_CREAT | O_TRUNC)
  if (fd === null) return false
  try {
    if (!fstatSync(fd).isFile()) return false
    writeFileSync(fd, text)
    return true
  } catch {
    return false
  } finally {
    closeSync(fd)
  }
}

/**
 * Writes a plain file so that a reader, or a daemon that starts after a crash, sees the old text or the new. Waits for the disk without
 * holding the thread: a rename may wait for what another thread syncs.
 */
export async function replacePlainFile(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.new`
  try {
    await using file = await open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOFOLLOW, 0o600)
    if (!(await file.stat()).isFile()) return false
    await file.writeFile(text)
    await rename(temporary, path)
    return true
  } catch {
    return false
  }
}

/** Opens one end of a pair read-write (never blocks, never sees an end); null unless it is a FIFO of this user. */
export function openFifo(path: string): number | null {
  const fd = openOrNull(path, O_RDWR)
  if (fd === null) return null
  const stat = fstatSync(fd)
  if (stat.isFIFO() && stat.uid === process.getuid?.()) return fd
  closeSync(fd)
  return null
}

/** What is in a slot's folder, by either side (docs/format/hook.md). */
const SLOT_FILES = ['req', 'rep', 'claimed', 'cmd', 'aliases', 'note', 'aside', 'traps', 'why', 'session'] as const

/**
 * Takes the folder out of sight, so that the shell finds no `req`, and then deletes it. Never rejects: a shell may put a file
 * into it at any moment, and what is left over goes at the next start. Nothing here holds up the daemon: on some file systems
 * each change of a folder takes milliseconds.
 */
export async function removeSlotFolder(dir: string): Promise<void> {
  const hidden = join(dirname(dir), `.${basename(dir)}.gone`)
  try {
    await rename(dir, hidden)
    await Promise.all(SLOT_FILES.map((name) => unlink(join(hidden, name)).catch(() => undefined)))
    await rmdir(hidden)
  } catch {
    // Gone already, or it holds more than it should.
    await rm(hidden, { recursive: true, force: true }).catch(() => undefined)
  }
}

function openOrNull(path: string, flags: number): number | null {
  try {
    return openSync(path, flags | O_NONBLOCK | O_NOFOLLOW, 0o600)
  } catch {
    return null
  }
}
