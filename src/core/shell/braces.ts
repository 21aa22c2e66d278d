import { ANALYSIS_EXPANSION_WORDS_MAX } from '../limits.ts'
import type { Budget } from './budget.ts'

const BACKSLASH = 92
const OPEN = 123
const CLOSE = 125
const COMMA = 44

/**
 * Expands `{a,b}` and `{1..3}` in the raw text of a word, the way bash does it before anything else. Quotes, escapes and
 * substitutions stay untouched in the results. Null when there would be more than `ANALYSIS_EXPANSION_WORDS_MAX`, and when the budget does not pay for them.
 */
export function expandBraces(text: string, budget: Budget): readonly string[] | null {
  const group = firstGroup(text, budget)
  if (budget.exhausted) return null
  if (group === null) return [text]
  const before = text.slice(0, group.start)
  const tails = expandBraces(text.slice(group.end), budget)
  if (tails === null) return null
  const results: string[] = []
  for (const alternative of group.alternatives) {
    const middles = group.sequence ? [alternative] : expandBraces(alternative, budget)
    if (middles === null) return null
    for (const middle of middles) {
      for (const tail of tails) {
        if (results.length >= ANALYSIS_EXPANSION_WORDS_MAX) return null
        results.push(before + middle + tail)
      }
    }
  }
  return results
}

type Group = {
  readonly start: number
  readonly end: number
  readonly alternatives: readonly string[]
  readonly sequence: boolean
}

/** The first brace group that expands: one with a comma at its own level, or a sequence. */
function firstGroup(text: string, budget: Budget): Group | null {
  if (!budget.takeText(text.length)) return null
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === OPEN) {
      // Each of them may look through all the rest.
      if (!budget.takeText(text.length - index)) return null
      const group = groupAt(text, index)
      if (group !== null) return group
    } else index = skip(text, index)
  }
  return null
}

function groupAt(text: string, start: number): Group | null {
  const alternatives: string[] = []
  let depth = 0
  let partStart = start + 1
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === OPEN) depth += 1
    else if (code === COMMA && depth === 0) {
      alternatives.push(text.slice(partStart, index))
      partStart = index + 1
    } else if (code === CLOSE) {
      if (depth > 0) depth -= 1
      else {
        const last = text.slice(partStart, index)
        if (alternatives.length > 0) {
          alternatives.push(last)
          return { start, end: index + 1, alternatives, sequence: false }
        }
        const sequence = sequenceOf(last)
        return sequence === null ? null : { start, end: index + 1, alternatives: sequence, sequence: true }
      }
    } else index = skip(text, index)
  }
  return null
}

/** Index of the last character of the quoted, escaped or substituted piece that begins at `index`; else `index` itself. */
function skip(text: string, index: number): number {
  const code = text.charCodeAt(index)
  if (code === BACKSLASH) return index + 1
  if (code === 39) {
    const end = text.indexOf("'", index + 1)
    return end === -1 ? text.length : end
  }
  if (code === 34 || code === 96) return closing(text, index + 1, code)
  if (code === 36) {
    const next = text.charCodeAt(index + 1)
    if (next === OPEN) return balanced(text, index + 1, OPEN, CLOSE)
    if (next === 40) return balanced(text, index + 1, 40, 41)
  }
  return index
}

function closing(text: string, from: number, quote: number): number {
  for (let index = from; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === BACKSLASH) index += 1
    else if (code === quote) return index
  }
  return text.length
}

function balanced(text: string, from: number, open: number, close: number): number {
  let depth = 0
  for (let index = from; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === BACKSLASH) index += 1
    else if (code === open) depth += 1
    else if (code === close) {
      depth -= 1
      if (depth === 0) return index
    }
  }
  return text.length
}

/** `1..5`, `05..1..2`, `a..f`: the members, or null when it is no sequence or too long. */
function sequenceOf(text: string): readonly string[] | null {
  const parts = text.split('..')
  const [first, last, step] = parts
  if (first === undefined || last === undefined || parts.length > 3) return null
  const integer = /^[+-]?\d{1,9}$/
  const stride = step === undefined ? 1 : integer.test(step) ? Math.abs(Number(step)) || 1 : null
  if (stride === null) return null
  if (integer.test(first) && integer.test(last)) {
    const width = /^-?0\d/.test(first) || /^-?0\d/.test(last) ? Math.max(first.length, last.length) : 0
    return members(Number(first), Number(last), stride, (value) =>
      value < 0 ? `-${String(-value).padStart(width - 1, '0')}` : String(value).padStart(width, '0'),
    )
  }
  if (!/^[A-Za-z]$/.test(first) || !/^[A-Za-z]$/.test(last)) return null
  return members(first.charCodeAt(0), last.charCodeAt(0), stride, (value) => String.fromCharCode(value))
}

function members(first: number, last: number, stride: number, show: (value: number) => string): string[] | null {
  if (Math.abs(last - first) / stride >= ANALYSIS_EXPANSION_WORDS_MAX) return null
  const results: string[] = []
  if (first <= last) for (let value = first; value <= last; value += stride) results.push(show(value))
  else for (let value = first; value >= last; value -= stride) results.push(show(value))
  return results
}
