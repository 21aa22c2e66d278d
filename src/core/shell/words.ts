import {
  parse,
  type CommandExpansionPart,
  type DoubleQuotedChild,
  type ParameterExpansionPart,
  type ParsedScript,
  type Word as WordNode,
  type WordPart,
} from 'unbash'
import { ANALYSIS_EXPANSION_WORDS_MAX } from '../limits.ts'
import { arithmeticValue } from './arithmetic.ts'
import { expandBraces } from './braces.ts'
import type { Budget } from './budget.ts'
import { DYNAMIC, type Span, type Word } from './facts.ts'
import { affordsExpression, affordsParts, affordsScript } from './lazy.ts'
import { expandParameter, lookup, UNKNOWN } from './parameters.ts'
import { originOf, type Piece } from './pieces.ts'
import type { Scope, Value } from './scope.ts'

/** Where a node stands. The parser's positions may lie behind the end of a text that it could not make sense of. */
export function spanOf(expansion: Expansion, node: { readonly pos: number; readonly end: number }): Span {
  if (expansion.span !== null) return expansion.span
  if (expansion.pieces !== null) return originOf(expansion.pieces, node.pos, node.end)
  const last = expansion.source.length
  return { start: Math.min(node.pos, last), end: Math.min(node.end, last) }
}

/** What expanding a word needs to know. */
export type Expansion = {
  readonly scope: Scope
  readonly home: string | null
  /** Name of the shell that reads the text, for `$SHELL` and `$0`. */
  readonly shell: string
  /** Set for text that was parsed again: every word then stands where the word that held the text stands. */
  readonly span: Span | null
  /** The text that positions point into. */
  readonly source: string
  /** Where that text comes from, when aliases were replaced in it. */
  readonly pieces: readonly Piece[] | null
  /** What a command substitution prints, when that can be computed without running anything; else null. */
  readonly substitute: (script: ParsedScript, expansion: Expansion) => string | null
  /** How many substitutions deep we are computing output rather than walking. */
  readonly producing: number
  readonly budget: Budget
}

const TILDE = 126
const STEPS_PER_WORD = 0.5
const STEPS_PER_PART = 0.25
/** A word that braces made is parsed again. */
const STEPS_PER_PARSE = 3
const EQUALS = 61

/** Expands one word into the words a program would get: none, one, or several after splitting and brace expansion. */
export function expandWord(node: WordNode, expansion: Expansion, into: Word[]): void {
  if (!expansion.budget.take(STEPS_PER_WORD) || !affordsParts(node.text, expansion.budget)) return
  const parts = node.parts
  const span = spanOf(expansion, node)
  if (parts === undefined) {
    const first = node.text.charCodeAt(0)
    // zsh replaces `=rm` by the path of the program.
    const text =
      first === TILDE
        ? expandTilde(node.text, expansion)
        : first === EQUALS && expansion.shell === 'zsh' && node.text.length > 1
          ? `/${DYNAMIC}/${node.value.slice(1)}`
          : node.value
    into.push({ text, dynamic: text.includes(DYNAMIC), glob: false, span })
    return
  }
  if (parts.some((part) => part.type === 'BraceExpansion')) {
    expandBraceWord(node, expansion, span, into)
    return
  }
  const fields = new Fields(into, span, expansion.budget)
  addParts(parts, fields, expansion, true)
  fields.end()
}

/** Expands a word that stays one word: the value of an assignment, the target of a redirect, a here-string. */
export function expandText(node: WordNode, expansion: Expansion): Word {
  const span = spanOf(expansion, node)
  if (!expansion.budget.take(STEPS_PER_WORD) || !affordsParts(node.text, expansion.budget))
    return { text: DYNAMIC, dynamic: true, glob: false, span }
  const parts = node.parts
  if (parts === undefined) {
    const text = node.text.charCodeAt(0) === TILDE ? expandTilde(node.text, expansion) : node.value
    return { text, dynamic: text.includes(DYNAMIC), glob: false, span }
  }
  return expandParts(parts, expansion, span)
}

/** The body of a here-document, or any other list of parts, as one word. */
export function expandParts(parts: readonly WordPart[], expansion: Expansion, span: Span): Word {
  const into: Word[] = []
  const fields = new Fields(into, span, expansion.budget)
  addParts(parts, fields, expansion, false)
  fields.quoted()
  fields.end()
  return into[0] ?? { text: '', dynamic: false, glob: false, span }
}

/** Collects the fields a word falls apart into. */
class Fields {
  readonly #into: Word[]
  readonly #span: Span
  readonly #limit: number
  readonly #budget: Budget
  #text = ''
  #started = false
  #dynamic = false
  #glob = false

  constructor(into: Word[], span: Span, budget: Budget) {
    this.#into = into
    this.#span = span
    this.#budget = budget
    this.#limit = into.length + ANALYSIS_EXPANSION_WORDS_MAX
  }

  /** Text that is neither split nor matched against file names. */
  literal(text: string): void {
    this.#text += text
    this.#started = true
    if (text.includes(DYNAMIC)) this.#dynamic = true
  }

  /** An active glob character. */
  pattern(text: string): void {
    this.#text += text
    this.#started = true
    this.#glob = true
  }

  /** A pair of quotes makes a word even when there is nothing between them. */
  quoted(): void {
    this.#started = true
  }

  value(value: Value): void {
    const { text, dynamic } = this.#afford(value)
    this.#text += text
    if (dynamic) this.#dynamic = true
    if (text !== '') this.#started = true
  }

  /** Growing text is paid for; what cannot be paid is unknown. */
  #afford(value: Value): Value {
    return this.#budget.takeText(value.text.length) ? value : UNKNOWN
  }

  /** The unquoted result of an expansion: split at `separators`, its glob characters active. */
  split(unsplit: Value, separators: string): void {
    const value = this.#afford(unsplit)
    const text = value.text
    let start = 0
    for (let index = 0; index <= text.length; index += 1) {
      const atEnd = index === text.length
      if (!atEnd && !separators.includes(text.charAt(index))) continue
      if (index > start) {
        const piece = text.slice(start, index)
        this.#text += piece
        this.#started = true
        if (/[*?[]/.test(piece)) this.#glob = true
        if (value.dynamic) this.#dynamic = true
      }
      if (!atEnd && this.#started) this.end()
      start = index + 1
    }
    if (text === '' && value.dynamic) this.#dynamic = true
  }

  end(): void {
    if (this.#started || this.#text !== '') {
      if (this.#into.length >= this.#limit || (this.#into.length + 64 > this.#limit && this.#budget.exhausted)) {
        this.#into[this.#into.length - 1] = { text: DYNAMIC, dynamic: true, glob: false, span: this.#span }
      } else {
        this.#into.push({ text: this.#text, dynamic: this.#dynamic, glob: this.#glob, span: this.#span })
      }
    }
    this.#text = ''
    this.#started = false
    this.#dynamic = false
    this.#glob = false
  }
}

function addParts(parts: readonly WordPart[], fields: Fields, expansion: Expansion, splits: boolean): void {
  for (let index = 0; index < parts.length; index += 1) {
    if (!expansion.budget.take(STEPS_PER_PART)) return fields.literal(DYNAMIC)
    const part = parts[index] as WordPart
    switch (part.type) {
      case 'Literal':
        fields.literal(literalText(part.text, part.value, index, parts.length, expansion))
        break
      case 'Glob':
        if (splits) fields.pattern(part.value)
        else fields.literal(part.value)
        break
      case 'ExtendedGlob':
        if (splits) fields.pattern(part.text)
        else fields.literal(part.text)
        break
      case 'SingleQuoted':
      case 'AnsiCQuoted':
        fields.quoted()
        fields.literal(part.value)
        break
      case 'DoubleQuoted':
      case 'LocaleString':
        addQuoted(part.parts, fields, expansion)
        break
      case 'BraceExpansion':
        // Only where braces do not expand (assignments, redirects): there they are plain text.
        fields.literal(part.text)
        break
      case 'ProcessSubstitution':
        fields.literal(`/dev/fd/${DYNAMIC}`)
        break
      case 'SimpleExpansion':
      case 'ParameterExpansion':
      case 'CommandExpansion':
      case 'ArithmeticExpansion':
        addExpansion(part, fields, expansion, splits)
        break
    }
  }
}

type ExpansionPart = Exclude<DoubleQuotedChild, { readonly type: 'Literal' }>

function addExpansion(part: ExpansionPart, fields: Fields, expansion: Expansion, splits: boolean): void {
  const value = valueOf(part, expansion)
  if (!splits) {
    fields.value(value)
    return
  }
  const separators = lookup('IFS', expansion).text
  if (value.items === null || !isWholeList(part, expansion.shell === 'zsh')) {
    fields.split(value, separators)
    return
  }
  let first = true
  for (const item of value.items) {
    if (!first) fields.end()
    first = false
    fields.split({ text: item.text, dynamic: item.dynamic, glob: item.glob, items: null }, separators)
  }
}

/** Between double quotes nothing is split, except that `"$@"` and `"${a[@]}"` are one word per item. */
function addQuoted(parts: readonly DoubleQuotedChild[], fields: Fields, expansion: Expansion): void {
  let keeps = parts.length === 0
  for (const part of parts) {
    if (!expansion.budget.take(STEPS_PER_PART)) return fields.literal(DYNAMIC)
    if (part.type === 'Literal') {
      keeps = true
      fields.literal(part.value)
      continue
    }
    const value = valueOf(part, expansion)
    if (value.items !== null && isItemList(part)) {
      let first = true
      for (const item of value.items) {
        if (!first) fields.end()
        first = false
        fields.quoted()
        fields.value({ text: item.text, dynamic: item.dynamic, glob: item.glob, items: null })
      }
      continue
    }
    keeps = true
    fields.value(value)
  }
  if (keeps) fields.quoted()
}

function valueOf(part: ExpansionPart, expansion: Expansion): Value {
  switch (part.type) {
    case 'SimpleExpansion':
      return lookup(
        part.text.charCodeAt(1) === 92 ? part.text.slice(1).replaceAll('\\\n', '') : part.text.slice(1),
        expansion,
      )
    case 'ParameterExpansion':
      return expandParameter(part, expansion, expandOperand)
    case 'CommandExpansion':
      return substitutionValue(part, expansion)
    case 'ArithmeticExpansion': {
      if (!affordsExpression(part, expansion.budget)) return UNKNOWN
      const number = arithmeticValue(part.expression, expansion)
      return number === null ? UNKNOWN : { text: String(number), dynamic: false, glob: false, items: null }
    }
  }
}

function substitutionValue(part: CommandExpansionPart, expansion: Expansion): Value {
  if (!affordsScript(part, expansion.budget)) return UNKNOWN
  const output = part.script === undefined ? null : expansion.substitute(part.script, expansion)
  if (output === null) return UNKNOWN
  let end = output.length
  while (end > 0 && output.charCodeAt(end - 1) === 10) end -= 1
  const text = output.slice(0, end)
  return { text, dynamic: text.includes(DYNAMIC), glob: false, items: null }
}

function expandOperand(node: WordNode, expansion: Expansion): Word {
  return expandText(node, expansion)
}

function isWholeList(part: ExpansionPart, zsh: boolean): boolean {
  if (zsh && (part.type === 'SimpleExpansion' || (part.type === 'ParameterExpansion' && part.index === undefined)))
    return true
  if (part.type === 'SimpleExpansion') return part.text === '$@' || part.text === '$*'
  return part.type === 'ParameterExpansion' && listIndex(part) !== null
}

function isItemList(part: ExpansionPart): boolean {
  if (part.type === 'SimpleExpansion') return part.text === '$@'
  return part.type === 'ParameterExpansion' && listIndex(part) === '@'
}

function listIndex(part: ParameterExpansionPart): '@' | '*' | null {
  const name = part.parameter === '@' || part.parameter === '*' ? part.parameter : part.index?.text
  return name === '@' || name === '*' ? name : null
}

/** A literal at the start of a word may begin with `~`; `of=~/x` looks like an assignment and is expanded too. */
function literalText(raw: string, value: string, index: number, count: number, expansion: Expansion): string {
  if (index !== 0 || raw.charCodeAt(0) !== TILDE) return value
  return count === 1 || raw.includes('/') ? expandTilde(raw, expansion) : value
}

/** `~`, `~/x`, `~+`, `~-`, `~root/x`. What stays unknown stays as written. */
function expandTilde(raw: string, expansion: Expansion): string {
  const slash = raw.indexOf('/')
  const prefix = slash === -1 ? raw : raw.slice(0, slash)
  const rest = slash === -1 ? '' : raw.slice(slash).replaceAll(/\\(.)/gs, '$1')
  if (prefix === '~') {
    const home = expansion.scope.get('HOME')
    if (home !== undefined) return home.text + rest
    return (expansion.home ?? '~') + rest
  }
  if (prefix === '~+') return (expansion.scope.cwd ?? DYNAMIC) + rest
  if (prefix === '~-') return (expansion.scope.oldCwd ?? DYNAMIC) + rest
  if (prefix === '~root') return `/root${rest}`
  return /^~[\w.-]+$/.test(prefix) ? DYNAMIC + rest : raw.replaceAll(/\\(.)/gs, '$1')
}

/** Braces expand in the raw text; each result is then a word of its own. */
function expandBraceWord(node: WordNode, expansion: Expansion, span: Span, into: Word[]): void {
  const raws = expandBraces(node.text, expansion.budget)
  if (raws === null) {
    into.push({ text: DYNAMIC, dynamic: true, glob: false, span })
    return
  }
  const inner: Expansion = { ...expansion, span }
  for (const raw of raws) {
    if (raw === '') continue
    if (!expansion.budget.take(STEPS_PER_PARSE) || !expansion.budget.takeText(raw.length)) return
    const word = parseWord(raw)
    if (word === null) into.push({ text: DYNAMIC, dynamic: true, glob: false, span })
    else if (word.parts?.some((part) => part.type === 'BraceExpansion')) into.push(expandText(word, inner))
    else expandWord(word, inner, into)
  }
}

function parseWord(raw: string): WordNode | null {
  const command = parse(`: ${raw}`).commands[0]?.command
  if (command?.type !== 'Command' || command.suffix.length !== 1) return null
  const [word] = command.suffix
  return word?.type === 'Word' ? word : null
}
