import { GLOB_ALTERNATIVES_MAX, GLOB_CHARS_MAX } from '../limits.ts'
import { type Result, fail, ok } from '../result.ts'
import type { NormalPath } from './path.ts'
import { NO_SEGMENTS, asLast, asOneOf } from './segments.ts'
import { textHash } from './text-hash.ts'

/**
 * Globs without regular expressions. A path pattern is compared segment by segment with a path, and a segment of the
 * path may itself be a glob that the shell has yet to expand (`rm -rf /e*`): then the question is whether the two can
 * name the same file. Both are walked once per pair of positions, so no pattern is slow.
 */

/** One place in a segment: a character, any character, any run of characters, or one of a set. */
type Token = string | typeof ANY | typeof RUN | CharacterSet
type CharacterSet = { readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] }
const ANY = 1
const RUN = 2

type Segment = { readonly literal: string | null; readonly tokens: readonly Token[] }
/** `**`: any number of segments, also none. */
const DEEP = 3
type PathPattern = { readonly root: '/' | '~' | '.'; readonly segments: readonly (Segment | typeof DEEP)[] }

export type PathGlob = {
  readonly source: string
  /** A path that matches is known by one of these (`hashesOfPath`), unless the shell has yet to expand it; null: nothing is known. */
  readonly segments: readonly number[] | null
  /**
   * @param readings - of one path, from `readingsOf`
   * @param active - glob characters in the path are the shell's to expand, not part of the name
   */
  readonly matches: (readings: readonly NormalPath[], active: boolean) => boolean
}

/**
 * Compiles a path pattern: `*` and `?` within a segment, `[a-z]`, `**` for any number of segments, `{a,b}`. A pattern
 * starts at `/` or `~`; any other names the end of a path (`.env`, `.ssh/id_*`).
 *
 * A word such as `~/*` or `dir/{*,.*}`, which stands for all that is in a directory, matches as the directory does.
 */
export function compilePathGlob(source: string): Result<PathGlob, string> {
  const alternatives = expandBraces(source)
  if (!alternatives.ok) return alternatives
  const patterns: PathPattern[] = []
  for (const text of alternatives.value) {
    const pattern = parsePathPattern(text)
    if (!pattern.ok) return pattern
    patterns.push(pattern.value)
  }
  const beginnings = new Map<string, PathPattern[]>()
  const others: PathPattern[] = []
  for (const pattern of patterns) {
    const beginning = beginningOf(pattern)
    const alike = beginning === null ? others : (beginnings.get(beginning) ?? [])
    alike.push(pattern)
    if (beginning !== null) beginnings.set(beginning, alike)
  }
  return ok({
    source,
    segments: segmentsOfPatterns(patterns),
    matches(readings, active) {
      for (const path of readings) {
        const first = path.segments[0] ?? ''
        const near = active && /[*?[]/.test(first) ? patterns : others
        for (const pattern of near) if (matchesPath(pattern, path, active)) return true
        if (near === patterns) continue
        for (const pattern of beginnings.get(path.root + first) ?? [])
          if (matchesPath(pattern, path, active)) return true
      }
      return false
    },
  })
}

/** One fixed segment of each pattern, the last, since it says the most; and what is known of its place (`hashesOfPath`). */
function segmentsOfPatterns(patterns: readonly PathPattern[]): readonly number[] | null {
  const found = new Set<number>()
  for (const { segments } of patterns) {
    const last = segments.findLast((segment) => segment !== DEEP && segment.literal !== null)
    if (segments.length === 0) found.add(NO_SEGMENTS)
    else if (last === undefined || last === DEEP || last.literal === null) return null
    else {
      const hash = textHash(last.literal)
      if (last === segments.at(-1)) found.add(asLast(hash))
      else found.add(segments.includes(DEEP) ? hash : asOneOf(hash, segments.length))
    }
  }
  return [...found]
}

/** Root and first segment, when both are fixed: most patterns are told apart by them. */
function beginningOf({ root, segments: [first] }: PathPattern): string | null {
  return root === '.' || first === undefined || first === DEEP || first.literal === null ? null : root + first.literal
}

export type TextGlob = { readonly source: string; readonly matches: (text: string) => boolean }

/** Compiles a glob over a whole text, in which `*` also spans `/`. */
export function compileTextGlob(source: string): Result<TextGlob, string> {
  const alternatives = expandBraces(source)
  if (!alternatives.ok) return alternatives
  const compiled: Segment[] = []
  for (const text of alternatives.value) {
    const segment = parseSegment(text)
    if (!segment.ok) return segment
    compiled.push(segment.value)
  }
  return ok({ source, matches: (text) => compiled.some((segment) => matchesLiteral(segment, text)) })
}

/** Splits `{a,b}` into its alternatives, nested ones too. Text without a closing brace or a comma stays as it is. */
export function expandBraces(source: string): Result<readonly string[], string> {
  if (source.length > GLOB_CHARS_MAX) return fail(`longer than ${GLOB_CHARS_MAX} characters`)
  let done: string[] = []
  let open = [source]
  while (open.length > 0) {
    const next: string[] = []
    for (const text of open) {
      const braces = firstBraces(text)
      if (braces === null) done.push(text)
      else for (const option of braces.options) next.push(braces.before + option + braces.after)
    }
    if (done.length + next.length > GLOB_ALTERNATIVES_MAX)
      return fail(`more than ${GLOB_ALTERNATIVES_MAX} alternatives`)
    open = next
  }
  return ok(done)
}

function firstBraces(text: string): { before: string; options: string[]; after: string } | null {
  for (let start = text.indexOf('{'); start !== -1; start = text.indexOf('{', start + 1)) {
    let depth = 0
    let from = start + 1
    const options: string[] = []
    for (let at = start; at < text.length; at++) {
      const character = text[at]
      if (character === '{') depth++
      else if (character === ',' && depth === 1) {
        options.push(text.slice(from, at))
        from = at + 1
      } else if (character === '}' && --depth === 0) {
        if (options.length === 0) break
        options.push(text.slice(from, at))
        return { before: text.slice(0, start), options, after: text.slice(at + 1) }
      }
    }
  }
  return null
}

function parsePathPattern(text: string): Result<PathPattern, string> {
  if (text === '') return fail('empty')
  const root = text.startsWith('/') ? '/' : text === '~' || text.startsWith('~/') ? '~' : '.'
  const segments: (Segment | typeof DEEP)[] = root === '.' ? [DEEP] : []
  for (const part of (root === '~' ? text.slice(1) : text).split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') return fail('`..` has no meaning in a pattern')
    if (part === '**') {
      if (segments.at(-1) !== DEEP) segments.push(DEEP)
      continue
    }
    const segment = parseSegment(part)
    if (!segment.ok) return segment
    segments.push(segment.value)
  }
  return ok({ root, segments })
}

function parseSegment(text: string): Result<Segment, string> {
  const tokens = tokenize(text)
  if (tokens === null) return fail('a `[` is never closed')
  const literal = tokens.every((token) => typeof token === 'string') ? tokens.join('') : null
  return ok({ literal, tokens })
}

/** Null when a character set is never closed. */
function tokenize(text: string): Token[] | null {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === '*') {
      if (tokens.at(-1) !== RUN) tokens.push(RUN)
    } else if (character === '?') tokens.push(ANY)
    else if (character === '\\' && at + 1 < text.length) tokens.push(text[++at]!)
    else if (character === '[') {
      const end = text.indexOf(']', at + (/^\[[!^]?\]/.test(text.slice(at, at + 3)) ? 3 : 2))
      if (end === -1) return null
      tokens.push(parseSet(text.slice(at + 1, end)))
      at = end
    } else tokens.push(character)
  }
  return tokens
}

function parseSet(text: string): CharacterSet {
  const negated = text.startsWith('!') || text.startsWith('^')
  const members = negated ? text.slice(1) : text
  const ranges: [string, string][] = []
  for (let at = 0; at < members.length; at++) {
    const from = members[at]!
    if (members[at + 1] === '-' && at + 2 < members.length) {
      ranges.push([from, members[at + 2]!])
      at += 2
    } else ranges.push([from, from])
  }
  return { negated, ranges }
}

function matchesPath(pattern: PathPattern, path: NormalPath, active: boolean): boolean {
  if (pattern.root !== '.' && pattern.root !== path.root) return false
  if (segmentsMatch(pattern.segments, path.segments, active)) return true
  const last = path.segments.at(-1)
  return active && last !== undefined && namesEverything(last)
    ? segmentsMatch(pattern.segments, path.segments.slice(0, -1), active)
    : false
}

/** `*`, `.*`, `?*`, `.[!.]*`: what people write for all that is in a directory. */
function namesEverything(segment: string): boolean {
  return (
    segment === '*' ||
    segment === '**' ||
    segment === '.*' ||
    segment === '?*' ||
    segment === '.[!.]*' ||
    segment === '.??*'
  )
}

/** Greedy with one step back to the last `**`: at worst pattern × path. */
function segmentsMatch(pattern: PathPattern['segments'], path: readonly string[], active: boolean): boolean {
  let at = 0
  let next = 0
  let deep = -1
  let deepAt = 0
  while (at < path.length) {
    const segment = pattern[next]
    if (segment === DEEP) {
      deep = next++
      deepAt = at
    } else if (segment !== undefined && segmentMatches(segment, path[at]!, active)) {
      next++
      at++
    } else if (deep !== -1) {
      next = deep + 1
      at = ++deepAt
    } else return false
  }
  while (pattern[next] === DEEP) next++
  return next === pattern.length
}

function segmentMatches(pattern: Segment, name: string, active: boolean): boolean {
  if (active && /[*?[]/.test(name)) {
    const { literal } = pattern
    // Most pairs differ in their first character.
    if (literal !== null && !/^[*?[\\]/.test(name) && name[0] !== literal[0]) return false
    const tokens = tokenize(name)
    if (tokens !== null && literal !== null)
      return !spares(literal[0], tokens[0]) && matchesLiteral({ literal: null, tokens }, literal)
    if (tokens !== null) return canMeet(pattern.tokens, tokens)
  }
  return matchesLiteral(pattern, name)
}

/** Greedy with one step back to the last `*`: linear for a segment, at worst pattern × text. */
function matchesLiteral(segment: Segment, text: string): boolean {
  if (segment.literal !== null) return segment.literal === text
  const { tokens } = segment
  let at = 0
  let token = 0
  let runToken = -1
  let runAt = 0
  while (at < text.length) {
    const current = tokens[token]
    if (current === RUN) {
      runToken = token++
      runAt = at
    } else if (current !== undefined && accepts(current, text[at]!)) {
      token++
      at++
    } else if (runToken !== -1) {
      token = runToken + 1
      at = ++runAt
    } else return false
  }
  while (tokens[token] === RUN) token++
  return token === tokens.length
}

function accepts(token: Exclude<Token, typeof RUN>, character: string): boolean {
  if (token === ANY) return true
  if (typeof token === 'string') return token === character
  return token.ranges.some(([from, to]) => from <= character && character <= to) !== token.negated
}

/** The shell leaves hidden names out of `*` and `?`: `rm -rf *` spares `.ssh`. */
function spares(named: Token | undefined, glob: Token | undefined): boolean {
  return named === '.' && (glob === RUN || glob === ANY)
}

/** Can two globs name the same file? Two sets are taken to overlap: an exact answer is not worth its cost. */
function canMeet(a: readonly Token[], b: readonly Token[]): boolean {
  if (spares(a[0], b[0])) return false
  let row = Array.from({ length: b.length + 1 }, () => false)
  for (let i = 0; i <= a.length; i++) {
    const next = Array.from({ length: b.length + 1 }, () => false)
    for (let j = 0; j <= b.length; j++) {
      const left = a[i - 1]
      const right = b[j - 1]
      next[j] =
        i === 0 && j === 0
          ? true
          : (left === RUN && row[j] === true) ||
            (right === RUN && next[j - 1] === true) ||
            (left === RUN && right !== undefined && next[j - 1] === true) ||
            (right === RUN && left !== undefined && row[j] === true) ||
            (left !== undefined && right !== undefined && row[j - 1] === true && overlap(left, right))
    }
    row = next
  }
  return row[b.length] === true
}

function overlap(a: Token, b: Token): boolean {
  if (a === RUN || b === RUN || a === ANY || b === ANY) return true
  if (typeof a === 'string') return accepts(b, a)
  return typeof b === 'string' ? accepts(a, b) : true
}
