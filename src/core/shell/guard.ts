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

/**
 * Decides in one linear scan whether a text may be given to the parser, whose time grows with the square of nesting.
 * Openers are counted wherever they stand, in quotes too: telling data from code is what the parser is for, and an
 * attacker must not be able to talk this count down. Only a text that fails the count is looked at again, exactly
 * enough to leave out single-quoted strings and quoted here-documents, which the parser never looks into.
 */
export function refusal(text: string): DynamicReason | null {
  if (text.length > ANALYSIS_BYTES_MAX) return 'too-long'
  let bytes = text.length
  let openers = 0
  let separators = 0
  let hereDocuments = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code > 127) bytes += code > 2047 && (code < 0xd800 || code > 0xdfff) ? 2 : 1
    // ( { ` open something; ; | & and a line end may end a command.
    else if (code === 40 || code === 96 || code === 123) openers += 1
    else if (code === 59 || code === 124 || code === 38 || code === NEWLINE) separators += 1
    else if (code === LESS && text.charCodeAt(index + 1) === LESS) hereDocuments += 1
  }
  if (bytes > ANALYSIS_BYTES_MAX) return 'too-long'
  if (
    openers <= ANALYSIS_OPENERS_MAX &&
    separators <= ANALYSIS_COMMANDS_MAX &&
    hereDocuments <= ANALYSIS_HERE_DOCUMENTS_MAX
  )
    return null
  return recount(text)
}

/**
 * The second look. It follows quoting only as long as it is certain of it: at the first double-quoted substitution or
 * arithmetic it stops leaving things out, so that it can count too much but never too little.
 */
function recount(text: string): DynamicReason | null {
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
    wordStart =
      code === 32 || code === 9 || code === NEWLINE || code === 59 || code === 124 || code === 38 || code === 40
    if (code === 40 || code === 96 || code === 123) {
      openers += 1
      const before = text.charCodeAt(index - 1)
      if (inDouble ? code === 96 || before === 36 : code === 40 && before === 40) certain = false
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
          if (!quoted || end === -1) {
            certain = false
            break
          }
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
  if (openers > ANALYSIS_OPENERS_MAX) return 'too-deep'
  return separators > ANALYSIS_COMMANDS_MAX || hereDocuments > ANALYSIS_HERE_DOCUMENTS_MAX ? 'too-long' : null
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
