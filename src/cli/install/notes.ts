/** What a person should know of files that were written, beyond that they were. */

import { findBlocks } from '../../core/install/block.ts'
import type { ShellKind } from '../../core/install/lines.ts'
import { loadsHook } from '../shell-setup.ts'
import type { PlannedFile } from './plan.ts'

export function notesOn(shells: readonly ShellKind[], files: readonly PlannedFile[]): string[] {
  return files.flatMap(({ owner, dotfile: { path }, after }) => {
    const shell = shells.find((each) => each === owner)
    const text = after?.toString('latin1') ?? ''
    const found = findBlocks(text)
    const last = found.ok ? found.value.at(-1) : undefined
    if (shell === undefined || last === undefined) return []
    const own = text
      .slice(0, last.start)
      .split('\n')
      .findIndex((line) => loadsHook(line, shell))
    return [
      ...(text.slice(last.end).trim() === ''
        ? []
        : [`${path}: other lines come after ours, and may replace what the hook sets up: move ours to the end`]),
      ...(own === -1
        ? []
        : [`${path}:${own + 1} loads the hook too, and starts this program each time: remove that line`]),
    ]
  })
}
