import { ANALYSIS_PATTERN_TEXT_MAX as TEXT_MAX } from '../limits.ts'

/** The length of the part at the start of `text` that `pattern` matches (0 when none does); null when the text is too long. */
export function shortestPrefix(pattern: string, text: string): number | null {
  if (text.length > TEXT_MAX) return null
  for (let length = 0; length <= text.length; length += 1) if (matches(pattern, text.slice(0, length))) return length
  return 0
}

export function longestPrefix(pattern: string, text: string): number | null {
  if (text.length > TEXT_MAX) return null
  for (let length = text.length; length >= 0; length -= 1) if (matches(pattern, text.slice(0, length))) return length
  return 0
}

export function shortestSuffix(pattern: string, text: string): number | null {
  if (text.length > TEXT_MAX) return null
  for (let length = 0; length <= text.length; length += 1)
    if (matches(pattern, text.slice(text.length - length))) return length
  return 0
}

export function longestSuffix(pattern: string, text: string): number | null {
  if (text.length > TEXT_MAX) return null
  for (let length = text.length; length >= 0; length -= 1)
    if (matches(pattern, text.slice(text.length - length))) return length
  return 0
}

/** `${x/p/r}`, `${x//p/r}`, `${x/#p/r}`, `${x/%p/r}`; null when it is not worth computing. */
export function replaceMatches(text: string, operator: string, pattern: string, replacement: string): string | null {
  if (pattern === '') return text
  if (!/[*?[\\]/.test(pattern)) {
    if (operator === '//') return text.replaceAll(pattern, () => replacement)
    if (operator === '/') return text.replace(pattern, () => replacement)
  }
  if (operator === '/#' || operator === '/%') {
    const length = operator === '/#' ? longestPrefix(pattern, text) : longestSuffix(pattern, text)
    if (length === null) return null
    if (length === 0) return text
    return operator === '/#' ? replacement + text.slice(length) : text.slice(0, text.length - length) + replacement
  }
  if (text.length > 64) return null
  let result = ''
  let index = 0
  while (index < text.length) {
    const length = longestPrefix(pattern, text.slice(index)) ?? 0
    if (length === 0) {
      result += text.charAt(index)
      index += 1
      continue
    }
    result += replacement
    index += length
    if (operator === '/') break
  }
  return result + text.slice(index)
}

/** Whether a shell pattern (`*`, `?`, `[…]`, `\`) matches the whole text. Two pointers, no recursion: linear per star. */
export function matches(pattern: string, text: string): boolean {
  let at = 0
  let position = 0
  let starAt = -1
  let starPosition = 0
  while (position < text.length) {
    const step = at < pattern.length && pattern.charAt(at) !== '*' ? matchOne(pattern, at, text.charAt(position)) : 0
    if (step > 0) {
      at += step
      position += 1
    } else if (pattern.charAt(at) === '*') {
      starAt = at
      starPosition = position
      at += 1
    } else if (starAt >= 0) {
      at = starAt + 1
      starPosition += 1
      position = starPosition
    } else return false
  }
  while (pattern.charAt(at) === '*') at += 1
  return at >= pattern.length
}

/** How many pattern characters match one text character; 0 when they do not. */
function matchOne(pattern: string, at: number, character: string): number {
  const code = pattern.charAt(at)
  if (code === '?') return 1
  if (code === '\\' && at + 1 < pattern.length) return pattern.charAt(at + 1) === character ? 2 : 0
  if (code !== '[') return code === character ? 1 : 0
  const negated = pattern.charAt(at + 1) === '!' || pattern.charAt(at + 1) === '^'
  const first = at + (negated ? 2 : 1)
  const end = pattern.indexOf(']', first + 1)
  if (end === -1) return character === '[' ? 1 : 0
  let inside = false
  for (let index = first; index < end; index += 1) {
    const from = pattern.charAt(index)
    if (pattern.charAt(index + 1) === '-' && index + 2 < end) {
      if (character >= from && character <= pattern.charAt(index + 2)) inside = true
      index += 2
    } else if (from === character) inside = true
  }
  return inside === negated ? 0 : end - at + 1
}
