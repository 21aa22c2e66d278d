import {
  ANALYSIS_BYTES_MAX,
  ANALYSIS_COMMANDS_MAX,
  ANALYSIS_HERE_DOCUMENTS_MAX,
  ANALYSIS_OPENERS_MAX,
} from '../limits.ts'
import type { DynamicReason } from './facts.ts'

const NEWLINE = 10
const QUOTE = 39
const BACKSLASH = 92
const LESS = 60

/** Why a text may not be given to the parser, or about how many steps parsing it takes. */
export type Measure = { readonly reason: DynamicReason | null; readonly steps: number }

const TOO_LONG: Measure = { reason: 'too-long', steps: 0 }
const TOO_DEEP: Measure = { reason: 'too-deep', steps: 0 }

const STEPS_PER_PIECE = 0.5
const STEPS_PER_CHARACTER = 1 / 64

/** Below, it does not matter whether a piece is code or quoted data. */
const PIECES_UNDOUBTED = 500

function stepsFor(pieces: number, characters: number): number {
  return pieces * STEPS_PER_PIECE + characters * STEPS_PER_CHARACTER
}

/** 1 for each ASCII character that the parser makes a piece of its own, so that a run of them costs more than letters. */
const COSTS = new Uint8Array(128)
for (const character of '"\'`$*?[]<>{}()|&;!\n') COSTS[character.charCodeAt(0)] = 1

/**
 * Decides in one linear scan whether a text may be given to the parser, whose time grows with the square of nesting.
 * Openers are counted wherever they stand, in quotes too: telling data from code is what the parser is for, and an
 * attacker must not be able to talk this count down. Only a text that fails the count is looked at again, exactly
 * enough to leave out single-quoted strings and here-documents without substitutions, which the parser never looks into, and to know
 * double-quoted text, of which only substitutions are pieces.
 */
export function measure(text: string): Measure {
  if (text.length > ANALYSIS_BYTES_MAX) return TOO_LONG
  let bytes = text.length
  let pieces = 0
  let inWord = false
  let openers = 0
  let separators = 0
  let hereDocuments = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    const startsWord = !inWord
    inWord = code > 32
    if ((inWord && startsWord) || (code < 128 && COSTS[code] === 1)) pieces += 1
    if (code > 127) bytes += code > 2047 && (code < 0xd800 || code > 0xdfff) ? 2 : 1
    // ( { ` open something; ; | & and a line end may end a command.
    else if (code === 40 || code === 96 || code === 123) openers += 1
    else if (code === 59 || code === 124 || code === 38 || code === NEWLINE) separators += 1
    else if (code === LESS && text.charCodeAt(index + 1) === LESS) hereDocuments += 1
  }
  if (bytes > ANALYSIS_BYTES_MAX) return TOO_LONG
  if (
    openers <= ANALYSIS_OPENERS_MAX &&
    separators <= ANALYSIS_COMMANDS_MAX &&
    hereDocuments <= ANALYSIS_HERE_DOCUMENTS_MAX &&
    pieces * STEPS_PER_PIECE <= PIECES_UNDOUBTED
  )
    return { reason: null, steps: stepsFor(pieces, bytes) }
  return recount(text)
}

/**
 * The second look. It follows quoting only as long as it is certain of it: at the first double-quoted substitution or
 * arithmetic it stops leaving things out, so that it can count too much but never too little.
 */
function recount(text: string): Measure {
  let pieces = 0
  let openers = 0
  let separators = 0
  let hereDocuments = 0
  let certain = true
  let inDouble = false
  let wordStart = true
  /** Here-documents whose bodies begin after the next line end: their closing lines, in order. */
  let pending: { readonly closing: string; readonly quoted: boolean; readonly stripTabs: boolean }[] = []
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    const startsWord = wordStart
    if (inDouble && certain ? code === 36 || code === 96 : COSTS[code] === 1 || (startsWord && code > 32)) pieces += 1
    wordStart =
      code === 32 || code === 9 || code === NEWLINE || code === 59 || code === 124 || code === 38 || code === 40
    if (code === 40 || code === 96 || code === 123) {
      const before = text.charCodeAt(index - 1)
      if (certain && inDouble && code !== 96 && before !== 36) continue
      openers += 1
      // Between backticks a backslash means something else.
      if (code === 96 || (inDouble ? before === 36 : code === 40 && before === 40)) certain = false
      continue
    }
    if (code === 59 || code === 124 || code === 38) {
      separators += 1
      continue
    }
    if (code === NEWLINE) {
      separators += 1
      if (certain && !inDouble && pending.length > 0) {
        for (const { closing, quoted, stripTabs } of pending) {
          const end = bodyEnd(text, index + 1, closing, stripTabs)
          const body = quoted || end === -1 ? '' : text.slice(index, end)
          if (end === -1 || /`|\$[([]/.test(body)) {
            certain = false
            break
          }
          pieces += occurrences(body, '$')
          openers += occurrences(body, '${')
          index = end
        }
        pending = []
      }
      continue
    }
    if (code === LESS && text.charCodeAt(index + 1) === LESS) {
      hereDocuments += 1
      if (!certain || inDouble) continue
      if (text.charCodeAt(index + 2) === LESS) {
        index += 2
        continue
      }
      const stripTabs = text.charCodeAt(index + 2) === 45
      const delimiter = /^[ \t]*(?:'([^'\n]*)'|"([\w.-]*)"|([\w.]+))(?=[\s;|&<>)]|$)/.exec(
        text.slice(index + (stripTabs ? 3 : 2), index + 200),
      )
      if (delimiter === null) {
        certain = false
        continue
      }
      const closing = delimiter[1] ?? delimiter[2] ?? delimiter[3] ?? ''
      pending.push({ closing, quoted: delimiter[3] === undefined, stripTabs })
      index += (stripTabs ? 2 : 1) + delimiter[0].length
      continue
    }
    if (!certain) continue
    if (code === BACKSLASH) index += 1
    else if (code === 34) inDouble = !inDouble
    else if (inDouble) continue
    else if (code === 35 && startsWord) {
      const end = text.indexOf('\n', index)
      if (end === -1) break
      index = end - 1
    } else if (code === QUOTE) {
      // `$'…'` has escapes of its own; from there on everything counts.
      if (text.charCodeAt(index - 1) === 36) certain = false
      else {
        const end = text.indexOf("'", index + 1)
        if (end === -1) break
        index = end
      }
    }
  }
  if (openers > ANALYSIS_OPENERS_MAX) return TOO_DEEP
  if (separators > ANALYSIS_COMMANDS_MAX || hereDocuments > ANALYSIS_HERE_DOCUMENTS_MAX) return TOO_LONG
  return { reason: null, steps: stepsFor(pieces, text.length) }
}

function occurrences(text: string, wanted: string): number {
  let count = 0
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) count += 1
  return count
}

/** Index of the last character of the closing line, or -1 when the body is not closed. */
function bodyEnd(text: string, start: number, closing: string, stripTabs: boolean): number {
  let lineStart = start
  while (lineStart <= text.length) {
    let lineEnd = text.indexOf('\n', lineStart)
    if (lineEnd === -1) lineEnd = text.length
    let from = lineStart
    if (stripTabs) while (text.charCodeAt(from) === 9) from += 1
    if (lineEnd - from === closing.length && text.startsWith(closing, from)) return lineEnd - 1
    lineStart = lineEnd + 1
  }
  return -1
}
