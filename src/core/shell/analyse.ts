import { parse } from 'unbash'
import type { Analysis, AnalysisInput, DynamicReason } from './facts.ts'
import { refusal } from './guard.ts'
import { finish } from './run.ts'
import { walkLine } from './walk.ts'

/**
 * Reads one command line as far as that is possible without running it: every simple command, wherever it hides, with its
 * words resolved. Total: what cannot be read becomes a reason in `dynamic`, and nothing is thrown. Bounded by the
 * `ANALYSIS_*` limits. fish and PowerShell lines are read by the bash grammar where that reports no error; where it does,
 * the line is a `parse-error`.
 */
export function analyse(input: AnalysisInput): Analysis {
  try {
    return analyseUnguarded(input)
  } catch (error) {
    // The parser and the walk are recursive, and their depth is bounded; a stack that is smaller than ours ends here.
    return refused(error instanceof RangeError ? 'too-deep' : 'parse-error')
  }
}

/** `analyse` without the net below it: tests use it to see what the net would hide. */
export function analyseUnguarded(input: AnalysisInput): Analysis {
  const reason = refusal(input.line)
  if (reason !== null) return refused(reason)
  return finish(walkLine(input, parse(input.line)))
}

function refused(reason: DynamicReason): Analysis {
  return { commands: [], dynamic: [reason], assignments: new Map() }
}
