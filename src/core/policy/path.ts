import { DYNAMIC, type Word } from '../shell/facts.ts'
import { hashesOfPath } from './segments.ts'

/**
 * Paths as a command would see them, without touching a disk: lexical only, so links and mount points are not followed.
 */

export type Place = {
  /** Directory that relative paths start from; null when unknown. */
  readonly cwd: string | null
  /** The user's home, absolute; null when unknown. */
  readonly home: string | null
}

/** Where the words of a command are, and what their paths were found to be: each is taken apart once for all rules. */
export type PathContext = Place & { readonly known: Map<Word, KnownPaths> }

/** All readings of one word, and the set of their segments (`segmentBit`), by which most patterns are ruled out at once. */
export type KnownPaths = { readonly readings: readonly NormalPath[]; readonly bits: number }

/** A path in segments. `root` is what it starts from: `/`, the user's home, or unknown (`.`). */
export type NormalPath = { readonly root: '/' | '~' | '.'; readonly segments: readonly string[] }

/**
 * Every reading of a path that a pattern may be written against, most absolute first: `/home/ann/.ssh` is also
 * `~/.ssh` when `/home/ann` is the home. `//`, `.` and `..` are resolved; `..` never climbs above a known root.
 */
export function readingsOf(text: string, place: Place): readonly NormalPath[] {
  if (text === '') return []
  // Analysis has replaced every `~` that stands for a home it knew; one that is left then is a file's name.
  if (place.home === null && (text === '~' || text.startsWith('~/'))) {
    return [{ root: '~', segments: resolveDots(text.slice(1).split('/'), false) }]
  }
  const absolute = text.startsWith('/') ? text : withCwd(text, place.cwd)
  if (absolute === null) return [{ root: '.', segments: resolveDots(text.split('/'), true) }]
  const segments = resolveDots(absolute.split('/'), false)
  const below = place.home === null ? null : belowHome(segments, place.home)
  return below === null
    ? [{ root: '/', segments }]
    : [
        { root: '/', segments },
        { root: '~', segments: below },
      ]
}

/** The same for a word, remembered. */
export function pathsOf(word: Word, context: PathContext): KnownPaths {
  let known = context.known.get(word)
  if (known === undefined) {
    const readings = readingsOf(word.text, context)
    known = { readings, bits: bitsOfPaths(readings) }
    context.known.set(word, known)
  }
  return known
}

function bitsOfPaths(readings: readonly NormalPath[]): number {
  let bits = 0
  for (const { segments } of readings) for (const hash of hashesOfPath(segments)) bits |= segmentBit(hash)
  return bits
}

/** One of 32 bits for a segment's hash. */
export function segmentBit(hash: number): number {
  return 1 << (hash & 31)
}

function withCwd(text: string, cwd: string | null): string | null {
  return cwd === null || !cwd.startsWith('/') || text.startsWith(DYNAMIC) ? null : `${cwd}/${text}`
}

function resolveDots(parts: readonly string[], keepLeadingDots: boolean): string[] {
  const segments: string[] = []
  for (const part of parts) {
    if (part === '' || part === '.') continue
    if (part !== '..') segments.push(part)
    else if (segments.length > 0 && segments.at(-1) !== '..') segments.pop()
    else if (keepLeadingDots) segments.push('..')
  }
  return segments
}

function belowHome(segments: readonly string[], home: string): readonly string[] | null {
  const above = resolveDots(home.split('/'), false)
  // A home of `/` (some service accounts) would make every path a path in the home.
  if (above.length === 0 || above.length > segments.length) return null
  return above.every((name, at) => segments[at] === name) ? segments.slice(above.length) : null
}
