import type { Budget } from '../budget.ts'
import { endsStatement } from './characters.ts'
import { readStage } from './read-command.ts'
import { readKeyword, skipAttributes } from './read-keyword.ts'
import { PsReader } from './reader.ts'
import type { PsScript, PsStage, PsStatement } from './syntax.ts'

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
