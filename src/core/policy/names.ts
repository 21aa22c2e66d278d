import type { DocumentPath } from './diagnostic.ts'
import type { Names, Presence } from './document.ts'
import { compileTextGlob } from './glob.ts'
import { PROGRAM_CLASSES, type ProgramClass, withoutVersion } from './program-class.ts'
import { PREFIX_CHARACTERS, hashesOf, prefixHash } from './screen.ts'
import { type ReportAt, listOf } from './word-test.ts'

export type CompiledNames = {
  /** @param folded - the shell takes small letters for large ones, and the program's are small */
  readonly has: (program: string, folded: boolean) => boolean
  /** The names themselves, without globs. */
  readonly plain: readonly string[]
  /** For `Screen.program`: those of globs; null when one of them begins with anything. */
  readonly prefixes: readonly number[] | null
}

export function compileNames(names: Names, at: DocumentPath, report: ReportAt): CompiledNames {
  const given =
    typeof names === 'string' || Array.isArray(names)
      ? { name: names as string | readonly string[] }
      : (names as Exclude<Names, string | readonly string[]>)
  const plain = new Set<string>(listOf(given.class ?? []).flatMap((name) => PROGRAM_CLASSES[name as ProgramClass]))
  const globs: { matches: (text: string) => boolean }[] = []
  let prefixes: readonly number[] | null = []
  for (const name of listOf(given.name ?? [])) {
    if (!/[*?[{]/.test(name) || name === '[') {
      plain.add(name)
      continue
    }
    const glob = compileTextGlob(name)
    if (glob.ok) {
      globs.push(glob.value)
      const known = /^[\w.-]/.test(name) && !/[*?[{\\]/.test(name.slice(0, PREFIX_CHARACTERS))
      prefixes = known && prefixes !== null ? [...prefixes, prefixHash(name)] : null
    } else
      report(at, {
        code: 'CMDAID_ERR_POLICY_GLOB',
        message: `the glob \`${name}\` cannot be read: ${glob.error}`,
        hint: null,
      })
  }
  const small = new Set([...plain].map((name) => name.toLowerCase()).filter((name) => !plain.has(name)))
  return {
    has: (program, folded) =>
      plain.has(program) ||
      plain.has(withoutVersion(program)) ||
      (globs.length > 0 && someMatches(globs, program)) ||
      (folded && small.has(program)),
    plain: [...plain, ...small],
    prefixes,
  }
}

export function isGlobbed({ prefixes }: CompiledNames): boolean {
  return prefixes === null || prefixes.length > 0
}

/** By itself, so that a name that no glob is about costs no closure. */
function someMatches(globs: readonly { matches: (text: string) => boolean }[], program: string): boolean {
  return globs.some((glob) => glob.matches(program))
}

type CompiledPresence = {
  readonly holds: (has: (name: string) => boolean) => boolean
  /** For `Screen.flags`. */
  readonly hashes: readonly number[] | null
}

export function compilePresence(presence: Presence): CompiledPresence {
  const { any, all, none } =
    typeof presence === 'string' || Array.isArray(presence)
      ? { any: listOf(presence as string | readonly string[]), all: undefined, none: undefined }
      : (presence as Exclude<Presence, string | readonly string[]>)
  const [first] = all ?? []
  return {
    holds: (has) =>
      (any === undefined || any.some(has)) &&
      (all === undefined || all.every(has)) &&
      (none === undefined || !none.some(has)),
    hashes: first !== undefined ? hashesOf([first]) : any !== undefined ? hashesOf(any) : null,
  }
}
