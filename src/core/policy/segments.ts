import type { CommandFacts, Word } from '../shell/facts.ts'
import { HASHED_CHARACTERS, stirred, textHash } from './text-hash.ts'

/**
 * What paths are known by: each segment by itself, each together with how many there are, and the last one as such. A pattern names a
 * path by one of these, so that most patterns are ruled out before anything is compared.
 */

/** What is longer or more is not taken apart: nobody pays for this from a budget. */
const TEXT_CHARACTERS_MAX = 1_024
const WORDS_MAX = 64
const PATH_SEGMENTS_MAX = 24
const PARTS_MAX = 8
/** Segments of all readings of all words, each as often as it stands there. */
const SEGMENTS_MAX = 256

/** Stands for a path without segments: `/`, or the home itself. */
export const NO_SEGMENTS = -1

/** Of a segment's hash (`textHash`): that it is the last of its path. */
export function asLast(hash: number): number {
  return ~hash
}

/** Of a segment's hash: that its path has `count` of them. */
export function asOneOf(hash: number, count: number): number {
  return Math.imul(hash ^ (count + 1), 0x9e3779b1)
}

/** All that a path is known by. */
export function hashesOfPath(segments: readonly string[]): readonly number[] {
  const found: number[] = []
  addPath(segments.map(textHash), (hash) => found.push(hash))
  return found
}

/** Linear in the path: it may be as long as a line. */
function addPath(hashes: readonly number[], add: (hash: number) => void): void {
  const count = hashes.length
  add(count === 0 ? NO_SEGMENTS : asLast(hashes[count - 1]!))
  for (const hash of hashes) {
    add(hash)
    add(asOneOf(hash, count))
  }
}

/**
 * What every path in one of the command's words is known by, whatever part of the word is the path: `of=/etc/x`, `@f`, `file:///f`. Null when
 * that cannot be told, or only at length: a glob that the shell expands, a long text, many of them.
 *
 * @param home - the user's, absolute; null when unknown
 */
export function segmentsOf(command: CommandFacts, home: string | null): readonly number[] | null {
  const { path, args, operands, options, redirects, cwd } = command
  if (args.length + operands.length + options.length + redirects.length > WORDS_MAX) return null
  const from = segmentsIn(cwd ?? '')
  const below = segmentsIn(home ?? '~')
  if (from === null || below === null) return null
  const found: number[] = []
  const add = (hash: number): void => {
    if (!found.includes(hash)) found.push(hash)
  }
  let left = SEGMENTS_MAX
  const take = (text: string): boolean => {
    const own = segmentsIn(text)
    if (own === null) return false
    const whole = text.startsWith('/') || text.startsWith('~') ? own : [...from, ...own]
    left -= 1 + whole.length
    if (left < 0) return false
    addReadings(whole, below, add)
    return true
  }
  const takeParts = (text: string): boolean => {
    const parts = partsOf(text)
    return parts.length <= PARTS_MAX && parts.every(take)
  }
  const takeWord = ({ text, glob }: Word): boolean =>
    !glob && text.length <= TEXT_CHARACTERS_MAX && take(text) && (!holdsPath(text) || takeParts(text))
  if (path !== null && !takeWord(path)) return null
  for (const word of args) if (!takeWord(word)) return null
  for (const word of operands) if (!args.includes(word) && !takeWord(word)) return null
  for (const { value } of options) if (value !== null && !takeWord(value)) return null
  for (const { target } of redirects) if (!takeWord(target)) return null
  return found
}

/** A path as such, and as one below the home. */
function addReadings(path: readonly number[], home: readonly number[], add: (hash: number) => void): void {
  addPath(path, add)
  if (home.length <= path.length && home.every((hash, at) => hash === path[at])) addPath(path.slice(home.length), add)
}

/** A path may be a part of the text: behind a `=`, `@` or `<`, and up to a `;`, or of a URL. */
function holdsPath(text: string): boolean {
  return text.includes('=') || text.includes('@') || text.includes('<') || text.startsWith(FILE_URL)
}

const FILE_URL = 'file://'

function partsOf(text: string): readonly string[] {
  const parts = text.startsWith(FILE_URL) ? [text.slice(FILE_URL.length)] : []
  for (const { index } of text.matchAll(/[=@<]/g)) {
    const part = text.slice(index + 1)
    const end = part.indexOf(';')
    parts.push(part)
    if (end !== -1) parts.push(part.slice(0, end))
  }
  return parts
}

const SLASH = 0x2f
const DOT = 0x2e

/** The segments of a path, as hashes; null when `..` is among them, or there are many. */
function segmentsIn(text: string): readonly number[] | null {
  const found: number[] = []
  let hash = 0
  let length = 0
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? SLASH : text.charCodeAt(at)
    if (code !== SLASH) {
      if (length < HASHED_CHARACTERS) hash = stirred(hash, code)
      length += 1
    } else if (length > 0) {
      const dots = length <= 2 && text.charCodeAt(at - 1) === DOT && text.charCodeAt(at - length) === DOT
      if ((dots && length === 2) || found.length === PATH_SEGMENTS_MAX) return null
      if (!dots) found.push(stirred(hash, length))
      hash = 0
      length = 0
    }
  }
  return found
}
