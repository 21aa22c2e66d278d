import {
  ANALYSIS_END_CHARACTERS_MAX,
  ANALYSIS_END_CHARACTERS_MIN,
  ANALYSIS_END_STEPS_MAX,
  ANALYSIS_STEPS_MAX,
} from '../limits.ts'
import { changedTable } from './alias-table.ts'
import { Budget } from './budget.ts'
import type { Analysis, AnalysisInput, DynamicReason } from './facts.ts'
import { measure } from './guard.ts'
import { LANGUAGES, walkForeignLine } from './languages.ts'
import { finish, type Run } from './run.ts'
import { readSource } from './source.ts'
import { walkLine, type Walk } from './walk.ts'

/**
 * Reads one command line as far as that is possible without running it: every simple command, wherever it hides, with its
 * words resolved. Total: what cannot be read becomes a reason in `dynamic`, and nothing is thrown. Bounded by the
 * `ANALYSIS_*` limits: of a line beyond them the facts found so far and those of its ends remain, beside the reason.
 *
 * fish and PowerShell have grammars of their own here. A zsh line is read by the grammar of bash: it is a `parse-error` when
 * that reports an error, and when it uses a form that means something else in zsh; the commands found are listed all the same.
 */
export function analyse(input: AnalysisInput): Analysis {
  try {
    return analyseWithin(input, newLineBudget())
  } catch (error) {
    // The parser and the walk are recursive, and their depth is bounded; a stack that is smaller than ours ends here.
    return refused(input, error instanceof RangeError ? 'too-deep' : 'parse-error')
  }
}

/** What the analysis of one line may cost. */
export function newLineBudget(): Budget {
  return new Budget(ANALYSIS_STEPS_MAX)
}

/** `analyse` without the net below it, and with a budget to look at: tests use it to see what the net would hide. */
export function analyseWithin(input: AnalysisInput, budget: Budget): Analysis {
  const { line } = input
  const { reason, steps } = measure(line)
  if (reason !== null) return refused(input, reason)
  const { aliases = null } = input
  const run = walkText(input, line, steps, true, { aliases, span: null, budget, changes: null })
  if (run === null) return refused(input, 'too-long')
  const first = finish(run)
  const analysis = run.aliasChanges.size === 0 ? first : joined(first, readAgain(input, steps, run))
  return budget.exhausted || analysis.dynamic.includes('too-deep') ? joined(analysis, readTail(input)) : analysis
}

/**
 * The line once more, with the aliases that it makes or takes back in force from its beginning. bash reads a line before it
 * runs it, zsh goes on reading what was pasted, and `eval` reads when its turn comes: what holds for a word is not decided
 * here, both readings are judged.
 */
function readAgain(input: AnalysisInput, steps: number, { aliasChanges, budget, drafts }: Run): Analysis {
  if (drafts.every(({ program, via }) => program === 'alias' || program === 'unalias' || via.includes('alias')))
    return NOTHING
  const aliases = changedTable(input.aliases ?? null, aliasChanges)
  const again = walkText(input, input.line, steps, true, { aliases, span: null, budget, changes: aliasChanges })
  return again === null ? nothing('too-long') : finish(again)
}

/** Reads and walks a text that passed the guard; null when the budget does not pay for reading it. */
function walkText(input: AnalysisInput, text: string, steps: number, prompt: boolean, walk: Walk): Run | null {
  const { shell } = input
  const { aliases, budget } = walk
  if (shell === 'fish' || shell === 'powershell') return budget.take(steps) ? walkForeignLine(input, text, walk) : null
  const source = readSource(text, steps, { shell, aliases, prompt }, budget)
  return source === null ? null : walkLine(input, source, LANGUAGES, walk)
}

function refused(input: AnalysisInput, reason: DynamicReason): Analysis {
  try {
    return joined(readHead(input), nothing(reason), readTail(input))
  } catch {
    return nothing(reason)
  }
}

/** The beginning of a line that is not read whole, up to the last word that is there in full. */
function readHead(input: AnalysisInput): Analysis {
  const start = input.line.slice(0, ANALYSIS_END_CHARACTERS_MAX)
  const end = Math.max(...[' ', '\t', '\n', ';', '&', '|'].map((separator) => start.lastIndexOf(separator)))
  return readEnd(input, end === -1 ? start : start.slice(0, end), 0) ?? NOTHING
}

/**
 * The end of a line that is not read whole, from the first place where a command may begin. Nobody knows whether it stands
 * in quotes; only a text that is a script of its own counts. An end that has too many commands is read again, shorter.
 */
function readTail(input: AnalysisInput): Analysis {
  const read: Analysis[] = []
  for (let size = ANALYSIS_END_CHARACTERS_MAX; size >= ANALYSIS_END_CHARACTERS_MIN; size /= 4) {
    const from = Math.max(0, input.line.length - size)
    const separator = input.line.slice(from).search(/[;&|\n]/)
    if (separator === -1) break
    const start = from + separator + 1
    const tail = readEnd(input, input.line.slice(start).replace(/^[;&|\s]+/, ''), start)
    const cut = tail === null || tail.dynamic.includes('too-long')
    if (tail !== null && !tail.dynamic.includes('parse-error')) read.push(tail)
    if (!cut) break
  }
  return joined(...read)
}

function readEnd(input: AnalysisInput, text: string, start: number): Analysis | null {
  const budget = new Budget(ANALYSIS_END_STEPS_MAX)
  const { reason, steps } = measure(text)
  if (reason !== null) return null
  const { aliases = null } = input
  const span = { start, end: Math.min(input.line.length, start + text.length) }
  const run = walkText(input, text, steps, false, { aliases, span, budget, changes: null })
  return run === null ? null : finish(run)
}

/** Facts of parts of a line, in their order. A part that was cut out says nothing of how whole the rest is. */
function joined(...parts: readonly Analysis[]): Analysis {
  return {
    commands: parts.flatMap(({ commands }) => commands),
    dynamic: [...new Set(parts.flatMap(({ dynamic }) => dynamic))],
    assignments: new Map(parts.flatMap(({ assignments }) => [...assignments])),
  }
}

const NOTHING: Analysis = { commands: [], dynamic: [], assignments: new Map() }

function nothing(reason: DynamicReason): Analysis {
  return { ...NOTHING, dynamic: [reason] }
}
