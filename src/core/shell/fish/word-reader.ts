import type { Budget } from '../budget.ts'
import type { FishPart, FishScript, FishWord } from './syntax.ts'

/** Reads the statements behind a `(`, and says where the `)` ends. */
type ReadScript = (from: number) => { readonly script: FishScript; readonly end: number }

const STEPS_PER_WORD = 0.5
const STEPS_PER_PART = 0.25
/** A character of data that nothing is looked for in. */
const STEPS_PER_QUOTED = 1 / 64

/** Reads the words of one fish text. */
export class WordReader {
  readonly #text: string
  readonly #budget: Budget
  readonly #script: ReadScript
  /** Set by the last word when it cannot be one. */
  broken = false

  constructor(text: string, budget: Budget, script: ReadScript) {
    this.#text = text
    this.#budget = budget
    this.#script = script
  }

  /** The word that begins at a place. It ends there when none does. */
  read(pos: number): FishWord {
    this.broken = false
    const parts: FishPart[] = []
    if (!this.#budget.take(STEPS_PER_WORD)) return { pos, end: this.#text.length, parts }
    const end = this.#parts(pos, parts, 'word')
    return { pos, end, parts }
  }

  /** @returns where the parts end: in front of what ends a word, or of the `,` or `}` of braces, or of a `]` */
  #parts(start: number, parts: FishPart[], inside: 'word' | 'braces' | 'index'): number {
    const text = this.#text
    let at = start
    let plain = ''
    let glob = false
    const flush = (): void => {
      if (plain === '') return
      parts.push({ type: 'text', text: plain, quoted: false, glob })
      plain = ''
      glob = false
    }
    while (at < text.length) {
      const next = text.charAt(at)
      if (inside === 'word' ? this.#endsWord(at) : inside === 'braces' ? next === ',' || next === '}' : next === ']')
        break
      if (next === ')') break
      if (!this.#budget.take(next > '@' ? 1 / 32 : STEPS_PER_PART)) return text.length
      if (next === '\\') {
        const escape = escaped(text, at)
        if (escape.quoted) {
          flush()
          parts.push({ type: 'text', text: escape.text, quoted: true, glob: false })
        }
        at = escape.end
      } else if (next === "'") {
        flush()
        at = this.#single(at, parts)
      } else if (next === '"') {
        flush()
        at = this.#double(at, parts)
      } else if (next === '$') {
        flush()
        at = this.#dollar(at, parts, false)
      } else if (next === '(') {
        flush()
        at = this.#substitution(at, at + 1, parts, false)
      } else if (next === '{') {
        flush()
        at = this.#braces(at, parts)
      } else if (next === '~' && at === start && /^~[\w.-]*(?:$|\\\n|[/\s;|<>),}])/.test(text.slice(at, at + 66))) {
        const user = /^[\w.-]*/.exec(text.slice(at + 1, at + 66))?.[0] ?? ''
        parts.push({ type: 'tilde', user })
        at += 1 + user.length
      } else if (next === '[' && inside === 'word' && at > start) {
        // Blanks and separators within brackets belong to the word.
        flush()
        const inner: FishPart[] = []
        at = this.#parts(at + 1, inner, 'index')
        parts.push(plainText('['), ...inner)
        if (text.charAt(at) === ']') {
          parts.push(plainText(']'))
          at += 1
        } else this.broken = true
      } else {
        if (next === '*' || next === '?') glob = true
        plain += next
        at += 1
      }
    }
    flush()
    return at
  }

  #endsWord(at: number): boolean {
    const next = this.#text.charAt(at)
    if (next === '&') {
      // `a&b` is one word.
      const after = this.#text.charAt(at + 1)
      return after === '' || ENDS.includes(after) || after === '&' || after === ')'
    }
    return ENDS.includes(next)
  }

  #single(start: number, parts: FishPart[]): number {
    let value = ''
    let at = start + 1
    for (; at < this.#text.length; at += 1) {
      const next = this.#text.charAt(at)
      if (next === "'") break
      const after = this.#text.charAt(at + 1)
      if (next === '\\' && (after === "'" || after === '\\')) {
        value += after
        at += 1
      } else value += next
    }
    if (at >= this.#text.length) this.broken = true
    this.#budget.take((at - start) * STEPS_PER_QUOTED)
    parts.push({ type: 'text', text: value, quoted: true, glob: false })
    return Math.min(at + 1, this.#text.length)
  }

  #double(start: number, parts: FishPart[]): number {
    const text = this.#text
    let value = ''
    let at = start + 1
    const flush = (): void => {
      parts.push({ type: 'text', text: value, quoted: true, glob: false })
      value = ''
    }
    while (at < text.length && text.charAt(at) !== '"') {
      if (!this.#budget.take(1 / 32)) return text.length
      const next = text.charAt(at)
      const after = text.charAt(at + 1)
      if (next === '\\' && (after === '"' || after === '\\' || after === '$' || after === '\n')) {
        if (after !== '\n') value += after
        at += 2
      } else if (next === '$') {
        flush()
        at = this.#dollar(at, parts, true)
      } else {
        value += next
        at += 1
      }
    }
    flush()
    if (at >= text.length) this.broken = true
    return Math.min(at + 1, text.length)
  }

  #dollar(start: number, parts: FishPart[], quoted: boolean): number {
    let at = start
    while (this.#text.charAt(at) === '$') at += 1
    const depth = at - start
    if (this.#text.charAt(at) === '(') {
      if (depth > 1) this.broken = true
      return this.#substitution(start, at + 1, parts, quoted)
    }
    const { name, end: nameEnd } = this.#name(at, quoted)
    if (name === '') {
      // In 3.6 `{$x}` and `$` alone before a quote are errors or empty; nothing certain can be said.
      this.broken = true
      parts.push(plainText('$'))
      return at
    }
    at = nameEnd
    let index: FishWord | null = null
    while (this.#text.charAt(at) === '[') {
      const inner: FishPart[] = []
      const end = this.#parts(at + 1, inner, 'index')
      if (this.#text.charAt(end) !== ']') this.broken = true
      index = index === null ? { pos: at, end, parts: inner } : { pos: at, end, parts: [UNREADABLE] }
      at = Math.min(end + 1, this.#text.length)
    }
    parts.push({ type: 'variable', name, depth, index, quoted })
    return at
  }

  /** The name of a variable. fish takes escapes for what they stand for before it looks for its end. */
  #name(start: number, quoted: boolean): { readonly name: string; readonly end: number } {
    let name = ''
    let at = start
    for (;;) {
      const plain = /^\w*/.exec(this.#text.slice(at, at + 256))?.[0] ?? ''
      name += plain
      at += plain.length
      if (this.#text.charAt(at) !== '\\' || !this.#budget.take(STEPS_PER_PART)) return { name, end: at }
      const escape = escaped(this.#text, at)
      const continues = quoted ? this.#text.charAt(at + 1) === '\n' : /^\w*$/.test(escape.text)
      if (!continues) return { name, end: at }
      name += escape.text
      at = escape.end
    }
  }

  #substitution(pos: number, from: number, parts: FishPart[], quoted: boolean): number {
    const wasBroken = this.broken
    const { script, end } = this.#script(from)
    this.broken = wasBroken || script.broken
    let at = end
    let index: FishWord | null = null
    if (this.#text.charAt(at) === '[' && !quoted) {
      const inner: FishPart[] = []
      const close = this.#parts(at + 1, inner, 'index')
      if (this.#text.charAt(close) !== ']') this.broken = true
      index = { pos: at, end: close, parts: inner }
      at = Math.min(close + 1, this.#text.length)
    }
    parts.push({ type: 'substitution', script, index, quoted, pos, end: at })
    return at
  }

  #braces(start: number, parts: FishPart[]): number {
    const items: FishWord[] = []
    let at = start + 1
    for (;;) {
      const inner: FishPart[] = []
      const pos = at
      at = this.#parts(at, inner, 'braces')
      items.push({ pos, end: at, parts: inner })
      if (this.#text.charAt(at) !== ',' || this.#budget.exhausted) break
      at += 1
    }
    const closed = this.#text.charAt(at) === '}'
    if (!closed) this.broken = true
    const [only] = items
    if (items.length > 1) parts.push({ type: 'braces', items: items.map(trimmed) })
    // Without a comma they are characters like others, unless something is expanded in them.
    else if (only?.parts.some(({ type }) => type !== 'text') === true) parts.push({ type: 'braces', items: [only] })
    else parts.push(plainText('{'), ...(only?.parts ?? []), plainText('}'))
    return closed ? at + 1 : at
  }
}

const ENDS = ' \t\n\r;|<>'

/** Stands for an index of an index. */
const UNREADABLE: FishPart = { type: 'variable', name: '', depth: 1, index: null, quoted: false }

function plainText(text: string): FishPart {
  return { type: 'text', text, quoted: false, glob: false }
}

/** Blanks around the items of braces do not count. */
function trimmed({ pos, end, parts }: FishWord): FishWord {
  const last = parts.length - 1
  const inner = parts.map((part, index) => {
    if (part.type !== 'text' || part.quoted) return part
    let { text } = part
    if (index === 0) text = text.trimStart()
    if (index === last) text = text.trimEnd()
    return { ...part, text }
  })
  return { pos, end, parts: inner }
}

const NAMED_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['e', '\x1b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
])

/** A backslash outside quotes. `quoted` is false for a line end that disappears. */
function escaped(text: string, at: number): { readonly text: string; readonly quoted: boolean; readonly end: number } {
  const next = text.charAt(at + 1)
  if (next === '\n') return { text: '', quoted: false, end: at + 2 }
  if (next === 'c') {
    const control = text.charCodeAt(at + 2)
    return { text: control > 0 ? String.fromCharCode(control & 31) : 'c', quoted: true, end: at + 3 }
  }
  const number = /^(?:[xX]([\dA-Fa-f]{1,2})|u([\dA-Fa-f]{1,4})|U([\dA-Fa-f]{1,8})|([0-7]{1,3}))/.exec(
    text.slice(at + 1, at + 10),
  )
  if (number !== null) {
    const [whole, byte, short, long, octal] = number
    const hex = byte ?? short ?? long
    const code = hex === undefined ? Number.parseInt(octal ?? '0', 8) : Number.parseInt(hex, 16)
    return {
      text: code > 0x10_ff_ff ? '' : String.fromCodePoint(code),
      quoted: true,
      end: at + 1 + whole.length,
    }
  }
  return { text: NAMED_ESCAPES.get(next) ?? next, quoted: true, end: Math.min(at + 2, text.length) }
}

/** The text of a word in which nothing is expanded; else null. */
export function constantOf({ parts }: FishWord): string | null {
  let text = ''
  for (const part of parts) {
    if (part.type !== 'text') return null
    text += part.text
  }
  return text
}
