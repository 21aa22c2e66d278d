import { endsStatement, isQuote } from './characters.ts'
import { readArgumentValue } from './read-command.ts'
import { readAttribute, readPrimary } from './expressions.ts'
import type { PsReader } from './reader.ts'
import type { PsExpression, PsStage, PsStatement } from './syntax.ts'
import { readBareWord } from './texts.ts'

/** Attributes of the block of parameters or of the class behind them. */
export function skipAttributes(reader: PsReader): void {
  const before = reader.at
  while (readAttribute(reader) !== null) reader.skip(true)
  if (reader.at !== before && reader.match(/(?:param|class|enum)(?!\w)/iy) === null) reader.at = before
}

export function readKeyword(reader: PsReader, keyword: string, pos: number): PsStatement | null {
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
        : compound(reader, pos, 'plain', reader.statements(reader, '='), [])
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
    const { next } = reader
    if (next === '}' || next === '' || !reader.budget.take(1 / 32)) break
    if (next === '{') bodies.push(block(reader))
    else if (next === '=') {
      reader.at += 1
      reader.skip(true)
      heads.push(...reader.statements(reader, '='))
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
