/** What an installation or its undoing would change, found out before anything is. */

import { lstatSync } from 'node:fs'
import { openDotfile, peek, type Dotfile } from '../../adapters/dotfiles/dotfile.ts'
import type { InstallRecord } from '../../adapters/dotfiles/install-record.ts'
import { CmdaidError } from '../../core/errors.ts'
import { addBlock, findBlocks, removeBlocks, type MarkProblem } from '../../core/install/block.ts'
import type { Place } from './place.ts'
import type { Scope } from './scope.ts'

export type PlannedFile = {
  /** For which shell, or `service`. */
  readonly owner: string
  readonly dotfile: Dotfile
  /** Null: there is no such file afterwards. */
  readonly after: Buffer | null
  /** What is there without our lines; null: nothing. */
  readonly without: Buffer | null
  /** Folders above that go with the file when they are empty. */
  readonly folders: number
  /** Somebody changed our lines, and is about to lose that. */
  readonly forced: boolean
}

export type PlanOptions = { readonly scope: Scope; readonly force: boolean; readonly record: InstallRecord }

/** Our lines in each of `places`, and in no other file of the same shells. Throws when any of them cannot be edited. */
export function planInstall(places: readonly Place[], stale: readonly Place[], options: PlanOptions): PlannedFile[] {
  const { unique, reals } = uniqueByTarget(places, options.scope)
  const rest = stale.filter(({ path }) => holdsLines(path) && !reals.has(realOf(path, options.scope)))
  return all([
    ...unique.map((place) => () => withLines(place, options)),
    ...uniqueByTarget(rest, options.scope).unique.map((place) => () => withoutLines(place, options)),
  ])
}

export function planUninstall(places: readonly Place[], options: PlanOptions): PlannedFile[] {
  const recorded = new Set(options.record.files.map(({ path }) => path))
  const ours = places.filter(({ path }) => holdsLines(path) || (recorded.has(path) && isUnreadable(path)))
  return all(uniqueByTarget(ours, options.scope).unique.map((place) => () => withoutLines(place, options)))
}

/** Every file is looked at, and all that is wrong is told at once. */
function all(tasks: readonly (() => PlannedFile)[]): PlannedFile[] {
  const planned: PlannedFile[] = []
  const problems: CmdaidError[] = []
  for (const task of tasks) {
    try {
      planned.push(task())
    } catch (error) {
      if (!(error instanceof CmdaidError)) throw error
      problems.push(error)
    }
  }
  const [first, ...more] = problems
  if (first === undefined) return planned
  const also = more.map(({ message, code }) => `; ${message} [${code}]`).join('')
  throw new CmdaidError(first.code, `${first.message}${also}; nothing was changed`, {
    ...(first.cause === undefined ? {} : { cause: first.cause }),
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  })
}

/** A file that has two names (one is a link to the other) is edited once. */
function uniqueByTarget(
  places: readonly Place[],
  scope: Scope,
): { unique: readonly Place[]; reals: ReadonlySet<string> } {
  const reals = new Set<string>()
  const unique = places.filter(({ path }) => {
    const { size } = reals
    return reals.add(realOf(path, scope)).size > size
  })
  return { unique, reals }
}

function realOf(path: string, { root }: Scope): string {
  try {
    return openDotfile(path, { root }).real
  } catch {
    return path
  }
}

function withLines({ shell, path, body }: Place, options: PlanOptions): PlannedFile {
  const dotfile = openDotfile(path, options.scope)
  const text = dotfile.bytes?.toString('latin1') ?? ''
  const forced = checkEdited(dotfile, text, body, options)
  const added = addBlock(text, body, { file: dotfile.bytes === null, directories: dotfile.missing.length })
  if (!added.ok) throw damaged(dotfile, added.error, options)
  const after = Buffer.from(added.value, 'latin1')
  const removed = removeBlocks(added.value)
  if (!removed.ok) throw damaged(dotfile, removed.error, options)
  const without = removed.value.removeFile ? null : Buffer.from(removed.value.text, 'latin1')
  return { owner: shell, dotfile, after, without, folders: 0, forced }
}

function withoutLines({ shell, path }: Place, options: PlanOptions): PlannedFile {
  const dotfile = openDotfile(path, options.scope)
  const text = dotfile.bytes?.toString('latin1') ?? ''
  const forced = checkEdited(dotfile, text, null, options)
  const removed = removeBlocks(text)
  if (!removed.ok) throw damaged(dotfile, removed.error, options)
  const { removeFile, madeDirectories } = removed.value
  const after = removeFile ? null : Buffer.from(removed.value.text, 'latin1')
  return { owner: shell, dotfile, after, without: after, folders: removeFile ? madeDirectories : 0, forced }
}

/** Whether somebody changed our lines, which only `--force` overrides. */
function checkEdited(dotfile: Dotfile, text: string, body: string | null, options: PlanOptions): boolean {
  const found = findBlocks(text)
  if (!found.ok) throw damaged(dotfile, found.error, options)
  const edited = found.value.find((block) => block.edited && block.body !== body)
  if (edited === undefined) return false
  if (options.force) return true
  const line = text.slice(0, edited.start).split('\n').length
  throw new CmdaidError(
    'CMDAID_ERR_DOTFILE_EDITED',
    `${dotfile.path}:${line}: the lines between the marks were changed`,
    {
      hint: 'move what you want to keep out of the marks, or drop it with `--force`',
    },
  )
}

function damaged({ path }: Dotfile, { line, problem }: MarkProblem, { record, scope }: PlanOptions): CmdaidError {
  const backup = record.files.find((file) => file.path === path)?.backup ?? null
  const copy = backup === null ? '' : `; ${scope.folder}/${backup} is the file without them`
  return new CmdaidError('CMDAID_ERR_DOTFILE_MARKS', `${path}:${line}: ${problem}`, {
    hint: `remove the lines from \`# >>> cmdaid\` to \`# <<< cmdaid <<<\` by hand${copy}`,
  })
}

function holdsLines(path: string): boolean {
  return peek(path)?.includes('# >>> cmdaid') === true || peek(path)?.includes('# <<< cmdaid') === true
}

/** It is there, and what is in it cannot be seen: it may hold our lines. */
function isUnreadable(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined && peek(path) === null
}
