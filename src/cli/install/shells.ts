import type { ShellKind } from '../../core/install/lines.ts'
import { HOOKED_SHELLS } from '../command-table.ts'

/** Those that `--shell` names, in our order; null: it is not given. The parser has checked each name. */
export function selectedShells(values: ReadonlyMap<string, string>): readonly ShellKind[] | null {
  const named = values.get('shell')?.split(',')
  return named === undefined ? null : HOOKED_SHELLS.filter((shell) => named.includes(shell))
}
