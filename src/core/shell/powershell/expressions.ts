import { isDash, isDoubleQuote, isSingleQuote } from './characters.ts'
import type { PsReader } from './reader.ts'
import type { PsExpression, PsStatement } from './syntax.ts'
import { nothing, readDouble, readHereString, readSingle, readStatements, readVariable } from './texts.ts'

const STEPS_PER_EXPRESSION = 0.5

/** Binary operators by how tightly they bind; what is not listed binds as comparisons do. */
const LEVELS: ReadonlyMap<string, number> = new Map([
  ['?', 0],
  ['??', 0],
  ['-and', 1],
  ['-or', 1],
  ['-xor', 1],
  ['-band', 2],
  ['-bor', 2],
  ['-bxor', 2],
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
  ['%', 5],
  ['-f', 6],
  ['..', 7],
])
const COMPARISON = 3

/** An expression with all its operators. */
export function readExpression(reader: PsReader, level = 0): PsExpression {
  let left = readList(reader)
  for (;;) {
    if (!reader.budget.take(STEPS_PER_EXPRESSION)) return left
    const before = reader.at
    reader.skip()
    const operator = operatorHere(reader)
    const binds = operator === null ? -1 : (LEVELS.get(operator.name) ?? COMPARISON)
    if (operator === null || binds < level) {
      reader.at = before
      return left
    }
    reader.at += operator.length
    reader.skip(true)
    const right = readExpression(reader, binds + 1)
    left = { type: 'binary', operator: operator.name, left, right, pos: left.pos, end: right.end }
    if (operator.name !== '?') continue
    reader.skip(true)
    reader.expect(':')
    reader.skip(true)
    const otherwise = readExpression(reader, 0)
    left = { type: 'list', items: [left, otherwise], pos: left.pos, end: otherwise.end }
  }
}

function operatorHere(reader: PsReader): { readonly name: string; readonly length: number } | null {
  const { next } = reader
  if (isDash(next)) {
    const word = reader.match(/.([A-Za-z]+)(?![\w])/y)?.[1]
    if (word !== undefined) return { name: `-${word.toLowerCase()}`, length: word.length + 1 }
    const after = reader.peek(1)
    return after === '=' || isDash(after) ? null : { name: '-', length: 1 }
  }
  if (reader.startsWith('..')) return { name: '..', length: 2 }
  if (reader.startsWith('??') && reader.peek(2) !== '=') return { name: '??', length: 2 }
  if (next === '?' && reader.peek(1) !== '.' && reader.peek(1) !== '[' && reader.peek(1) !== '?')
    return { name: '?', length: 1 }
  if (next !== '' && '+*/%'.includes(next) && reader.peek(1) !== '=' && reader.peek(1) !== '+')
    return { name: next, length: 1 }
  return null
}

/** `a, b, c`. */
function readList(reader: PsReader): PsExpression {
  const pos = reader.at
  reader.skip()
  const items: PsExpression[] = []
  if (reader.next === ',') {
    reader.at += 1
    reader.skip(true)
    const only = readUnary(reader)
    return { type: 'list', items: [only], pos, end: only.end }
  }
  for (;;) {
    items.push(readUnary(reader))
    const before = reader.at
    reader.skip()
    if (reader.next !== ',' || reader.budget.exhausted) {
      reader.at = before
      break
    }
    reader.at += 1
    reader.skip(true)
  }
  const [first] = items
  return items.length === 1 && first !== undefined ? first : { type: 'list', items, pos, end: reader.at }
}

function readUnary(reader: PsReader): PsExpression {
  reader.skip()
  const pos = reader.at
  const { next } = reader
  if (!reader.budget.take(STEPS_PER_EXPRESSION)) return nothing(reader)
  const word = isDash(next) ? reader.match(/.(not|bnot|join|split|[ci]split)(?!\w)/iy) : null
  if (word !== null || next === '!' || ((isDash(next) || next === '+') && !/\d/.test(reader.peek(1)))) {
    const operator = word === null ? next : `-${(word[1] ?? '').toLowerCase()}`
    reader.at += word === null ? 1 : word[0].length
    if (word === null && reader.next === next && next !== '!') reader.at += 1
    reader.skip(true)
    const operand = readUnary(reader)
    return { type: 'unary', operator, operand, pos, end: operand.end }
  }
  if (next === '[') {
    const attribute = readAttribute(reader)
    if (attribute !== null) {
      reader.skip(true)
      // It stands in front of a parameter, a type or another attribute.
      if (reader.next !== '[' && reader.next !== '$') return attribute
      const rest = readUnary(reader)
      return { type: 'list', items: [rest, attribute], pos, end: rest.end }
    }
    const to = readTypeName(reader)
    if (to === null) return nothing(reader)
    const literal: PsExpression = { type: 'type', name: to, pos, end: reader.at }
    const before = reader.at
    reader.skip()
    // `[char] 114` casts; `[char]` alone, or in front of `::`, is the type itself.
    if (!reader.startsWith('::') && startsOperand(reader)) {
      const operand = readUnary(reader)
      return { type: 'cast', to, operand, pos, end: operand.end }
    }
    reader.at = before
    return readPostfix(reader, literal)
  }
  return readPostfix(reader, readPrimary(reader))
}

function startsOperand(reader: PsReader): boolean {
  const { next } = reader
  return (
    next !== '' &&
    (/[\w$@({[+!]/.test(next) ||
      isSingleQuote(next) ||
      isDoubleQuote(next) ||
      (isDash(next) && /[\d$(]/.test(reader.peek(1))))
  )
}

/** `[Name.Space.Type[]]`. Null when it is none. */
function readTypeName(reader: PsReader): string | null {
  let depth = 0
  const start = reader.at
  for (let at = start; at < reader.text.length && at < start + 512; at += 1) {
    const character = reader.text.charAt(at)
    if (character === '[') depth += 1
    else if (character === ']') depth -= 1
    else if (!/[\w.+,\s`*&$(){}'"=-]/.test(character)) break
    if (depth > 0) continue
    reader.at = at + 1
    return reader.text
      .slice(start + 1, at)
      .replaceAll(/\s/g, '')
      .toLowerCase()
  }
  return null
}

/** `[Parameter(…)]`: what it is given is not run, except blocks. Null when there is none here. */
export function readAttribute(reader: PsReader): PsExpression | null {
  const head = reader.match(/\[\s*([\w.]+)\s*\(/y)
  if (head === null) return null
  const pos = reader.at
  reader.at += head[0].length
  const blocks: PsExpression[] = []
  for (let depth = 1; depth > 0 && reader.next !== '' && reader.budget.take(1 / 32);) {
    const { next } = reader
    if (next === '{') blocks.push(readBlock(reader))
    else if (isSingleQuote(next) || isDoubleQuote(next)) readPrimary(reader)
    else {
      if (next === '(') depth += 1
      else if (next === ')') depth -= 1
      reader.at += 1
    }
  }
  reader.skip(true)
  reader.expect(']')
  const name: PsExpression = { type: 'text', parts: ['attribute'], quoted: false, pos, end: pos }
  const target: PsExpression = { type: 'type', name: (head[1] ?? '').toLowerCase(), pos, end: pos }
  return { type: 'member', target, name, static: true, args: blocks, pos, end: reader.at }
}

/** `.name`, `::name`, `(…)` behind a name, `[index]`, without a blank in front. */
export function readPostfix(reader: PsReader, start: PsExpression): PsExpression {
  let target = start
  for (;;) {
    if (!reader.budget.take(STEPS_PER_EXPRESSION)) return target
    const { next, at } = reader
    const isStatic = reader.startsWith('::')
    if (isStatic || (next === '.' && reader.peek(1) !== '.') || reader.startsWith('?.')) {
      reader.at += isStatic || next === '?' ? 2 : 1
      reader.skip(true)
      const name = readMemberName(reader)
      if (name === null) {
        reader.at = at
        return target
      }
      // `.Name[type](…)`
      const generic = reader.match(/\[[\w.,\s[\]]+\](?=\()/y)
      if (generic !== null) reader.at += generic[0].length
      const args = reader.next === '(' ? readArguments(reader) : reader.next === '{' ? readBlockArgument(reader) : null
      target = { type: 'member', target, name, static: isStatic, args, pos: start.pos, end: reader.at }
    } else if (next === '[' || (next === '?' && reader.peek(1) === '[')) {
      reader.at += next === '[' ? 1 : 2
      reader.skip(true)
      const index = readExpression(reader)
      reader.skip(true)
      reader.expect(']')
      target = { type: 'index', target, index, pos: start.pos, end: reader.at }
    } else if (reader.startsWith('++') || reader.startsWith('--')) {
      reader.at += 2
      target = { type: 'unary', operator: '++', operand: target, pos: start.pos, end: reader.at }
    } else return target
  }
}

function readMemberName(reader: PsReader): PsExpression | null {
  const pos = reader.at
  const plain = reader.match(/[\w]+/y)?.[0]
  if (plain !== undefined) {
    reader.at += plain.length
    return { type: 'text', parts: [plain], quoted: false, pos, end: reader.at }
  }
  const { next } = reader
  return next === '$' || next === '(' || isSingleQuote(next) || isDoubleQuote(next) ? readPrimary(reader) : null
}

function readArguments(reader: PsReader): readonly PsExpression[] {
  reader.at += 1
  const args: PsExpression[] = []
  for (;;) {
    reader.skip(true)
    if (reader.next === ')' || reader.next === '' || reader.budget.exhausted) break
    const before = reader.at
    const each = readExpression(reader)
    if (each.type === 'list') args.push(...each.items)
    else args.push(each)
    reader.skip(true)
    if (reader.next === ',') reader.at += 1
    else if (reader.at === before) break
  }
  reader.expect(')')
  return args
}

function readBlockArgument(reader: PsReader): readonly PsExpression[] {
  return [readPrimary(reader)]
}

export function readPrimary(reader: PsReader): PsExpression {
  const pos = reader.at
  const { next } = reader
  const after = reader.peek(1)
  if (next === '$') {
    if (after === '(') return readStatements(reader, 2)
    return readVariable(reader) ?? nothing(reader)
  }
  if (next === '(') return readStatements(reader, 1)
  if (next === '{') return readBlock(reader)
  if (next === '@') {
    if (after === '(') return readStatements(reader, 2)
    if (after === '{') return readHash(reader)
    if (isSingleQuote(after) || isDoubleQuote(after)) return readHereString(reader)
    return nothing(reader)
  }
  if (isSingleQuote(next)) return readSingle(reader)
  if (isDoubleQuote(next)) return readDouble(reader)
  const number = reader.match(
    /[+-]?(?:0x[\da-f]+|0b[01]+|(?:\d+(?:\.\d+|\.(?![.\w]))?|\.\d+)(?:e[+-]?\d+)?)(?:[dlsuyn]*)(?:[kmgtp]b)?(?!\w)/iy,
  )?.[0]
  if (number !== undefined) {
    reader.at += number.length
    return { type: 'text', parts: [number], quoted: false, pos, end: reader.at }
  }
  return nothing(reader)
}

export function readBlock(reader: PsReader): PsExpression {
  const pos = reader.at
  reader.at += 1
  const statements = reader.nested('}')
  return { type: 'block', statements, pos, end: reader.at }
}

function readHash(reader: PsReader): PsExpression {
  const pos = reader.at
  reader.at += 2
  const entries: { key: PsExpression; value: PsStatement }[] = []
  for (;;) {
    for (reader.skip(true); reader.next === ';'; reader.skip(true)) reader.at += 1
    if (reader.next === '}' || reader.next === '' || reader.budget.exhausted) break
    const before = reader.at
    const key = readBareKey(reader) ?? readUnary(reader)
    reader.skip(true)
    reader.expect('=')
    reader.skip(true)
    const value = reader.statements(reader, '=')
    const [first] = value
    if (first !== undefined) entries.push({ key, value: first })
    if (reader.at === before) break
  }
  reader.expect('}')
  return { type: 'hash', entries, pos, end: reader.at }
}

function readBareKey(reader: PsReader): PsExpression | null {
  const key = reader.match(/[\w-]+(?=\s*=)/y)?.[0]
  if (key === undefined) return null
  const pos = reader.at
  reader.at += key.length
  return { type: 'text', parts: [key], quoted: false, pos, end: reader.at }
}
