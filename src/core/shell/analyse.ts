import { parse } from 'unbash'
import { withoutComments } from './dialects.ts'
import type { Analysis, AnalysisInput, DynamicReason } from './facts.ts'
import { refusal } from './guard.ts'
import { finish } from './run.ts'
import { walkLine } from './walk.ts'

/**
 * Reads one command line as far as that is possible without running it: every simple command, wherever it hides, with its
 * words resolved. Total: what cannot be read becomes a reason in `dynamic`, and nothing is thrown. Bounded by the
 * `ANALYSIS_*` limits.
 *
 * All shells are read by the bash grammar. For bash and sh that is their own. A zsh, fish or PowerShell line is a
 * `parse-error` when that grammar reports an error, and when it uses a form that means something else in its own shell;
 * the commands found are listed all the same.
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
  const script = parse(input.line)
  const read = input.shell === 'zsh' ? withoutComments(input.line, script) : { text: input.line, script }
  return finish(
    read === null ? walkLine(input, input.line, script, true) : walkLine(input, read.text, read.script, false),
  )
}

function refused(reason: DynamicReason): Analysis {
  return { commands: [], dynamic: [reason], assignments: new Map() }
}
