/**
 * The lines that an installation puts into somebody's start file, as an edit of its bytes. Everything that undoing needs
 * stands in the first mark, so that the file alone is enough: it may have been copied to another machine.
 *
 *     # >>> cmdaid v1 1b2c3d4e made-file dirs=2 >>>
 *     …
 *     # <<< cmdaid <<<
 *
 * The eight digits are of the lines in between: whether somebody changed them. `open-line`: the last line of the file had
 * no end, and got one. `made-file`, `dirs=N`: the file was made, and so were the N folders that lead to it.
 *
 * Texts here are bytes as latin1: one character is one byte, and bytes that are no UTF-8 come through unchanged.
 */

import { createHash } from 'node:crypto'
import { fail, ok, type Result } from '../result.ts'

/** What is remembered of the file as it was. */
export type Origin = { readonly madeFile: boolean; readonly madeDirectories: number; readonly openLine: boolean }

export type Block = {
  /** From the first byte of the first mark to behind the line end of the last. */
  readonly start: number
  readonly end: number
  readonly origin: Origin
  readonly body: string
  /** Of the first mark: not ours any more when an editor has changed all of them. */
  readonly lineEnd: '\n' | '\r\n'
  /** The lines in between are not as they were written. */
  readonly edited: boolean
}

/** A mark that is no pair, or one that this version does not read. `line` counts from 1. */
export type MarkProblem = { readonly line: number; readonly problem: string }

export type Removal = {
  readonly text: string
  /** Nothing but our lines was in a file that we made: it goes, with as many folders above it as are empty. */
  readonly removeFile: boolean
  readonly madeDirectories: number
}

/** Every block of `text`, in order. */
export function findBlocks(text: string): Result<readonly Block[], MarkProblem> {
  const blocks: Block[] = []
  let open: { readonly start: number; readonly bodyStart: number; readonly words: readonly string[] } | null = null
  for (const { start, end, line } of markLines(text)) {
    const mark = text.slice(start, end).replace(/\r?\n?$/, '')
    if (mark === LAST_MARK) {
      if (open === null) return problemAt(text, start, 'a mark ends lines that no mark begins')
      const body = text.slice(open.bodyStart, start)
      const origin = readOrigin(open.words)
      const lineEnd = text.endsWith('\r\n', open.bodyStart) ? '\r\n' : '\n'
      blocks.push({ start: open.start, end, origin, body, lineEnd, edited: digest(body) !== open.words[0] })
      open = null
    } else {
      const words = FIRST_MARK.exec(mark)?.[1]?.split(' ')
      if (words === undefined) return problemAt(text, start, `this mark was changed: ${line}`)
      if (open !== null) return problemAt(text, open.start, 'a mark begins lines that no mark ends')
      open = { start, bodyStart: end, words }
    }
  }
  if (open !== null) return problemAt(text, open.start, 'a mark begins lines that no mark ends')
  return ok(blocks)
}

/**
 * `text` with `body` between marks at its end; where there are marks already, between those. Of several pairs the last
 * stays. A body is whole lines. Idempotent.
 */
export function addBlock(
  text: string,
  body: string,
  made: { readonly file: boolean; readonly directories: number },
): Result<string, MarkProblem> {
  const found = findBlocks(text)
  if (!found.ok) return found
  const last = found.value.at(-1)
  if (last !== undefined) {
    const end = text.slice(last.end)
    const replaced = last.body === body ? text.slice(last.start, last.end) : render(body, last.origin)
    return ok(removeAll(text.slice(0, last.start), found.value.slice(0, -1)) + replaced + end)
  }
  const openLine = text !== '' && !text.endsWith('\n')
  // A blank line comes first: the last line may end in a backslash, and would go on in ours.
  const lead = text === '' ? '' : openLine ? '\n\n' : '\n'
  return ok(text + lead + render(body, { madeFile: made.file, madeDirectories: made.directories, openLine }))
}

/** `text` without any block, and without what was put around them. */
export function removeBlocks(text: string): Result<Removal, MarkProblem> {
  const found = findBlocks(text)
  if (!found.ok) return found
  const without = removeAll(text, found.value)
  const maker = found.value.find(({ origin }) => origin.madeFile)
  return ok({
    text: without,
    removeFile: maker !== undefined && without === '',
    madeDirectories: maker?.origin.madeDirectories ?? 0,
  })
}

const FIRST_MARK = /^# >>> cmdaid v1 ([0-9a-f]{8}(?: made-file| dirs=\d{1,2}| open-line)*) >>>$/
const LAST_MARK = '# <<< cmdaid <<<'
const ANY_MARK = /^# (?:>>>|<<<) cmdaid\b.*$/gm

function markLines(text: string): { readonly start: number; readonly end: number; readonly line: string }[] {
  return [...text.matchAll(ANY_MARK)].map(({ 0: line, index }) => {
    const newline = text.indexOf('\n', index)
    return { start: index, end: newline === -1 ? text.length : newline + 1, line: line.slice(0, 128) }
  })
}

function problemAt(text: string, offset: number, problem: string): { readonly ok: false; readonly error: MarkProblem } {
  return fail({ line: text.slice(0, offset).split('\n').length, problem })
}

function render(body: string, { madeFile, madeDirectories, openLine }: Origin): string {
  const words = [
    digest(body),
    ...(madeFile ? ['made-file'] : []),
    ...(madeDirectories > 0 ? [`dirs=${madeDirectories}`] : []),
    ...(openLine ? ['open-line'] : []),
  ]
  return `# >>> cmdaid v1 ${words.join(' ')} >>>\n${body}${LAST_MARK}\n`
}

function readOrigin(words: readonly string[]): Origin {
  const directories = words.find((word) => word.startsWith('dirs='))?.slice('dirs='.length)
  return {
    madeFile: words.includes('made-file'),
    madeDirectories: Number(directories ?? 0),
    openLine: words.includes('open-line'),
  }
}

/** An editor that ends lines in another way has not changed them. */
function digest(body: string): string {
  return createHash('sha256').update(body.replaceAll('\r\n', '\n'), 'latin1').digest('hex').slice(0, 8)
}

function removeAll(text: string, blocks: readonly Block[]): string {
  let rest = text
  for (const { start, end, origin, lineEnd } of [...blocks].reverse()) {
    const after = rest.slice(end)
    let before = rest.slice(0, start)
    if (before === lineEnd || before.endsWith(`\n${lineEnd}`)) before = before.slice(0, -lineEnd.length)
    // The line end that the last line got is taken back only while nothing follows it.
    if (origin.openLine && after === '' && before.endsWith(lineEnd)) before = before.slice(0, -lineEnd.length)
    rest = before + after
  }
  return rest
}
