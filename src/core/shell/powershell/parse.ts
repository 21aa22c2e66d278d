import type { Budget } from '../budget.ts'
import { endsBareWord, isBlank, isDash, isDoubleQuote, isSingleQuote } from './characters.ts'
import { readAttribute, readBareWord, readBlock, readExpression, readPostfix, readPrimary } from './expressions.ts'
import { PsReader } from './reader.ts'
import type { PsArgument, PsCommand, PsExpression, PsRedirect, PsScript, PsStage, PsStatement } from './syntax.ts'

/**
 * Reads a PowerShell text. Total: what is no PowerShell is marked as broken, and what could be made of it is there all the
 * same. Ends where the budget does.
 */
export function parsePowerShell(text: string, budget: Budget): PsScript {
  const reader = new PsReader(text, budget, readStatements)
  const statements: PsStatement[] = []
  for (;;) {
    statements.push(...readStatements(reader, ''))
    if (reader.next === '' || budget.exhausted) break
    // A bracket too many: nothing would run, and we go on looking.
    reader.broken = true
    reader.at += 1
  }
  return { statements, broken: reader.broken }
}

const STEPS_PER_STATEMENT = 1

/** @param until - the closing character; `=`: one statement of a hash table, which a line end or `;` ends */
function readStatements(reader: PsReader, until: string): readonly PsStatement[] {
  const found: PsStatement[] = []
  let join: 'and' | 'or' | null = null
  for (;;) {
    if (!reader.budget.take(STEPS_PER_STATEMENT)) return found
    reader.skip(until !== '=' || found.length === 0)
    const { next, at } = reader
    if (next === '' || next === ')' || next === '}') return found
    if (until === '=' && found.length > 0 && (next === ';' || next === '\n' || next === '\r')) return found
    if (next === ';') {
      reader.at += 1
      continue
    }
    if (next === '|' || (next === '&' && reader.peek(1) === '&')) {
      reader.broken = true
      reader.at += 1
      continue
    }
    const statement = readStatement(reader, join)
    found.push(statement)
    reader.skip()
    const chain = reader.startsWith('&&') ? 'and' : reader.startsWith('||') ? 'or' : null
    if (chain !== null) {
      reader.at += 2
      reader.skip(true)
      if (reader.next === '') reader.broken = true
    } else if (until === '=') return found
    else if (!endsStatement(reader.next) && !(statement.type === 'compound' || statement.type === 'function'))
      reader.broken = true
    join = chain
    // Every statement takes something; a text that does not let it must not hold us.
    if (reader.at === at) {
      reader.broken = true
      reader.at += 1
    }
  }
}

function endsStatement(next: string): boolean {
  return next === '' || ';\n\r)}'.includes(next)
}

function readStatement(reader: PsReader, join: 'and' | 'or' | null): PsStatement {
  const pos = reader.at
  // Behind `&&` and `||` a keyword is the name of a command.
  if (join !== null) return readPipeline(reader, join, pos)
  skipAttributes(reader)
  const keyword = reader.match(/:?[A-Za-z_]\w*(?![\w\\/.:+-]|=\S)/y)?.[0]
  if (keyword !== undefined) {
    // A label in front of a loop.
    if (keyword.startsWith(':')) {
      reader.at += keyword.length
      reader.skip(true)
      return readStatement(reader, join)
    }
    const statement = readKeyword(reader, keyword.toLowerCase(), pos)
    if (statement !== null) return statement
  }
  return readPipeline(reader, join, pos)
}

/** Attributes of the block of parameters or of the class behind them. */
function skipAttributes(reader: PsReader): void {
  const before = reader.at
  while (readAttribute(reader) !== null) reader.skip(true)
  if (reader.at !== before && reader.match(/(?:param|class|enum)(?!\w)/iy) === null) reader.at = before
}

function readKeyword(reader: PsReader, keyword: string, pos: number): PsStatement | null {
  const pass = (): void => {
    reader.at += keyword.length
    reader.skip(true)
  }
  switch (keyword) {
    case 'if':
    case 'while': {
      pass()
      const heads = [...inParentheses(reader)]
      const bodies = [block(reader)]
      if (keyword === 'while') return compound(reader, pos, 'loop', heads, bodies)
      for (;;) {
        const before = reader.at
        reader.skip(true)
        const more = reader.match(/(elseif|else)(?!\w)/iy)?.[1]
        if (more === undefined || reader.budget.exhausted) {
          reader.at = before
          break
        }
        reader.at += more.length
        reader.skip(true)
        if (more.length > 4) heads.push(...inParentheses(reader))
        bodies.push(block(reader))
      }
      return compound(reader, pos, 'if', heads, bodies)
    }
    case 'for': {
      pass()
      return compound(reader, pos, 'loop', inParentheses(reader), [block(reader)])
    }
    case 'foreach':
      return readForeach(reader, pos)
    case 'do': {
      pass()
      const body = block(reader)
      reader.skip(true)
      const word = reader.match(/(?:while|until)(?!\w)/iy)?.[0]
      if (word === undefined) reader.broken = true
      else reader.at += word.length
      reader.skip(true)
      return compound(reader, pos, 'loop', [], [body, inParentheses(reader)])
    }
    case 'switch':
      return readSwitch(reader, pos)
    case 'try': {
      pass()
      const bodies = [block(reader)]
      for (;;) {
        const before = reader.at
        reader.skip(true)
        const more = reader.match(/(?:catch|finally)(?!\w)/iy)?.[0]
        if (more === undefined || reader.budget.exhausted) {
          reader.at = before
          break
        }
        reader.at += more.length
        reader.skip(true)
        skipTypes(reader)
        bodies.push(block(reader))
      }
      return compound(reader, pos, 'if', [], bodies)
    }
    case 'trap':
      pass()
      skipTypes(reader)
      return compound(reader, pos, 'if', [], [block(reader)])
    case 'function':
    case 'filter':
    case 'workflow':
    case 'configuration': {
      pass()
      const name = readBareWord(reader)
      reader.skip(true)
      const parameters = reader.next === '(' ? inParentheses(reader) : []
      reader.skip(true)
      const body = [...parameters, ...block(reader)]
      const text = name.type === 'text' ? name.parts.filter((part) => typeof part === 'string').join('') : ''
      return { type: 'function', name: text.replace(/^\w+:/, '').toLowerCase(), body, pos, end: reader.at }
    }
    case 'param':
      pass()
      return compound(reader, pos, 'plain', inParentheses(reader), [])
    case 'begin':
    case 'process':
    case 'end':
    case 'clean':
    case 'dynamicparam':
    case 'parallel':
    case 'sequence':
    case 'inlinescript':
    case 'data': {
      const before = reader.at
      pass()
      if (reader.next === '{') return compound(reader, pos, 'plain', [], [block(reader)])
      reader.at = before
      return null
    }
    case 'class':
    case 'enum':
      return /^\w+\s+\w/.test(reader.text.slice(pos, pos + 64)) ? readClass(reader, pos) : null
    case 'using':
      return null
    case 'return':
    case 'throw':
    case 'exit':
    case 'break':
    case 'continue': {
      reader.at += keyword.length
      reader.skip()
      return endsStatement(reader.next)
        ? compound(reader, pos, 'plain', [], [])
        : compound(reader, pos, 'plain', [readPipeline(reader, null, reader.at)], [])
    }
    default:
      return null
  }
}

/** A class: its methods are judged where they are written, and so is what its properties begin with. */
function readClass(reader: PsReader, pos: number): PsStatement {
  const open = reader.text.indexOf('{', pos)
  const bodies: (readonly PsStatement[])[] = []
  const heads: PsStatement[] = []
  if (open === -1) {
    reader.broken = true
    return compound(reader, pos, 'plain', [], [])
  }
  reader.at = open + 1
  for (;;) {
    reader.skip(true)
    const { next, at } = reader
    if (next === '}' || next === '' || !reader.budget.take(1 / 32)) break
    if (next === '{') bodies.push(block(reader))
    else if (next === '=') {
      reader.at += 1
      reader.skip(true)
      heads.push(readPipeline(reader, null, at))
    } else if (isQuote(next)) readPrimary(reader)
    else reader.at += 1
  }
  reader.expect('}')
  return compound(reader, pos, 'if', heads, bodies)
}

function compound(
  reader: PsReader,
  pos: number,
  kind: 'if' | 'loop' | 'plain',
  heads: readonly PsStatement[],
  bodies: readonly (readonly PsStatement[])[],
): PsStatement {
  return { type: 'compound', kind, heads, bodies, variable: null, pos, end: reader.at }
}

function inParentheses(reader: PsReader): readonly PsStatement[] {
  reader.skip(true)
  if (!reader.take('(')) {
    reader.broken = true
    return []
  }
  // Parameters and the three parts of a `for` are separated, not joined.
  const found: PsStatement[] = []
  for (;;) {
    found.push(...reader.statements(reader, ')'))
    if (reader.next !== ',' || reader.budget.exhausted) break
    reader.at += 1
  }
  reader.expect(')')
  return found
}

function block(reader: PsReader): readonly PsStatement[] {
  reader.skip(true)
  if (reader.next !== '{') {
    reader.broken = true
    return []
  }
  reader.at += 1
  return reader.nested('}')
}

function skipTypes(reader: PsReader): void {
  for (;;) {
    const type = reader.match(/\[[\w.\s,]+\]\s*,?/y)?.[0]
    if (type === undefined) return
    reader.at += type.length
    reader.skip(true)
  }
}

function readForeach(reader: PsReader, pos: number): PsStatement | null {
  const head = reader.match(/foreach(?:\s+-\w+(?:\s+\d+)?)*\s*\(\s*\$(?:\{([^}]*)\}|([\w:]+))\s+in(?!\w)/iy)
  if (head === null) {
    // `foreach` at the start of a statement is the keyword; anything else behind it is an error.
    reader.broken ||= /^foreach\s*\(/i.test(reader.text.slice(pos, pos + 64))
    return null
  }
  reader.at += head[0].length
  const heads = reader.nested(')')
  const bodies = [block(reader)]
  const variable = (head[1] ?? head[2] ?? '').toLowerCase()
  return { type: 'compound', kind: 'loop', heads, bodies, variable, pos, end: reader.at }
}

function readSwitch(reader: PsReader, pos: number): PsStatement {
  reader.at += 'switch'.length
  const heads: PsStatement[] = []
  reader.skip(true)
  for (let flag = reader.match(/-\w+\s*/y); flag !== null; flag = reader.match(/-\w+\s*/y)) {
    reader.at += flag[0].length
    if (/^-f/i.test(flag[0]) && reader.next !== '(') readBareWord(reader)
    reader.skip(true)
  }
  if (reader.next === '(') heads.push(...inParentheses(reader))
  reader.skip(true)
  reader.expect('{')
  const bodies: (readonly PsStatement[])[] = []
  for (;;) {
    reader.skip(true)
    if (reader.next === '}' || reader.next === '' || reader.budget.exhausted) break
    const before = reader.at
    if (reader.next === ';') reader.at += 1
    else {
      const place = reader.at
      const condition = readArgumentValue(reader)
      heads.push(valueStatement(condition, place))
      reader.skip(true)
      bodies.push(block(reader))
    }
    if (reader.at === before) {
      reader.broken = true
      reader.at += 1
    }
  }
  reader.expect('}')
  return { type: 'compound', kind: 'if', heads, bodies, variable: null, pos, end: reader.at }
}

function valueStatement(expression: PsExpression, pos: number): PsStatement {
  const stage: PsStage = { type: 'value', expression, redirects: [], pos, end: expression.end }
  return { type: 'pipeline', stages: [stage], join: null, background: false, pos, end: expression.end }
}

function readPipeline(reader: PsReader, join: 'and' | 'or' | null, pos: number): PsStatement {
  const stages: PsStage[] = []
  for (;;) {
    reader.skip()
    const stage = readStage(reader)
    stages.push(stage)
    reader.skip()
    if (stages.length === 1 && stage.type === 'value' && stage.redirects.length === 0) {
      const operator = reader.match(/(?:\+|-|\*|\/|%|\?\?)?=(?!=)/y)?.[0]
      if (operator !== undefined) {
        reader.at += operator.length
        reader.skip(true)
        const value = readStatement(reader, null)
        return { type: 'assignment', target: stage.expression, operator, value, pos, end: value.end }
      }
    }
    skipToContinuation(reader)
    if (!reader.startsWith('|') || reader.startsWith('||') || reader.budget.exhausted) break
    reader.at += 1
    reader.skip(true)
  }
  const end = stages.at(-1)?.end ?? reader.at
  const background = reader.next === '&' && reader.peek(1) !== '&'
  if (background) reader.at += 1
  return { type: 'pipeline', stages, join, background, pos, end }
}

/** A pipeline may go on at the beginning of a later line. */
function skipToContinuation(reader: PsReader): void {
  if (reader.next !== '\n' && reader.next !== '\r') return
  const before = reader.at
  reader.skip(true)
  if (!reader.startsWith('|') && !reader.startsWith('&&')) reader.at = before
}

function readStage(reader: PsReader): PsStage {
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

function isQuote(character: string): boolean {
  return isSingleQuote(character) || isDoubleQuote(character)
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
    if (!reader.budget.take(STEPS_PER_STATEMENT / 4) || endsStatement(next) || next === '|' || next === '&') break
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
function readArgumentValue(reader: PsReader): PsExpression {
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
