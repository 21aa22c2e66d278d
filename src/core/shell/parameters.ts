import type { ParameterExpansionPart, ParameterOperation, Word as WordNode } from 'unbash'
import type { Budget } from './budget.ts'
import { DYNAMIC, type Word } from './facts.ts'
import { longestPrefix, longestSuffix, replaceMatches, shortestPrefix, shortestSuffix } from './glob.ts'
import { UNSET, type Value } from './scope.ts'
import type { Expansion } from './words.ts'

/** Any text at all. */
export const UNKNOWN: Value = { text: DYNAMIC, dynamic: true, glob: false, items: null }

/** An earlier part of the line may or may not have set this: the value stands, marked as dynamic. */
export function asGuess(value: Value): Value {
  return value.dynamic ? value : { text: value.text, dynamic: true, glob: value.glob, items: value.items }
}

/** The empty guess: `$@` and `$1` at a prompt. */
const PROBABLY_EMPTY: Value = { text: '', dynamic: true, glob: false, items: null }
const DEFAULT_IFS: Value = { text: ' \t\n', dynamic: false, glob: false, items: null }
/** A list of absolute directories: enough for `${PATH:0:1}`, a common way to write a slash. */
const SOME_PATH: Value = { text: `/${DYNAMIC}`, dynamic: true, glob: false, items: null }

type ExpandOperand = (node: WordNode, expansion: Expansion) => Word

/** The value of `$name`. */
export function lookup(name: string, expansion: Expansion): Value {
  const { scope } = expansion
  const first = name.charCodeAt(0)
  if (first < 58 || name === '@') return positional(name, expansion)
  const set = scope.get(name)
  if (set !== undefined) return scope.opaque ? asGuess(set) : set
  switch (name) {
    case 'HOME':
      return expansion.home === null ? known('~') : known(expansion.home)
    case 'PWD':
      return scope.cwd === null ? UNKNOWN : known(scope.cwd)
    case 'OLDPWD':
      return scope.oldCwd === null ? UNKNOWN : known(scope.oldCwd)
    case 'IFS':
      return DEFAULT_IFS
    case 'PATH':
      return SOME_PATH
    case 'SHELL':
    case 'BASH':
      return { text: `/${DYNAMIC}/${expansion.shell}`, dynamic: true, glob: false, items: null }
    default:
      return UNKNOWN
  }
}

/** `$1`, `$@`, `$*`, `$#`, `$?`, `$$`, `$!`, `$-`. */
function positional(name: string, expansion: Expansion): Value {
  const { positionals } = expansion.scope
  if (name === '@' || name === '*') {
    if (positionals === null) return PROBABLY_EMPTY
    return {
      text: joined(positionals),
      dynamic: positionals.some(({ dynamic }) => dynamic),
      glob: false,
      items: positionals,
    }
  }
  const number = /^[1-9]\d{0,4}$/.test(name) ? Number(name) : 0
  if (number > 0) {
    if (positionals === null) return PROBABLY_EMPTY
    const word = positionals[number - 1]
    return word === undefined ? UNSET : { text: word.text, dynamic: word.dynamic, glob: word.glob, items: null }
  }
  if (name === '#' && positionals !== null) return known(String(positionals.length))
  if (name === '0') return { text: `/${DYNAMIC}/${expansion.shell}`, dynamic: true, glob: false, items: null }
  return UNKNOWN
}

/** The value of `${…}`. Operations on what is not known answer with the likelier outcome, marked as dynamic, or `UNKNOWN`. */
export function expandParameter(part: ParameterExpansionPart, expansion: Expansion, operand: ExpandOperand): Value {
  let value = indexed(lookup(part.parameter, expansion), part, expansion, operand)
  if (part.prefix === '#') return value.dynamic ? UNKNOWN : known(String(lengthOf(value, part)))
  if (part.prefix === '!') {
    if (part.operation?.type === 'Names' || value.dynamic || !/^[A-Za-z_]\w*$/.test(value.text)) return UNKNOWN
    value = lookup(value.text, expansion)
  }
  return part.operation === undefined ? value : operate(value, part.operation, part, expansion, operand)
}

function lengthOf(value: Value, part: ParameterExpansionPart): number {
  return value.items !== null && (part.index?.text === '@' || part.index?.text === '*')
    ? value.items.length
    : value.text.length
}

function indexed(value: Value, part: ParameterExpansionPart, expansion: Expansion, operand: ExpandOperand): Value {
  if (part.index === undefined) return value
  const index = part.index.text
  if (index === '@' || index === '*') {
    return value.items === null ? value : { ...value, text: joined(value.items) }
  }
  const text = operand(part.index, expansion).text
  if (!/^-?\d{1,6}$/.test(text)) return UNKNOWN
  if (value.items === null) return text === '0' || text === '-1' ? value : value.dynamic ? UNKNOWN : UNSET
  // The first item is 0 in bash and 1 in zsh.
  const at = Number(text)
  const item = value.items.at(expansion.shell === 'zsh' && at > 0 ? at - 1 : at)
  return item === undefined ? UNSET : { text: item.text, dynamic: item.dynamic, glob: item.glob, items: null }
}

function operate(
  value: Value,
  operation: ParameterOperation,
  part: ParameterExpansionPart,
  expansion: Expansion,
  operand: ExpandOperand,
): Value {
  switch (operation.type) {
    case 'Default':
      return withDefault(value, operation.operator, operation.operand, part, expansion, operand)
    case 'Slice':
      return slice(
        value,
        operand(operation.offset, expansion),
        operation.length && operand(operation.length, expansion),
      )
    case 'Remove': {
      const pattern = operand(operation.operand, expansion)
      if (value.dynamic || pattern.dynamic) return UNKNOWN
      if (!affordsMatches(value, pattern.text, 2, expansion.budget)) return UNKNOWN
      return mapped(value, (text) => removed(text, operation.operator, pattern.text))
    }
    case 'Replace': {
      const pattern = operand(operation.pattern, expansion)
      const replacement = operand(operation.replacement, expansion)
      if (value.dynamic || pattern.dynamic || replacement.dynamic) return UNKNOWN
      if (!affordsMatches(value, pattern.text, 3, expansion.budget)) return UNKNOWN
      return mapped(value, (text) => replaceMatches(text, operation.operator, pattern.text, replacement.text))
    }
    case 'CaseModification': {
      if (value.dynamic || (operation.operand !== undefined && operation.operand.text !== '?')) return UNKNOWN
      return mapped(value, (text) => changeCase(text, operation.operator))
    }
    case 'Transform':
      if (value.dynamic) return UNKNOWN
      if (operation.operand.text === 'U') return mapped(value, (text) => text.toUpperCase())
      if (operation.operand.text === 'L') return mapped(value, (text) => text.toLowerCase())
      return operation.operand.text === 'u' ? mapped(value, (text) => changeCase(text, '^')) : UNKNOWN
    case 'Names':
    case 'Unknown':
      return UNKNOWN
  }
}

function withDefault(
  value: Value,
  operator: string,
  node: WordNode,
  part: ParameterExpansionPart,
  expansion: Expansion,
  operand: ExpandOperand,
): Value {
  const colon = operator.startsWith(':')
  const kind = operator.charAt(operator.length - 1)
  const unknown = value.dynamic && value.text.includes(DYNAMIC) && value.text.length === 1
  const empty = !value.dynamic && (colon ? value.text === '' : value === UNSET)
  const alternative = (): Value => {
    const word = operand(node, expansion)
    return { text: word.text, dynamic: word.dynamic, glob: word.glob, items: null }
  }
  if (kind === '+') {
    if (empty) return UNSET
    return value.dynamic ? asGuess(alternative()) : alternative()
  }
  if (kind === '?') return value
  // A variable the line does not set is most likely unset when a default is written for it.
  if (!empty && !unknown && !(value.dynamic && value.text === '')) return value
  const result = empty ? alternative() : asGuess(alternative())
  if (kind === '=' && /^[A-Za-z_]\w*$/.test(part.parameter)) expansion.scope.set(part.parameter, result)
  return result
}

/** `${x:offset:length}`; also on a text of which only the beginning is known, as long as the answer lies in it. */
function slice(value: Value, offset: Word, length: Word | undefined): Value {
  const integer = /^\s*-?\d{1,9}\s*$/
  if (!integer.test(offset.text) || (length !== undefined && !integer.test(length.text))) return UNKNOWN
  const from = Number(offset.text)
  const count = length === undefined ? null : Number(length.text)
  if (value.items !== null && value.items.length > 0) {
    const items = value.items.slice(from, count === null ? undefined : from + count)
    return { text: joined(items), dynamic: value.dynamic, glob: value.glob, items }
  }
  const { text } = value
  if (value.dynamic) {
    const certain = text.indexOf(DYNAMIC)
    return certain > 0 && count !== null && from >= 0 && count >= 0 && from + count <= certain
      ? known(text.slice(from, from + count))
      : UNKNOWN
  }
  const start = from < 0 ? Math.max(0, text.length + from) : from
  const end = count === null ? text.length : count < 0 ? text.length + count : start + count
  return known(text.slice(start, Math.max(start, end)))
}

function removed(text: string, operator: string, pattern: string): string | null {
  switch (operator) {
    case '#':
      return cut(text, shortestPrefix(pattern, text), true)
    case '##':
      return cut(text, longestPrefix(pattern, text), true)
    case '%':
      return cut(text, shortestSuffix(pattern, text), false)
    default:
      return cut(text, longestSuffix(pattern, text), false)
  }
}

/** A pattern is tried on every beginning, or on every piece, of a text. A text too long for that is not searched at all. */
function affordsMatches({ text, items }: Value, pattern: string, power: number, budget: Budget): boolean {
  if (!/[*?[\\]/.test(pattern)) return budget.takeText(text.length)
  const lengths = items === null ? [text.length] : items.map((item) => item.text.length)
  return lengths.every((length) => budget.take(1 + Math.min(length, 64) ** power / 64 + length ** 2 / 64))
}

function cut(text: string, length: number | null, atStart: boolean): string | null {
  if (length === null) return null
  return atStart ? text.slice(length) : text.slice(0, text.length - length)
}

function changeCase(text: string, operator: string): string {
  if (operator === '^^') return text.toUpperCase()
  if (operator === ',,') return text.toLowerCase()
  const first = text.charAt(0)
  return (operator === '^' ? first.toUpperCase() : first.toLowerCase()) + text.slice(1)
}

/** Applies a change to a value, item by item for a list. */
function mapped(value: Value, change: (text: string) => string | null): Value {
  if (value.items === null) {
    const text = change(value.text)
    return text === null ? UNKNOWN : { ...value, text }
  }
  const items: Word[] = []
  for (const item of value.items) {
    const text = change(item.text)
    if (text === null) return UNKNOWN
    items.push({ ...item, text })
  }
  return { ...value, text: joined(items), items }
}

function joined(words: readonly Word[]): string {
  return words.length === 1 ? (words[0]?.text ?? '') : words.map(({ text }) => text).join(' ')
}

function known(text: string): Value {
  return { text, dynamic: text.includes(DYNAMIC), glob: false, items: null }
}
