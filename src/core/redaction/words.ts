/**
 * Shell words with a way back: each word is read as the shell would read it (quotes and escapes gone), and any part of it can be
 * mapped to the characters of the line that wrote it. A reading for redaction only: it never fails, it forgives unclosed
 * quotes, and where it is unsure it keeps more text together, because what is found in a longer word is still found.
 */

export type Range = { readonly start: number; readonly end: number }

export type ShellWord = {
  /** The word as a program would get it; substitutions stay as they are written. */
  readonly text: string
  /** Where it stands in the line, quotes included. */
  readonly start: number
  readonly end: number
  /** The redirection operator right before it (`<<<`, `>`); empty for an argument. */
  readonly operator: string
  /** Null when nothing is quoted: then a character of `text` is a character of the line. */
  readonly quoting: Quoting | null
}

type Quoting = {
  /** Per character of `text`: where its writing starts and ends in the line, and the index of its stretch. */
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  readonly stretches: readonly number[]
  readonly quotes: readonly Stretch[]
}

/** A part of a word written in one way. `start` and `end` include the quotes. */
type Stretch = { readonly kind: 'bare' | 'single' | 'double'; readonly start: number; end: number }

export type SimpleCommand = {
  readonly words: readonly ShellWord[]
  /** Its standard input is the output of the command before it. */
  readonly piped: boolean
}

/** Splits a line at everything that ends a simple command, substitutions and groups included. Linear in the line. */
export function splitCommands(line: string): SimpleCommand[] {
  const commands: SimpleCommand[] = []
  let words: ShellWord[] = []
  let operator = ''
  let piped = false
  let at = 0
  const endCommand = (nextPiped: boolean): void => {
    if (words.length > 0) commands.push({ words, piped })
    words = []
    operator = ''
    piped = nextPiped
  }
  while (at < line.length) {
    const code = line.charCodeAt(at)
    if (code === SPACE || code === TAB || code === CARRIAGE_RETURN) {
      at++
    } else if (code === LESS || code === GREATER) {
      const from = at
      while (at < line.length && isRedirectCode(line.charCodeAt(at))) at++
      operator = line.slice(from, at)
    } else if (isSeparator(code)) {
      const pipe = code === PIPE && line.charCodeAt(at + 1) !== PIPE && line.charCodeAt(at - 1) !== PIPE
      endCommand(pipe)
      at++
    } else if (code === BACKSLASH && line.charCodeAt(at + 1) === NEWLINE) {
      at += 2
    } else {
      const word = readWord(line, at, operator)
      words.push(word)
      operator = ''
      at = word.end
    }
  }
  endCommand(false)
  return commands
}

/**
 * The part of the line that wrote `text[from, to)`. A range that begins in one quoted stretch and ends in another takes both whole,
 * so that quotes stay in pairs whatever is put in its place.
 */
export function rangeInLine(word: ShellWord, from: number, to: number): Range {
  const { quoting } = word
  if (quoting === null) return { start: word.start + from, end: word.start + to }
  const first = quoting.stretches[from] ?? -1
  const last = quoting.stretches[to - 1] ?? -1
  let start = quoting.starts[from] ?? word.start
  let end = quoting.ends[to - 1] ?? word.end
  if (first !== last) {
    const opening = quoting.quotes[first]
    const closing = quoting.quotes[last]
    if (opening !== undefined && opening.kind !== 'bare') start = opening.start
    if (closing !== undefined && closing.kind !== 'bare') end = closing.end
  }
  return { start, end }
}

/** How the character at `index` is quoted. */
export function quoteAt(word: ShellWord, index: number): Stretch['kind'] {
  const stretch = word.quoting?.stretches[index]
  return (stretch === undefined ? undefined : word.quoting?.quotes[stretch]?.kind) ?? 'bare'
}

/** End (in `text`) of the quoted stretch that begins exactly at `index`; null when none does. */
export function quotedStretchEnd(word: ShellWord, index: number): number | null {
  const { quoting } = word
  if (quoting === null) return null
  const stretch = quoting.stretches[index]
  if (stretch === undefined || stretch === quoting.stretches[index - 1]) return null
  if (quoting.quotes[stretch]?.kind === 'bare') return null
  let end = index + 1
  while (quoting.stretches[end] === stretch) end++
  return end
}

function readWord(line: string, from: number, operator: string): ShellWord {
  let at = from
  while (at < line.length && isPlain(line.charCodeAt(at))) at++
  if (at === line.length || endsWord(line.charCodeAt(at))) {
    return { text: line.slice(from, at), start: from, end: at, operator, quoting: null }
  }
  return new QuotedWordReader(line, from).read(operator)
}

class QuotedWordReader {
  readonly #line: string
  readonly #from: number
  #at: number
  #text = ''
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  readonly #stretches: number[] = []
  readonly #quotes: Stretch[] = []

  constructor(line: string, from: number) {
    this.#line = line
    this.#from = from
    this.#at = from
  }

  read(operator: string): ShellWord {
    const line = this.#line
    while (this.#at < line.length && !endsWord(line.charCodeAt(this.#at))) {
      const code = line.charCodeAt(this.#at)
      const next = line.charCodeAt(this.#at + 1)
      if (code === SINGLE_QUOTE) this.#single()
      else if (code === DOUBLE_QUOTE) this.#double(1)
      else if (code === DOLLAR && next === SINGLE_QUOTE) this.#escaped()
      else if (code === DOLLAR && next === DOUBLE_QUOTE) this.#double(2)
      else this.#bare()
    }
    return {
      text: this.#text,
      start: this.#from,
      end: this.#at,
      operator,
      quoting: {
        starts: this.#starts,
        ends: this.#ends,
        stretches: this.#stretches,
        quotes: this.#quotes,
      },
    }
  }

  #open(kind: Stretch['kind']): Stretch {
    const stretch: Stretch = { kind, start: this.#at, end: this.#at }
    this.#quotes.push(stretch)
    return stretch
  }

  #put(text: string, start: number, end: number): void {
    for (let unit = 0; unit < text.length; unit++) {
      this.#starts.push(start)
      this.#ends.push(end)
      this.#stretches.push(this.#quotes.length - 1)
    }
    this.#text += text
  }

  #bare(): void {
    const line = this.#line
    const stretch = this.#open('bare')
    while (this.#at < line.length) {
      const code = line.charCodeAt(this.#at)
      const next = line.charCodeAt(this.#at + 1)
      if (endsWord(code) || code === SINGLE_QUOTE || code === DOUBLE_QUOTE) break
      if (code === DOLLAR && (next === SINGLE_QUOTE || next === DOUBLE_QUOTE)) break
      if (code === BACKSLASH && this.#at + 1 < line.length) {
        if (next !== NEWLINE) this.#put(line.charAt(this.#at + 1), this.#at, this.#at + 2)
        this.#at += 2
      } else {
        this.#put(line.charAt(this.#at), this.#at, this.#at + 1)
        this.#at++
      }
    }
    stretch.end = this.#at
  }

  #single(): void {
    const stretch = this.#open('single')
    const close = this.#line.indexOf("'", this.#at + 1)
    const end = close === -1 ? this.#line.length : close
    for (let at = this.#at + 1; at < end; at++) this.#put(this.#line.charAt(at), at, at + 1)
    this.#at = close === -1 ? end : end + 1
    stretch.end = this.#at
  }

  #double(openingLength: number): void {
    const line = this.#line
    const stretch = this.#open('double')
    this.#at += openingLength
    while (this.#at < line.length) {
      const code = line.charCodeAt(this.#at)
      if (code === DOUBLE_QUOTE) break
      if (
        code === BACKSLASH &&
        DOUBLE_QUOTE_ESCAPES.includes(line.charAt(this.#at + 1)) &&
        this.#at + 1 < line.length
      ) {
        if (line.charCodeAt(this.#at + 1) !== NEWLINE) this.#put(line.charAt(this.#at + 1), this.#at, this.#at + 2)
        this.#at += 2
      } else if (code === DOLLAR && line.charCodeAt(this.#at + 1) === OPEN_PARENTHESIS) {
        const end = substitutionEnd(line, this.#at + 2)
        for (let at = this.#at; at < end; at++) this.#put(line.charAt(at), at, at + 1)
        this.#at = end
      } else {
        this.#put(line.charAt(this.#at), this.#at, this.#at + 1)
        this.#at++
      }
    }
    if (this.#at < line.length) this.#at++
    stretch.end = this.#at
  }

  /** `$'…'` */
  #escaped(): void {
    const line = this.#line
    const stretch = this.#open('single')
    this.#at += 2
    while (this.#at < line.length && line.charCodeAt(this.#at) !== SINGLE_QUOTE) {
      const start = this.#at
      if (line.charCodeAt(start) !== BACKSLASH) {
        this.#at++
        this.#put(line.charAt(start), start, this.#at)
        continue
      }
      ANSI_ESCAPE.lastIndex = start + 1
      const match = ANSI_ESCAPE.exec(line)
      const digits = match?.[1] ?? match?.[2]
      this.#at = Math.min(line.length, match === null ? start + 2 : ANSI_ESCAPE.lastIndex)
      if (digits !== undefined) this.#put(codePointText(parseInt(digits, 16)), start, this.#at)
      else if (match?.[3] !== undefined) this.#put(codePointText(parseInt(match[3], 8)), start, this.#at)
      else this.#put(ANSI_LETTERS.get(line.charAt(start + 1)) ?? line.charAt(start + 1), start, this.#at)
    }
    if (this.#at < line.length) this.#at++
    stretch.end = this.#at
  }
}

/** Index behind the `)` that closes a `$(` whose content starts at `from`; the end of the line when nothing closes it. */
function substitutionEnd(line: string, from: number): number {
  const open: number[] = [OPEN_PARENTHESIS]
  let at = from
  while (at < line.length) {
    const code = line.charCodeAt(at)
    const inQuotes = open.at(-1) === DOUBLE_QUOTE
    if (code === BACKSLASH) {
      at++
    } else if (code === DOUBLE_QUOTE) {
      if (inQuotes) open.pop()
      else open.push(DOUBLE_QUOTE)
    } else if (inQuotes) {
      if (code === DOLLAR && line.charCodeAt(at + 1) === OPEN_PARENTHESIS) {
        open.push(OPEN_PARENTHESIS)
        at++
      }
    } else if (code === SINGLE_QUOTE) {
      const close = line.indexOf("'", at + 1)
      if (close === -1) return line.length
      at = close
    } else if (code === OPEN_PARENTHESIS) {
      open.push(OPEN_PARENTHESIS)
    } else if (code === CLOSE_PARENTHESIS) {
      open.pop()
      if (open.length === 0) return at + 1
    }
    at++
  }
  return line.length
}

function codePointText(codePoint: number): string {
  return codePoint > 0x10ffff ? '\uFFFD' : String.fromCodePoint(codePoint)
}

/** `\xHH`, `\uHHHH`, `\UHHHHHHHH`, octal. Sticky: it looks only where it is told to. */
const ANSI_ESCAPE = /x([0-9a-fA-F]{1,2})|[uU]([0-9a-fA-F]{1,8})|([0-7]{1,3})/y
const ANSI_LETTERS: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
])

const TAB = 0x09
const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const DOUBLE_QUOTE = 0x22
const DOLLAR = 0x24
const AMPERSAND = 0x26
const SINGLE_QUOTE = 0x27
const OPEN_PARENTHESIS = 0x28
const CLOSE_PARENTHESIS = 0x29
const SEMICOLON = 0x3b
const LESS = 0x3c
const GREATER = 0x3e
const BACKSLASH = 0x5c
const BACKTICK = 0x60
const PIPE = 0x7c

const DOUBLE_QUOTE_ESCAPES = '$`"\\\n'

function isSeparator(code: number): boolean {
  return (
    code === NEWLINE ||
    code === SEMICOLON ||
    code === PIPE ||
    code === AMPERSAND ||
    code === OPEN_PARENTHESIS ||
    code === CLOSE_PARENTHESIS ||
    code === BACKTICK
  )
}

function isRedirectCode(code: number): boolean {
  return code === LESS || code === GREATER
}

function endsWord(code: number): boolean {
  return (
    code === SPACE || code === TAB || code === CARRIAGE_RETURN || code === LESS || code === GREATER || isSeparator(code)
  )
}

function isPlain(code: number): boolean {
  if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE || code === BACKSLASH) return false
  return !endsWord(code)
}
