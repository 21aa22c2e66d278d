import { parse } from 'unbash'
import { ANALYSIS_END_CHARACTERS_MAX, ANALYSIS_END_STEPS_MAX, ANALYSIS_STEPS_MAX } from '../limits.ts'
import { Budget } from './budget.ts'
import { withoutComments } from './dialects.ts'
import type { Analysis, AnalysisInput, DynamicReason } from './facts.ts'
import { measure } from './guard.ts'
import { finish, isBroken } from './run.ts'
import { walkLine } from './walk.ts'

/**
 * Reads one command line as far as that is possible without running it: every simple command, wherever it hides, with its
 * words resolved. Total: what cannot be read becomes a reason in `dynamic`, and nothing is thrown. Bounded by the
 * `ANALYSIS_*` limits: of a line beyond them the facts found so far and those of its ends remain, beside the reason.
 *
 * All shells are read by the bash grammar. For bash and sh that is their own. A zsh, fish or PowerShell line is a
 * `parse-error` when that grammar reports an error, and when it uses a form that means something else in its own shell;
 * the commands found are listed all the same.
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
  if (!budget.take(steps)) return refused(input, 'too-long')
  const script = parse(line)
  const read = input.shell === 'zsh' ? withoutComments(line, script, steps, budget) : { text: line, script }
  const analysis = finish(walkLine(input, read ?? { text: line, script }, read === null, null, budget))
  return budget.exhausted || analysis.dynamic.includes('too-deep') ? joined(analysis, readTail(input)) : analysis
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
 * in quotes; only a text that is a script of its own counts.
 */
function readTail(input: AnalysisInput): Analysis {
  const from = Math.max(0, input.line.length - ANALYSIS_END_CHARACTERS_MAX)
  const separator = input.line.slice(from).search(/[;&|\n]/)
  if (separator === -1) return NOTHING
  const start = from + separator + 1
  const tail = readEnd(input, input.line.slice(start).replace(/^[;&|\s]+/, ''), start)
  return tail === null || tail.dynamic.includes('parse-error') ? NOTHING : tail
}

function readEnd(input: AnalysisInput, text: string, start: number): Analysis | null {
  const budget = new Budget(ANALYSIS_END_STEPS_MAX)
  const { reason, steps } = measure(text)
  if (reason !== null || !budget.take(steps)) return null
  const script = parse(text)
  const span = { start, end: Math.min(input.line.length, start + text.length) }
  return finish(walkLine(input, { text, script }, isBroken(script), span, budget))
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
