import { endsBareWord, isBlank, isDoubleQuote, isSingleQuote } from './characters.ts'
import type { PsReader } from './reader.ts'
import type { PsExpression } from './syntax.ts'

/** A character of data that nothing is looked for in. */
const STEPS_PER_QUOTED = 1 / 64

/** Where an expression should be and is none. */
export function nothing(reader: PsReader): PsExpression {
  reader.broken = true
  return { type: 'text', parts: [], quoted: true, pos: reader.at, end: reader.at }
}

export function readStatements(reader: PsReader, open: number): PsExpression {
  const pos = reader.at
  reader.at += open
  const statements = reader.nested(')')
  return { type: 'statements', statements, pos, end: reader.at }
}

export function readVariable(reader: PsReader): PsExpression | null {
  const pos = reader.at
  if (reader.peek(1) === '{') {
    const end = reader.text.indexOf('}', pos)
    if (end === -1) return null
    reader.at = end + 1
    return {
      type: 'variable',
      name: reader.text
        .slice(pos + 2, end)
        .replaceAll('`', '')
        .toLowerCase(),
      pos,
      end: reader.at,
    }
  }
  const name = reader.match(/\$((?:[\p{L}\p{N}_?]+:(?!:))?[\p{L}\p{N}_?]+|[$^?])/uy)
  if (name === null) return null
  reader.at += name[0].length
  return { type: 'variable', name: (name[1] ?? '').toLowerCase(), pos, end: reader.at }
}

export function readSingle(reader: PsReader): PsExpression {
  const pos = reader.at
  let value = ''
  reader.at += 1
  for (;;) {
    const { next } = reader
    if (next === '') {
      reader.broken = true
      break
    }
    reader.at += 1
    if (!isSingleQuote(next)) value += next
    else if (isSingleQuote(reader.next)) {
      value += reader.next
      reader.at += 1
    } else break
  }
  reader.budget.take((reader.at - pos) * STEPS_PER_QUOTED)
  return { type: 'text', parts: [value], quoted: true, pos, end: reader.at }
}

export function readDouble(reader: PsReader): PsExpression {
  const pos = reader.at
  reader.at += 1
  const parts = readExpandable(reader, () => {
    if (!isDoubleQuote(reader.next)) return null
    if (!isDoubleQuote(reader.peek(1))) return 'end'
    const both = reader.next
    reader.at += 2
    return { text: both }
  })
  if (reader.next === '') reader.broken = true
  else reader.at += 1
  return { type: 'text', parts, quoted: true, pos, end: reader.at }
}

/** `@"`, a line end, lines, `"@`. */
export function readHereString(reader: PsReader): PsExpression {
  const pos = reader.at
  const single = isSingleQuote(reader.peek(1))
  const head = reader.match(/@.[^\S\r\n]*\r?\n/y)
  const close = single ? /\r?\n['\u2018\u2019\u201A\u201B]@/g : /\r?\n["\u201C\u201D\u201E]@/g
  if (head === null) return nothing(reader)
  // The line end of the head may be the one in front of the closing mark.
  close.lastIndex = reader.at + head[0].length - 1
  const end = close.exec(reader.text)
  const from = reader.at + head[0].length
  const to = end === null ? reader.text.length : Math.max(from, end.index)
  reader.at = from
  let parts: readonly (string | PsExpression)[]
  if (single) {
    parts = [reader.text.slice(from, to)]
    reader.budget.take((to - from) * STEPS_PER_QUOTED)
  } else parts = readExpandable(reader, () => (reader.at >= to ? 'end' : null))
  reader.at = end === null ? reader.text.length : end.index + end[0].length
  if (end === null) reader.broken = true
  return { type: 'text', parts, quoted: true, pos, end: reader.at }
}

/** Text in which variables, `$(…)` and backticks mean something. */
function readExpandable(
  reader: PsReader,
  special: () => 'end' | { readonly text: string } | null,
): readonly (string | PsExpression)[] {
  const parts: (string | PsExpression)[] = []
  let plain = ''
  for (;;) {
    if (!reader.budget.take(1 / 32) || reader.next === '') break
    const known = special()
    if (known === 'end') break
    if (known !== null) plain += known.text
    else if (reader.next === '`') plain += readEscape(reader)
    else {
      const inner = reader.next === '$' ? readInText(reader) : null
      if (inner === null) {
        plain += reader.next
        reader.at += 1
      } else {
        if (plain !== '') parts.push(plain)
        plain = ''
        parts.push(inner)
      }
    }
  }
  if (plain !== '') parts.push(plain)
  return parts
}

/** `$name` or `$(…)` in a text; null when the `$` is only a character. */
function readInText(reader: PsReader): PsExpression | null {
  return reader.peek(1) === '(' ? readStatements(reader, 2) : readVariable(reader)
}

/** `e` is an escape character in PowerShell 7 and the letter in 5.1: there it can spell a name. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
])

/** A backtick and what it escapes. */
function readEscape(reader: PsReader): string {
  const next = reader.peek(1)
  const unicode = reader.match(/`u\{([\dA-Fa-f]{1,6})\}/y)
  if (unicode !== null) {
    reader.at += unicode[0].length
    const code = Number.parseInt(unicode[1] ?? '0', 16)
    return code > 0x10_ff_ff ? '' : String.fromCodePoint(code)
  }
  reader.at += next === '' ? 1 : 2
  return ESCAPES.get(next) ?? next
}

/** A word of a command line: text in which quotes, variables and backticks may stand anywhere. */
export function readBareWord(reader: PsReader): PsExpression {
  const pos = reader.at
  const parts: (string | PsExpression)[] = []
  let plain = ''
  const flush = (): void => {
    if (plain !== '') parts.push(plain)
    plain = ''
  }
  for (;;) {
    const { next } = reader
    if (!reader.budget.take(1 / 32) || endsBareWord(next)) break
    if (next === '`') {
      const after = reader.peek(1)
      if (after === '\n' || after === '\r' || after === '') break
      plain += readEscape(reader)
    } else if (isSingleQuote(next) || isDoubleQuote(next)) {
      flush()
      parts.push(isSingleQuote(next) ? readSingle(reader) : readDouble(reader))
    } else {
      const inner = next === '$' ? readInText(reader) : null
      if (inner === null) {
        plain += next
        reader.at += 1
      } else {
        flush()
        parts.push(inner)
      }
    }
  }
  flush()
  // A lone backtick ends nothing.
  if (reader.at === pos && !isBlank(reader.next)) {
    reader.broken = true
    reader.at += 1
  }
  // Quoted pieces of a constant word are part of its text.
  const merged = parts.map((part) => (typeof part === 'string' || part.type !== 'text' ? part : part.parts)).flat()
  return { type: 'text', parts: merged, quoted: false, pos, end: reader.at }
}
