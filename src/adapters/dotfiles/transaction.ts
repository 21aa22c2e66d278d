import { rmSync } from 'node:fs'
import { CmdaidError } from '../../core/errors.ts'
import type { Dotfile } from './dotfile.ts'
import { type Modes, removeEmptyFolders, readIfThere, replaceDotfile, sameBytes } from './replace.ts'

export type DotfileChange = {
  readonly dotfile: Dotfile
  /** Null: the file goes. */
  readonly after: Buffer | null
  /** Folders above the file that go with it when they are empty. */
  readonly folders: number
}

/**
 * Makes all changes or none. When one fails, those before it are taken back, and `CMDAID_ERR_DOTFILE_WRITE` (or the code
 * of what went wrong) says which.
 */
export function applyChanges(changes: readonly DotfileChange[], modes: Modes): void {
  const done: DotfileChange[] = []
  for (const change of changes) {
    const { dotfile, after } = change
    try {
      replaceDotfile(dotfile, after, modes)
    } catch (cause) {
      // What this one has made on its way: folders.
      if (dotfile.bytes === null) removeEmptyFolders(dotfile.real, dotfile.missing.length)
      const stuck = takeBack(done, modes)
      const known = cause instanceof CmdaidError
      const message = known ? cause.message : `cannot write ${dotfile.path}`
      throw new CmdaidError(
        known ? cause.code : 'CMDAID_ERR_DOTFILE_WRITE',
        stuck.length === 0 ? `${message}; nothing was changed` : `${message}; not taken back: ${stuck.join(', ')}`,
        { cause, hint: (known ? cause.hint : undefined) ?? 'see the cause, and try again' },
      )
    }
    done.push(change)
  }
  // Only now: a folder that went could not be taken back with its owner and mode.
  for (const { dotfile, after, folders } of changes) if (after === null) removeEmptyFolders(dotfile.real, folders)
}

/** Paths that could not be taken back: somebody else wrote them meanwhile, or the disk fails. */
function takeBack(done: readonly DotfileChange[], modes: Modes): string[] {
  const stuck: string[] = []
  for (const { dotfile, after } of [...done].reverse()) {
    try {
      if (!sameBytes(readIfThere(dotfile.real), after)) stuck.push(dotfile.path)
      else if (dotfile.bytes === null) {
        rmSync(dotfile.real, { force: true })
        removeEmptyFolders(dotfile.real, dotfile.missing.length)
      } else {
        replaceDotfile({ ...dotfile, bytes: after, missing: [] }, dotfile.bytes, restoring(dotfile, modes))
      }
    } catch {
      stuck.push(dotfile.path)
    }
  }
  return stuck
}

/** A file that was removed comes back with the mode it had. */
function restoring({ stat }: Dotfile, modes: Modes): Modes {
  return stat === null ? modes : { ...modes, file: stat.mode & 0o7777 }
}
