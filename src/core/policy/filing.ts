/**
 * Where a rule is filed: a command on which it matches is sure to have one of these keys. `*` is for all commands.
 * `keysOfCommand` in `table.ts` gives the keys of a command.
 */
export type Key =
  | `program ${string}`
  | `subcommand ${string} ${string}`
  | `env ${string}`
  | `assignment ${string}`
  | `from ${string}`
  | `to ${string}`
  | `dynamic ${string}`
  | 'redirect'
  | '*'

export const EVERYWHERE: ReadonlySet<Key> = new Set(['*'])

/**
 * Of several conditions that must all hold, the keys that find the fewest commands. An assignment belongs to the line: a
 * command can fulfil such a condition without having the key, so that it narrows nothing down beside other conditions.
 */
export function narrowest(sets: readonly ReadonlySet<Key>[]): ReadonlySet<Key> {
  const ofLine = sets.flatMap((keys) => [...keys].filter(isOfLine))
  if (ofLine.length > 0 && sets.every((keys) => [...keys].every(isOfLine))) return sets[0] ?? EVERYWHERE
  if (ofLine.length > 0 && sets.length === 1) return sets[0] ?? EVERYWHERE
  const ofCommand = sets.filter((keys) => !keys.has('*') && ![...keys].some(isOfLine))
  const best = ofCommand.toSorted((a, b) => cost(a) - cost(b))[0]
  return best ?? new Set<Key>(['*', ...ofLine])
}

function isOfLine(key: Key): boolean {
  return key.startsWith('assignment ')
}

/** A redirection is found on more commands than a name is. */
function cost(keys: ReadonlySet<Key>): number {
  return keys.size + (keys.has('redirect') ? 1_000 : 0)
}

export function filed(programs: readonly string[], ...others: readonly Key[]): readonly Key[] {
  return [...programs.map((name): Key => `program ${name}`), ...others]
}
