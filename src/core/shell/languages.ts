import type { AnalysisInput } from './facts.ts'
import { applyFishBuiltin } from './fish/builtins.ts'
import { readFish, walkFish } from './fish/walk.ts'
import { applyPowerShellBuiltin } from './powershell/builtins.ts'
import { unwrapPowerShell } from './powershell/openers.ts'
import { readPowerShell, walkPowerShell } from './powershell/walk.ts'
import { newRun, type Languages, type Run } from './run.ts'
import { unwrap } from './wrappers/unwrap.ts'
import { asDeepAsPossible, rootFrame, walkScript, type Walk } from './walk.ts'

/** The shells that are read by grammars of their own. */
export const LANGUAGES: Languages = {
  fish: { readText: readFish, applyBuiltin: applyFishBuiltin, unwrap },
  powershell: { readText: readPowerShell, applyBuiltin: applyPowerShellBuiltin, unwrap: unwrapPowerShell },
}

/** Walks a line that was typed in one of them, and returns what was found on the way, even when the budget ends it. */
export function walkForeignLine(input: AnalysisInput, text: string, walk: Walk): Run {
  const run = newRun(input, walk.budget, { walk: walkScript, languages: LANGUAGES }, null)
  const walkText = input.shell === 'fish' ? walkFish : walkPowerShell
  return asDeepAsPossible(run, () => walkText(run, null, text, rootFrame(input, run, text, null, walk)))
}
