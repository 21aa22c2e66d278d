/**
 * What words stand for in an interactive shell, by name: what the shell itself says of it. Values are text of its language
 * and may hold anything, also what is no whole command.
 */
export type AliasTable = {
  /** For the first word of a command; in fish the functions that `alias` made, in PowerShell the names of commands. */
  readonly regular: ReadonlyMap<string, string>
  /** zsh: for any word. */
  readonly global: ReadonlyMap<string, string>
  /** zsh: programs for files typed as commands, by the suffix without its dot. */
  readonly suffix: ReadonlyMap<string, string>
}

/** What one line does to the aliases: a new value, or null for a name that it takes back. */
export type AliasChange = { readonly kind: keyof AliasTable; readonly value: string | null }

/** The table after a line's changes. A name is regular or global, never both. */
export function changedTable(table: AliasTable | null, changes: ReadonlyMap<string, AliasChange>): AliasTable {
  const regular = new Map(table?.regular)
  const global = new Map(table?.global)
  const suffix = new Map(table?.suffix)
  const changed = { regular, global, suffix }
  for (const [name, { kind, value }] of changes) {
    if (kind === 'suffix') suffix.delete(name)
    else {
      regular.delete(name)
      global.delete(name)
    }
    if (value !== null) changed[kind].set(name, value)
  }
  return { regular, global, suffix }
}
