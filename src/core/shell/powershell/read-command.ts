import { endsBareWord, endsStatement, isBlank, isDash, isQuote } from './characters.ts'
import { readBlock, readExpression, readPostfix, readPrimary } from './expressions.ts'
import type { PsReader } from './reader.ts'
import type { PsArgument, PsCommand, PsExpression, PsRedirect, PsStage } from './syntax.ts'
import { readBareWord } from './texts.ts'

const STEPS_PER_ARGUMENT = 0.25

export function readStage(reader: PsReader): PsStage {
  const pos = reader.at
  const { next } = reader
  const after = reader.peek(1)
  const invokes =
    (next === '&' && after !== '&') || (next === '.' && (isBlank(after) || /["'$({&]/.test(after) || isQuote(after)))
  if (invokes) {
    reader.at += 1
    reader.skip(true)
    return readCommand(reader, pos, readInvoked(reader), true)
  }
  if (startsExpression(reader)) {
    const expression = readExpression(reader)
    const redirects: PsRedirect[] = []
    for (;;) {
      reader.skip()
      const redirect = readRedirect(reader)
      if (redirect === null) break
      redirects.push(redirect)
    }
    return { type: 'value', expression, redirects, pos, end: lastEnd(reader, expression.end) }
  }
  if (endsBareWord(next)) {
    reader.broken = true
    return {
      type: 'value',
      expression: { type: 'text', parts: [], quoted: true, pos, end: pos },
      redirects: [],
      pos,
      end: pos,
    }
  }
  return readCommand(reader, pos, readBareWord(reader), false)
}

function lastEnd({ text, at }: PsReader, least: number): number {
  let end = at
  while (end > least && /\s/.test(text.charAt(end - 1))) end -= 1
  return end
}

/** What makes the first word of a stage an expression rather than the name of a command. */
function startsExpression(reader: PsReader): boolean {
  const { next } = reader
  const after = reader.peek(1)
  if (isQuote(next)) return true
  if (next === '$') return after === '(' || after === '{' || reader.match(/\$[\p{L}\p{N}_?$^]/uy) !== null
  if (next === '(' || next === '{' || next === '!' || next === ',') return true
  if (next === '@') return after === '(' || after === '{' || isQuote(after)
  if (next === '[') return reader.match(/\[\s*[A-Za-z_]/y) !== null
  if (isDash(next) || next === '+')
    return /[\d.$('"[(]/.test(after) || reader.match(/.(?:not|bnot|join|[ci]?split)(?!\w)/iy) !== null || after === next
  return (
    reader.match(
      /(?:0x[\da-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)[dlsuyn]*(?:[kmgtp]b)?(?=$|[\s;|,)}&+*/%\]=>-]|\.\.)/iy,
    ) !== null
  )
}

/** What `&` and `.` run: a variable, a string, a word, an expression in brackets, a block. */
function readInvoked(reader: PsReader): PsExpression {
  const { next } = reader
  return next === '$' || next === '(' || next === '@' || next === '{' || isQuote(next)
    ? readArgumentValue(reader)
    : readBareWord(reader)
}

function readCommand(reader: PsReader, pos: number, name: PsExpression, invoked: boolean): PsCommand {
  const args: PsArgument[] = []
  const redirects: PsRedirect[] = []
  let end = name.end
  let verbatim = false
  for (;;) {
    reader.skip()
    const { next, at } = reader
    if (!reader.budget.take(STEPS_PER_ARGUMENT) || endsStatement(next) || next === '|' || next === '&') break
    if (reader.match(/--%(?=\s|$)/y) !== null) {
      // What follows goes to the program as it is.
      const rest = /[^\n|]*/y
      reader.at += 3
      const text = reader.match(rest)?.[0] ?? ''
      for (const word of text.match(/"[^"]*"|\S+/g) ?? []) {
        const place = { pos: at, end: reader.at + text.length }
        args.push({
          type: 'value',
          expression: { type: 'text', parts: [word.replaceAll('"', '')], quoted: true, ...place },
          ...place,
        })
      }
      reader.at += text.length
      end = reader.at
      break
    }
    const redirect = readRedirect(reader)
    if (redirect !== null) redirects.push(redirect)
    else if (next === ',') {
      // `, x`, or a list that goes on behind a blank.
      reader.at += 1
      const last = args.at(-1)
      reader.skip(true)
      const item = readArgumentValue(reader)
      if (last?.type === 'value') {
        const items = [...(last.expression.type === 'list' ? last.expression.items : [last.expression]), item]
        args[args.length - 1] = {
          type: 'value',
          expression: { type: 'list', items, pos: last.pos, end: item.end },
          pos: last.pos,
          end: item.end,
        }
      } else args.push({ type: 'value', expression: item, pos: item.pos, end: item.end })
    } else args.push(readArgument(reader, verbatim))
    if (args.at(-1)?.type === 'value' && reader.text.slice(at, reader.at) === '--') verbatim = true
    end = reader.at
    if (reader.at === at) {
      reader.broken = true
      reader.at += 1
    }
  }
  return { type: 'command', name, invoked, args, redirects, pos, end }
}

function readArgument(reader: PsReader, verbatim: boolean): PsArgument {
  const pos = reader.at
  if (isDash(reader.next) && !verbatim) {
    const parameter = reader.match(
      /.([\p{L}_?][^\s{}();,|&<>.:[\]"'`$\u2018-\u201E]*)(:?)(?=[\s{}();,|&<>.["'$@\u2018-\u201E]|$|(?<=:))/uy,
    )
    if (parameter !== null) {
      reader.at += parameter[0].length
      const name = parameter[1] ?? ''
      let value: PsExpression | null = null
      if (parameter[2] === ':') {
        reader.skip()
        if (!endsStatement(reader.next)) value = readArgumentValue(reader)
      }
      return { type: 'parameter', name, value, pos, end: reader.at }
    }
  }
  if (reader.next === '@') {
    const splat = reader.match(/@(\w[\w:]*)/y)
    if (splat !== null) {
      reader.at += splat[0].length
      return { type: 'splat', name: (splat[1] ?? '').toLowerCase(), pos, end: reader.at }
    }
  }
  const expression = readArgumentValue(reader)
  return { type: 'value', expression, pos, end: reader.at }
}

/** One value among the arguments of a command: what stands there without brackets is text. */
export function readArgumentValue(reader: PsReader): PsExpression {
  const { next, at } = reader
  const after = reader.peek(1)
  if (next === '{') return readBlock(reader)
  if (
    next === '(' ||
    isQuote(next) ||
    (next === '@' && (after === '(' || after === '{' || isQuote(after))) ||
    (next === '$' && after === '(')
  )
    return readPostfix(reader, readPrimary(reader))
  if (next === '$') {
    const value = readPrimaryVariable(reader)
    if (value !== null) return value
    reader.at = at
  }
  return readBareWord(reader)
}

/** A variable with its members, unless more text hangs on it: `$home\x` is text. */
function readPrimaryVariable(reader: PsReader): PsExpression | null {
  if (reader.match(/\$(?:\{|[\p{L}\p{N}_?$^])/uy) === null) return null
  const variable = readPrimary(reader)
  const { next } = reader
  if (!endsBareWord(next) && next !== '.' && next !== '[' && next !== ':' && !reader.startsWith('?.')) return null
  return readPostfix(reader, variable)
}

function readRedirect(reader: PsReader): PsRedirect | null {
  const match = reader.match(/([1-6*])?(>>|>)(?:&([12]))?|<(?!#)/y)
  if (match === null) return null
  const pos = reader.at
  reader.at += match[0].length
  const fd = match[1] === undefined || match[1] === '*' ? null : Number(match[1])
  if (match[3] !== undefined) {
    const target: PsExpression = { type: 'text', parts: [match[3]], quoted: false, pos, end: reader.at }
    return { operator: '>&', fd, target, pos, end: reader.at }
  }
  reader.skip()
  const target =
    endsBareWord(reader.next) && reader.next !== '(' && reader.next !== '{' ? null : readArgumentValue(reader)
  if (target === null) reader.broken = true
  const operator = match[2] ?? '<'
  if (operator === '<') reader.broken = true
  return { operator: match[1] === '*' ? `&${operator}` : operator, fd, target, pos, end: reader.at }
}
