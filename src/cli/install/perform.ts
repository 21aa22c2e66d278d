/** Carries a plan out under a lock: copies first, then the record, then the files. */

import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { InstallLock } from '../../adapters/dotfiles/install-lock.ts'
import {
  backupName,
  type InstallRecord,
  keepEdited,
  type RecordedFile,
  readRecord,
  removeFolderIfEmpty,
  settleRecord,
  writeBackup,
  writeRecord,
} from '../../adapters/dotfiles/install-record.ts'
import { applyChanges } from '../../adapters/dotfiles/transaction.ts'
import { removeLeftovers, sameBytes } from '../../adapters/dotfiles/replace.ts'
import type { PlannedFile } from './plan.ts'
import type { Scope } from './scope.ts'

export type Performed = {
  readonly files: readonly PlannedFile[]
  /** Path of the copy of each file that was changed. */
  readonly copies: ReadonlyMap<string, string>
}

/** Each is given the record as it was. `after` runs under the lock, once the files are written. */
export type Steps = {
  readonly plan: (record: InstallRecord) => readonly PlannedFile[]
  /** Of what is planned, that which stays installed. */
  readonly keeps: (file: PlannedFile) => boolean
  /** Of what the record names and nothing is planned for, that which holds no lines of ours any more. */
  readonly forgets: (file: RecordedFile, record: InstallRecord) => boolean
  /** Folders that may be made besides. */
  readonly folders: readonly string[]
  /** Folders that were made for it already, outermost first. */
  readonly made: readonly string[]
  readonly after: (files: readonly PlannedFile[], record: InstallRecord) => void
}

export function perform(scope: Scope, steps: Steps): Performed {
  const { folder, modes } = scope
  using lock = InstallLock.acquire(folder)
  const made = [...steps.made, ...lock.made]
  const old = readRecord(folder)
  let now = old
  try {
    const files = steps.plan(old)
    for (const path of [...old.files.map((file) => file.path), ...files.map(({ dotfile }) => dotfile.real)]) {
      removeLeftovers(path)
    }
    const kept = files.filter(steps.keeps)
    const planned = new Set(files.map(({ dotfile }) => dotfile.path))
    const gone = new Set(files.filter((file) => !kept.includes(file)).map(({ dotfile }) => dotfile.path))
    const untouched = old.files.filter((file) => !planned.has(file.path) && !steps.forgets(file, old))
    const record = {
      v: 1,
      files: [...untouched, ...kept.map(recorded)],
      folders: foldersMade(old, kept, steps.folders, made),
    } as const
    // Until all is done, what goes is still named.
    writeRecord(folder, { ...record, files: [...old.files.filter(({ path }) => gone.has(path)), ...record.files] })
    const copies = writeCopies(files, kept, folder)
    applyChanges(files.filter(isChange), modes)
    now = record
    steps.after(files, old)
    return { files, copies }
  } finally {
    settle(folder, lock, now, made)
  }
}

export function isChange({ dotfile, after }: PlannedFile): boolean {
  return !sameBytes(dotfile.bytes, after)
}

function recorded({ owner, dotfile, without }: PlannedFile): RecordedFile {
  return { path: dotfile.path, owner, backup: without === null ? null : backupName(dotfile.path) }
}

/** Returns where the copy of each file that changes is. */
function writeCopies(
  files: readonly PlannedFile[],
  kept: readonly PlannedFile[],
  folder: string,
): ReadonlyMap<string, string> {
  const copies = new Map<string, string>()
  for (const file of kept) {
    const { backup } = recorded(file)
    if (file.without === null || backup === null) continue
    writeBackup(folder, backup, file.without)
    if (isChange(file)) copies.set(file.dotfile.path, `${folder}/${backup}`)
  }
  for (const { forced, dotfile } of files) {
    if (forced && dotfile.bytes !== null) copies.set(dotfile.path, keepEdited(folder, dotfile.path, dotfile.bytes))
  }
  return copies
}

/** Folders that go when nothing is installed any more: those of the record, and those of the service. */
function foldersMade(
  old: InstallRecord,
  kept: readonly PlannedFile[],
  besides: readonly string[],
  made: readonly string[],
): readonly string[] {
  const service = kept.filter(({ owner }) => owner === 'service').flatMap(({ dotfile }) => dotfile.missing)
  const missing = [...besides, ...service].filter((path) => !existsSync(path))
  return [...new Set([...old.folders, ...made, ...missing])]
}

/** Leaves what `now` says on the disk, and nothing at all when nothing is installed. */
function settle(folder: string, lock: InstallLock, now: InstallRecord, made: readonly string[]): void {
  settleRecord(folder, now)
  if (now.files.length > 0) return
  lock.removeFile()
  const folders = [...new Set([folder, dirname(folder), ...now.folders, ...made])]
  // The inner ones first.
  const removed = folders.sort((one, other) => other.length - one.length).filter((path) => removeFolderIfEmpty(path))
  if (lock.isTakenOver() || removed.some((path) => existsSync(path))) handOver(folder, folders)
}

/** Another installation has begun in folders that it did not make: it, or who comes after it, must know which go in the end. */
function handOver(folder: string, folders: readonly string[]): void {
  using lock = InstallLock.acquire(folder)
  const record = readRecord(folder)
  const known = [...new Set([...record.folders, ...folders, ...lock.made])]
  if (record.files.length > 0) writeRecord(folder, { ...record, folders: known })
  else settle(folder, lock, record, known)
}
