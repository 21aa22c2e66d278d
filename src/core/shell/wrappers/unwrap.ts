import { canonicalName } from '../option-syntax.ts'
import { NOTHING, type Call, type Inner, type Opener } from './inner.ts'
import { INTERPRETERS } from './interpreters.ts'
import { OPTIONS_THAT_RUN } from './options-that-run.ts'
import { PREFIXES } from './prefixes.ts'
import { REMOTES } from './remote.ts'
import { SEARCHES } from './search.ts'
import { SHELLS } from './shells.ts'

const OPENERS: ReadonlyMap<string, Opener> = new Map([
  ...PREFIXES,
  ...SHELLS,
  ...SEARCHES,
  ...REMOTES,
  ...INTERPRETERS,
  ...OPTIONS_THAT_RUN,
])

/**
 * What a command runs besides itself: the command behind `sudo`, the text of `sh -c`, the code of `python -c`. Empty for
 * most. A program that is not listed is never opened, even when its arguments look like a command: they are mostly data.
 */
export function unwrap(call: Call): readonly Inner[] {
  const opener = OPENERS.get(call.program) ?? OPENERS.get(canonicalName(call.program))
  return opener === undefined ? NOTHING : opener(call)
}

/** Shells and interpreters: their first operand is a file of code, and further ones are data. */
export function readsCode(program: string): boolean {
  const name = canonicalName(program)
  return SHELLS.has(program) || INTERPRETERS.has(program) || SHELLS.has(name) || INTERPRETERS.has(name)
}
