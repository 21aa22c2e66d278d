import { parse, type ParsedScript } from 'unbash'
import type { AliasTable } from './alias-table.ts'
import type { Reader } from './alias-sites.ts'
import { expandAliases } from './aliases.ts'
import type { Budget } from './budget.ts'
import { withoutComments } from './dialects.ts'
import type { DynamicReason, ShellName } from './facts.ts'
import type { Piece } from './pieces.ts'

/** A text of the bash family, ready to be walked. */
export type Source = {
  /** What the script's positions point into. */
  readonly text: string
  readonly script: ParsedScript
  /** Where the text comes from, when aliases were replaced in it; null: it is as it was written. */
  readonly pieces: readonly Piece[] | null
  /** Why the script is not, or may not be, what the shell will run; null: as far as reading goes, it is. */
  readonly reason: DynamicReason | null
}

/**
 * Reads a text that passed the guard, with `steps` as its cost; null when the budget does not pay for it.
 *
 * @param prompt - typed at a prompt, where zsh has no comments
 */
export function readSource(
  text: string,
  steps: number,
  { shell, aliases, prompt }: { shell: ShellName; aliases: AliasTable | null; prompt: boolean },
  budget: Budget,
): Source | null {
  const read: Reader =
    prompt && shell === 'zsh'
      ? (each, price) => withoutComments(each, parse(each), price, budget)
      : (each) => ({ text: each, script: parse(each) })
  if (aliases !== null) {
    const expanded = expandAliases(text, { table: aliases, zsh: shell === 'zsh', read, budget })
    if (expanded !== null) return expanded
  }
  if (!budget.take(steps)) return null
  const source = read(text, steps)
  return source === null
    ? { text, script: parse(text), pieces: null, reason: 'parse-error' }
    : { ...source, pieces: null, reason: null }
}
