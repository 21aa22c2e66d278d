/** Carries a plan out under a lock: copies first, then the record, then the files. */

import { existsSync } from 'node:fs'
import { InstallLock } from '../../adapters/dotfiles/install-lock.ts'
import {
  type InstallRecord,
  type RecordedFile,
  readRecord,
  removeBackup,
  removeFolderIfEmpty,
  removeRecord,
  writeBackup,
  writeRecord,
} from '../../adapters/dotfiles/install-record.ts'
import { applyChanges } from '../../adapters/dotfiles/transaction.ts'
import { sameBytes } from '../../adapters/dotfiles/replace.ts'
import type { PlannedFile } from './plan.ts'
import type { Scope } from './scope.ts'

export type Performed = {
  readonly files: readonly PlannedFile[]
  /** Path of the copy of each file that was changed. */
  readonly copies: ReadonlyMap<string, string>
}

/** `after` runs under the lock, once the files are written. */
export type Steps = {
  readonly plan: (record: InstallRecord) => readonly PlannedFile[]
  /** Of what is planned, that which stays installed. */
  readonly keeps: (file: PlannedFile) => boolean
  /** Folders that may be made besides. */
  readonly folders: readonly string[]
  /** Folders that were made for it already, outermost first. */
  readonly made: readonly string[]
  readonly after?: (files: readonly PlannedFile[]) => void
}

export function perform(scope: Scope, steps: Steps): Performed {
  const { folder, modes } = scope
  using lock = InstallLock.acquire(folder)
  const made = [...steps.made, ...lock.made]
  const old = readRecord(folder)
  const written: RecordedFile[] = []
  let now = old
  try {
    const files = steps.plan(old)
    const copies = new Map<string, string>()
    const kept = files.filter(steps.keeps)
    for (const file of kept) written.push(recorded(file, folder, copies))
    for (const file of files) if (file.forced) copies.set(file.dotfile.path, keepEdited(file, folder))
    const untouched = old.files.filter(({ path }) => !files.some(({ dotfile }) => dotfile.path === path))
    const gone = old.files.filter(({ path }) => files.some((file) => file.dotfile.path === path && !steps.keeps(file)))
    const candidates = [...made, ...steps.folders, ...kept.filter(isService).flatMap(({ dotfile }) => dotfile.missing)]
    const folders = [
      ...new Set([...old.folders, ...candidates.filter((path) => made.includes(path) || !existsSync(path))]),
    ]
    writeRecord(folder, { v: 1, files: [...untouched, ...gone, ...written], folders })
    now = { v: 1, files: [...untouched, ...written], folders }
    try {
      applyChanges(files.filter(isChange), modes)
    } catch (error) {
      now = old
      throw error
    }
    steps.after?.(files)
    return { files, copies }
  } finally {
    settle(scope, lock, [...old.files, ...written], now, made)
  }
}

export function isChange({ dotfile, after }: PlannedFile): boolean {
  return !sameBytes(dotfile.bytes, after)
}

function recorded(file: PlannedFile, folder: string, copies: Map<string, string>): RecordedFile {
  const { owner, dotfile, without } = file
  const backup = without === null ? null : writeBackup(folder, dotfile.path, without)
  if (backup !== null && isChange(file)) copies.set(dotfile.path, `${folder}/${backup}`)
  return { path: dotfile.path, owner, backup }
}

function keepEdited({ dotfile }: PlannedFile, folder: string): string {
  return `${folder}/${writeBackup(folder, `${dotfile.path}.edited`, dotfile.bytes ?? Buffer.alloc(0))}`
}

function isService({ owner }: PlannedFile): boolean {
  return owner === 'service'
}

/** Leaves what `now` says on the disk, and nothing at all when nothing is installed. */
function settle(
  { folder }: Scope,
  lock: InstallLock,
  known: readonly RecordedFile[],
  now: InstallRecord,
  made: readonly string[],
): void {
  const kept = new Set(now.files.map(({ backup }) => backup))
  for (const { backup } of known) if (backup !== null && !kept.has(backup)) removeBackup(folder, backup)
  if (now.files.length > 0) {
    writeRecord(folder, now)
    return
  }
  removeRecord(folder)
  lock.removeFile()
  for (const path of [...new Set([folder, ...[...now.folders, ...made].reverse()])].sort(
    (a, b) => b.length - a.length,
  )) {
    removeFolderIfEmpty(path)
  }
}
