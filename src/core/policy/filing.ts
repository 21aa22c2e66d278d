import type { Condition } from './scene.ts'
import { OPEN, type Screen, screenOfAll, screenOfAny } from './screen.ts'

/**
 * Where a rule is filed: a command on which it matches is sure to have one of these keys. `*` is for all commands.
 * `candidates` in `table.ts` goes through the keys of a command.
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
 * One way for a condition to hold: all of these tests do. A command for which they hold has one of the keys and passes the screen, so that
 * only tests are tried that have a chance.
 */
export type Route = {
  readonly keys: ReadonlySet<Key>
  readonly screen: Screen
  readonly tests: readonly Condition[]
}

/** A condition, and the ways for it to hold: it does when, and only when, one of them does. */
export type Compiled = { readonly test: Condition; readonly routes: readonly Route[] }

/** More of them are taken together. */
const ROUTES_MAX = 16

/** At least one of several conditions holds. */
export function anyOf(alternatives: readonly Compiled[]): Compiled {
  const tests = alternatives.map((alternative) => alternative.test)
  const test: Condition = (command, scene) => tests.some((each) => each(command, scene))
  const all = { test, routes: alternatives.flatMap(({ routes }) => routes) }
  return all.routes.length > ROUTES_MAX ? { test, routes: [together(all)] } : all
}

/** All of several conditions hold. The ways are those of the one that finds the fewest commands, each narrowed by the others. */
export function allOf(parts: readonly Compiled[]): Compiled {
  const narrowed = parts.map(together)
  const keys = narrowest(narrowed.map((part) => part.keys))
  const at = narrowed.findIndex((part) => part.keys === keys)
  // Where none is found by less than every command, one of them still is for some of its ways.
  const base = at !== -1 || [...keys].some(isOfLine) ? at : parts.findIndex(({ routes }) => routes.length > 1)
  let room = Math.floor(ROUTES_MAX / (parts[base]?.routes.length ?? 1))
  let ways: readonly Route[] = [{ keys, screen: OPEN, tests: [] }]
  for (const [index, { routes }] of parts.entries()) {
    const whole = index !== base && routes.length > room
    if (index !== base && !whole) room = Math.floor(room / routes.length)
    const options = whole ? [narrowed[index]!] : routes
    ways = ways.flatMap((way) =>
      options.map((option) => ({
        keys: index === base ? option.keys : way.keys,
        screen: screenOfAll([way.screen, option.screen]),
        tests: [...way.tests, ...option.tests],
      })),
    )
  }
  return { test: conjunction(parts.map(({ test }) => test)), routes: ways }
}

/** One test for all of several. */
export function conjunction(tests: readonly Condition[]): Condition {
  if (tests.length === 1) return tests[0]!
  return (command, scene) => {
    for (const test of tests) if (!test(command, scene)) return false
    return true
  }
}

function together({ test, routes }: Compiled): Route {
  const [first] = routes
  if (routes.length === 1 && first !== undefined) return first
  return {
    keys: new Set(routes.flatMap(({ keys }) => [...keys])),
    screen: screenOfAny(routes.map(({ screen }) => screen)),
    tests: [test],
  }
}

/**
 * Of several conditions that must all hold, the keys that find the fewest commands. An assignment belongs to the line: a
 * command can fulfil such a condition without having the key, so that it narrows nothing down beside other conditions.
 */
function narrowest(sets: readonly ReadonlySet<Key>[]): ReadonlySet<Key> {
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
