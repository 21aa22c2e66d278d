import { ANALYSIS_EXPANSION_WORDS_MAX, ANALYSIS_PRODUCER_DEPTH_MAX } from '../../limits.ts'
import { DYNAMIC, type Span, type Word } from '../facts.ts'
import type { Frame } from '../run.ts'
import { spanOf } from '../words.ts'
import { PASSES_UNKNOWN, textProgram } from '../text-programs.ts'
import { fishTextProgram } from './text-programs.ts'
import type { FishPart, FishScript, FishStage, FishStatement, FishWord } from './syntax.ts'
import { constantOf } from './word-reader.ts'

/** A text on its way to become a word. */
type Piece = { readonly text: string; readonly dynamic: boolean; readonly glob: boolean }

const UNKNOWN: Piece = { text: DYNAMIC, dynamic: true, glob: false }
const STEPS_PER_WORD = 0.5

/**
 * Expands one word into those a program would get. A list next to a text is that text with each of its items; a list
 * without items leaves nothing, not even the text around it.
 */
export function expandFish(word: FishWord, frame: Frame, into: Word[]): void {
  if (!frame.budget.take(STEPS_PER_WORD)) return
  const span = spanOf(frame, word)
  const [only] = word.parts
  if (word.parts.length === 1 && only?.type === 'text') {
    into.push({ text: only.text, dynamic: only.text.includes(DYNAMIC), glob: only.glob, span })
    return
  }
  for (const piece of piecesOf(word, frame)) into.push({ ...piece, span })
}

/** The same for what stays one word: the target of a redirection, the value of an override. */
export function expandFishText(word: FishWord | null, frame: Frame, place: Span): Word {
  if (word === null) return { ...UNKNOWN, span: place }
  const words: Word[] = []
  expandFish(word, frame, words)
  const span = spanOf(frame, word)
  if (words.length === 1) return words[0] as Word
  return {
    text: words.map(({ text }) => text).join(' '),
    dynamic: words.some(({ dynamic }) => dynamic),
    glob: false,
    span,
  }
}

/** Every text with every item. Commands are expanded first, then variables, then braces: the later, the faster it changes. */
function piecesOf({ parts }: FishWord, frame: Frame): readonly Piece[] {
  const values = parts.map((part) => valuesOf(part, frame))
  const count = values.reduce((product, { length }) => product * length, 1)
  if (count > ANALYSIS_EXPANSION_WORDS_MAX) return [UNKNOWN]
  const length = values.reduce(
    (sum, each) => sum + each.reduce((longest, { text }) => Math.max(longest, text.length), 0),
    1,
  )
  if (!frame.budget.takeText(count * length)) return [UNKNOWN]
  const lists = [...parts.keys()].filter((index) => (values[index]?.length ?? 0) > 1)
  const of = (type: FishPart['type']): readonly number[] => lists.filter((index) => parts[index]?.type === type)
  // Of commands the rightmost changes fastest, of the others the leftmost.
  const order = [...of('braces'), ...of('variable'), ...of('substitution').toReversed()]
  const pieces: Piece[] = []
  for (let number = 0; number < count; number += 1) {
    const chosen = new Map<number, number>()
    let rest = number
    for (const index of order) {
      const { length: size } = values[index] ?? NOTHING
      chosen.set(index, rest % size)
      rest = Math.floor(rest / size)
    }
    pieces.push(inRow(values.map((each, index) => each[chosen.get(index) ?? 0] ?? UNKNOWN)))
  }
  return pieces
}

const NOTHING: readonly Piece[] = []

function inRow(pieces: readonly Piece[]): Piece {
  return {
    text: pieces.map(({ text }) => text).join(''),
    dynamic: pieces.some(({ dynamic }) => dynamic),
    glob: pieces.some(({ glob }) => glob),
  }
}

function valuesOf(part: FishPart, frame: Frame): readonly Piece[] {
  switch (part.type) {
    case 'text':
      return [{ text: part.text, dynamic: part.text.includes(DYNAMIC), glob: part.glob }]
    case 'tilde':
      return [tilde(part.user, frame)]
    case 'braces':
      return part.items.flatMap((item) => piecesOf(item, frame))
    case 'variable': {
      const items = variable(part.name, part.depth, frame)
      const values = part.index === null ? items : indexed(items, part.index, frame)
      return part.quoted ? [inOne(values)] : values
    }
    case 'substitution': {
      // A file that holds what the commands write.
      if (isPsub(part.script)) return [{ text: `/dev/fd/${DYNAMIC}`, dynamic: true, glob: false }]
      const output = outputOfFish(part.script, frame)
      if (output === null) return [UNKNOWN]
      const text = output.replace(/\n+$/, '')
      if (part.quoted) return [known(text)]
      const lines = text === '' ? [] : text.split('\n').map(known)
      return part.index === null ? lines : indexed(lines, part.index, frame)
    }
  }
}

function known(text: string): Piece {
  return { text, dynamic: text.includes(DYNAMIC), glob: false }
}

function inOne(values: readonly Piece[]): Piece {
  return {
    text: values.map(({ text }) => text).join(' '),
    dynamic: values.some(({ dynamic }) => dynamic),
    glob: false,
  }
}

function tilde(user: string, frame: Frame): Piece {
  if (user === '') return known(frame.scope.get('HOME')?.text ?? frame.home ?? '~')
  return user === 'root' ? known('/root') : UNKNOWN
}

/** The items of `$name`, or of the variables that it names. */
function variable(name: string, depth: number, frame: Frame): readonly Piece[] {
  if (name === '' || depth > 8) return [UNKNOWN]
  const items = items1(name, frame)
  if (depth === 1) return items
  return items.flatMap(({ text, dynamic }) =>
    dynamic || !/^\w+$/.test(text) ? [UNKNOWN] : [...variable(text, depth - 1, frame)],
  )
}

function items1(name: string, frame: Frame): readonly Piece[] {
  const { scope } = frame
  if (name === 'argv') return scope.positionals ?? [UNKNOWN]
  const value = scope.get(name)
  if (value !== undefined) {
    const items = value.items ?? [value]
    return scope.opaque ? items.map((item) => ({ ...item, dynamic: true })) : items
  }
  if (name === 'HOME') return [known(frame.home ?? '~')]
  if (name === 'PWD' && scope.cwd !== null) return [known(scope.cwd)]
  return [UNKNOWN]
}

/** `[1]`, `[-1]`, `[2..3]`, several of them; the first item is 1. */
function indexed(items: readonly Piece[], index: FishWord, frame: Frame): readonly Piece[] {
  const text = inOne(piecesOf(index, frame))
  if (text.dynamic || items.some(({ text: item, dynamic }) => dynamic && item === DYNAMIC)) return [UNKNOWN]
  const found: Piece[] = []
  for (const range of text.text.trim().split(/\s+/)) {
    const match = /^(-?\d{1,6})?(\.\.)?(-?\d{1,6})?$/.exec(range)
    if (match === null || range === '') return [UNKNOWN]
    const from = position(match[1] ?? '1', items.length)
    const to = match[2] === undefined ? from : position(match[3] ?? '-1', items.length)
    const step = from <= to ? 1 : -1
    for (let at = Math.max(0, Math.min(from, items.length)); step > 0 ? at <= to : at >= to; at += step) {
      const item = items[at]
      if (item === undefined) break
      found.push(item)
    }
  }
  return found
}

function position(text: string, length: number): number {
  const number = Number(text)
  return number < 0 ? length + number : number - 1
}

/** True for `(… | psub)`: what it stands for is a file. */
export function isPsub({ statements }: FishScript): boolean {
  const stages = statements.length === 1 ? statements[0]?.stages : undefined
  const last = stages?.at(-1)?.node
  if (stages === undefined || stages.length < 2 || last?.type !== 'command') return false
  const [name] = last.words
  return name !== undefined && constantOf(name) === 'psub'
}

/** What a script prints, when it is made of programs whose output can be computed; else null. Nothing it changes is kept. */
export function outputOfFish(script: FishScript, frame: Frame): string | null {
  if (script.broken || frame.producing >= ANALYSIS_PRODUCER_DEPTH_MAX) return null
  const inner: Frame = { ...frame, scope: frame.scope.fork(), producing: frame.producing + 1 }
  const statements = isPsub(script)
    ? script.statements.map((statement) => ({ ...statement, stages: statement.stages.slice(0, -1) }))
    : script.statements
  return outputOfStatements(statements, null, inner)
}

function outputOfStatements(statements: readonly FishStatement[], input: string | null, frame: Frame): string | null {
  let output = ''
  for (const { stages, join } of statements) {
    const text = join === 'or' ? null : outputOfFishStages(stages, frame, input)
    if (text === null) return null
    output += text
  }
  return output
}

/** What the stages of a pipeline hand to the next one; else null. */
export function outputOfFishStages(stages: readonly FishStage[], frame: Frame, input: string | null): string | null {
  if (frame.producing > ANALYSIS_PRODUCER_DEPTH_MAX) return null
  const inner: Frame = { ...frame, scope: frame.scope.fork(), producing: frame.producing + 1 }
  let text = input
  for (const stage of stages) text = outputOfStage(stage, text, inner)
  return text
}

const STEPS_PER_COMMAND = 3

function outputOfStage({ node, redirects }: FishStage, input: string | null, frame: Frame): string | null {
  if (!frame.budget.take(STEPS_PER_COMMAND)) return null
  if (redirects.some(({ fd, operator }) => fd !== 2 || operator.startsWith('<'))) return null
  if (node.type === 'block') return node.kind === 'begin' ? outputOfStatements(node.body, input, frame) : null
  if (node.type !== 'command' || node.env.length > 0) return null
  const words: Word[] = []
  for (const word of node.words) expandFish(word, frame, words)
  while ((words[0]?.text === 'command' || words[0]?.text === 'builtin') && !words[1]?.text.startsWith('-'))
    words.shift()
  const [name, ...rest] = words
  if (name === undefined || name.dynamic) return null
  const base = name.text.slice(name.text.lastIndexOf('/') + 1)
  const args = rest.map(({ text }) => text)
  const unknown = rest.some(({ dynamic, glob }) => dynamic || glob) || input?.includes(DYNAMIC) === true
  if (base === 'set' && !unknown) return setVariable(args, rest, frame)
  const program = fishTextProgram(base) ?? textProgram(base)
  if (program === undefined || (unknown && !PASSES_UNKNOWN.has(base))) return null
  const reads = base !== 'string' && !PASSES_UNKNOWN.has(base) && base !== 'basename' && base !== 'dirname'
  if (input === null && reads) return null
  if (input === null && base === 'cat') return null
  const output = program(args, input ?? '', 'fish')
  return output !== null && frame.budget.takeText(output.length) ? output : null
}

/** `set x a b; echo $x` within the script. */
function setVariable(args: readonly string[], words: readonly Word[], frame: Frame): string | null {
  const at = args.findIndex((arg) => !arg.startsWith('-'))
  const name = args[at]
  if (name === undefined || args.slice(0, at).some((flag) => !/^-[glxufU]+$/.test(flag))) return null
  const items = words.slice(at + 1)
  frame.scope.set(name, { text: items[0]?.text ?? '', dynamic: false, glob: false, items })
  return ''
}
