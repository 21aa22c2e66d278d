/** Secrets that stand behind a name inside one word: `PASSWORD=x`, `--token=x`, `X-Api-Key: x`, `{"secret":"x"}`, `https://u:x@host`. */

import {
  classifyName,
  isPlaceholder,
  isSecretHeader,
  kindOfName,
  looksRandom,
  NAME_UNITS_MAX,
  RANDOM_UNITS_MAX,
} from './names.ts'
import type { Found } from './shapes.ts'
import { quoteAt, quotedStretchEnd, type ShellWord } from './words.ts'

/**
 * Ranges are offsets into `word.text`.
 * @param command the word is itself a command line (`sh -c '…'`): what follows a value in it is not the value's
 */
export function findPairs(word: ShellWord, command: boolean): Found[] {
  const found: Found[] = []
  const { text } = word
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at)
    if (sign !== EQUALS && sign !== COLON) continue
    const pair = pairAt(word, at, command)
    if (pair === null) continue
    found.push(pair)
    at = pair.end - 1
  }
  return found
}

function pairAt(word: ShellWord, at: number, command: boolean): Found | null {
  const { text } = word
  const nameStart = startOfName(text, at)
  const name = text.slice(nameStart, at)
  const nameClass = classifyName(name)
  if (nameClass === 'no') return null
  const before = nameStart === 0 ? '' : text.charAt(nameStart - 1)
  if (before !== '' && !NAME_OPENERS.includes(before)) return null
  if (before === '[' && MARKER_START.test(text.slice(nameStart - 1, nameStart + 48))) return null
  let from = at + 1
  while (text.charCodeAt(at) === COLON && text.charCodeAt(from) === SPACE) from++
  // What is taken on suspicion must look random, and nothing long does: looking at more would be quadratic.
  const certain = nameClass === 'secret' && signMeansValue(word, name, at, from, before)
  const unitsMax = certain ? Infinity : RANDOM_UNITS_MAX + 1
  const whole = before === '' && !command
  // A header's value has blanks in it: `http.extraheader=AUTHORIZATION: basic x`.
  const closers = from > at + 1 && isSecretHeader(name) ? '\n' : (CLOSERS.get(before) ?? ' \t\n')
  const to = whole ? text.length : endOfValue(word, from, closers, unitsMax)
  const value = text.slice(from, to)
  if (isPlaceholder(value) && quoteAt(word, from) !== 'single') return null
  if (isMarker(value) || (whole && BUILD_SECRET.test(value))) return null
  if (!certain && !looksRandom(value)) return null
  const scheme = SCHEME.exec(value)
  const start = from + (scheme?.[0].length ?? 0)
  if (start >= to || isPlaceholder(text.slice(start, to))) return null
  return { kind: scheme?.[1]?.toLowerCase() ?? kindOfName(name), start, end: to }
}

/** A colon without a blank is usually something else: `secret:latest` is an image, `token:/run/token` a volume. */
function signMeansValue(word: ShellWord, name: string, at: number, from: number, before: string): boolean {
  if (word.text.charCodeAt(at) === EQUALS || from > at + 1) return true
  if (before !== '' && '{,;[('.includes(before)) return true
  return quotedStretchEnd(word, from) !== null || isSecretHeader(name)
}

function startOfName(text: string, at: number): number {
  let start = at
  while (start > 0 && at - start < NAME_UNITS_MAX && isNameCode(text.charCodeAt(start - 1))) start--
  return start
}

function endOfValue(word: ShellWord, from: number, closers: string, unitsMax: number): number {
  const { text } = word
  const quoted = quotedStretchEnd(word, from)
  if (quoted !== null) return quoted
  const limit = Math.min(text.length, from + unitsMax)
  let end = from
  while (end < limit && !closers.includes(text.charAt(end))) end++
  return end
}

/**
 * Passwords in URLs. One walk over the word: where an authority begins, its first colon, and each `@` that may end the password
 * (a password with a raw `@` or `/` in it is not a valid URL, and is typed all the same).
 */
export function findUrlPasswords(text: string): Found[] {
  const found: Found[] = []
  let authority = -1
  let colon = -1
  let current: { start: number; end: number } | null = null
  const flush = (): void => {
    if (current !== null && !isPlaceholder(text.slice(current.start, current.end))) {
      found.push({ kind: 'url-password', ...current })
    }
    current = null
    authority = -1
    colon = -1
  }
  for (let at = text.indexOf('://'); at !== -1 && at < text.length; at++) {
    const character = text.charAt(at)
    if (character === ':' && text.startsWith('//', at + 1)) {
      flush()
      authority = at + 3
      at += 2
    } else if (authority === -1) {
      continue
    } else if (' \t\r\n"\'<>'.includes(character)) {
      flush()
    } else if (character === ':' && colon === -1) {
      colon = at
    } else if (character === '/' || character === '?' || character === '#') {
      if (current !== null || colon === -1 || /^[0-9]{0,5}$/.test(text.slice(colon + 1, Math.min(at, colon + 7))))
        flush()
    } else if (character === '@') {
      if (colon !== -1 && at > colon + 1) current = { start: colon + 1, end: at }
      else if (colon === -1 && looksRandom(text.slice(authority, at))) current = { start: authority, end: at }
    }
  }
  flush()
  return found
}

export function isMarker(text: string): boolean {
  return /^\[secret:[a-z0-9-]{1,32}\]$/.test(text)
}

function isNameCode(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x5f ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x24
  )
}

const MARKER_START = /^\[secret:[a-z0-9-]{1,32}\]/
const SPACE = 0x20
const COLON = 0x3a
const EQUALS = 0x3d

/** What may stand before a name inside a word. */
const NAME_OPENERS = '?&;,{[( \t\n:/="\'+'

/** What ends a value, by what stood before its name. */
const CLOSERS: ReadonlyMap<string, string> = new Map([
  ['', ' \t\n'],
  ['?', '& \t\n'],
  ['&', '& \t\n'],
  [';', ';'],
  [',', ',}\n'],
  ['{', ',}\n'],
  ['[', ',]\n'],
])

/** `--secret id=x,src=y` of image builders names a secret and does not hold one. */
const BUILD_SECRET = /^(?:id|type|src|source)=/
const SCHEME = /^(Bearer|Basic|Token|Digest|Negotiate|ApiKey|AWS4-HMAC-SHA256)[ \t]+/i
