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
  const opener = OPENERS.get(call.program)
  if (opener !== undefined) return opener(call)
  const same = sameProgram(call.program)
  return same === null ? NOTHING : (OPENERS.get(same)?.(call) ?? NOTHING)
}

/** `python3.12`, `ruby3.2`, `bash5`, `ld-linux-x86-64.so.2`: the name without its version. */
export function sameProgram(program: string): string | null {
  if (/^ld-(?:linux|musl)[\w.-]*\.so/.test(program)) return 'exec'
  const match = /^([a-z]+(?:sh)?)-?\d[\d.]*$/.exec(program)
  return match === null ? null : (match[1] ?? null)
}

/** Shells and interpreters: their first operand is a file of code, and further ones are data. */
export function readsCode(program: string): boolean {
  const name = sameProgram(program) ?? program
  return SHELLS.has(name) || INTERPRETERS.has(name)
}
