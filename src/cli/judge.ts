/** What `check` and `explain` have in common: the policy to judge by, and who would run what where. */

import { resolve } from 'node:path'
import { loadPolicy, loadPolicyFile } from '../adapters/policy-file/load.ts'
import { CmdaidError } from '../core/errors.ts'
import type { Actor, Effect } from '../core/policy/decision.ts'
import { type PolicyDiagnostic, formatDiagnostic } from '../core/policy/diagnostic.ts'
import type { CompiledPolicy } from '../core/policy/table.ts'
import type { ShellName } from '../core/shell/facts.ts'
import { ACTORS, SHELLS } from './command-table.ts'
import type { CommandContext } from './command.ts'
import { visibleLines } from './output.ts'

export type Setting = {
  readonly shell: ShellName
  readonly cwd: string | null
  readonly actor: Actor
}

/** Exit status of `check` for each effect. */
export const EFFECT_EXIT: Readonly<Record<Effect, number>> = { allow: 0, warn: 0, confirm: 10, approve: 11, deny: 12 }

/** By `--policy`, else the files of this machine. Throws the first error; the others are said before. */
export async function policyToJudgeBy({ values, paths, output }: CommandContext): Promise<CompiledPolicy> {
  const file = values.get('policy')
  const loaded =
    file === undefined
      ? await loadPolicy({ organisationPolicyFile: paths.organisationPolicyFile, policyFile: paths.policyFile })
      : await loadPolicyFile(file)
  if (loaded.ok) return loaded.value
  const errors = loaded.error.filter(({ severity }) => severity === 'error')
  if (!output.json) for (const error of errors.slice(1)) output.say(visibleLines(formatDiagnostic(error)))
  throw policyError(errors[0])
}

function policyError(diagnostic: PolicyDiagnostic | undefined): CmdaidError {
  if (diagnostic === undefined) return new CmdaidError('CMDAID_ERR_INTERNAL', 'the policy was refused without a reason')
  const { code, file, line, column, message, hint } = diagnostic
  return new CmdaidError(code, `${file}:${line}:${column}: ${message}`, hint === null ? {} : { hint })
}

/** From the options of the command. `cwd` is made absolute. */
export function settingOf({ values, io }: CommandContext): Setting {
  const shell = SHELLS.find((known) => known === values.get('shell')) ?? 'bash'
  const kind = ACTORS.find((known) => known === values.get('actor')) ?? 'human'
  return { shell, cwd: resolve(values.get('cwd') ?? io.cwd()), actor: claimed(kind) }
}

/** Whoever asks says who would run it: nothing is known beyond that. */
export function claimed(kind: Actor['kind']): Actor {
  return { kind, name: null, evidence: 'claimed' }
}

/** What `--json` shows of a finding: the fields of its type, and nothing that a document's reader left on it. */
export function diagnosticData(diagnostic: PolicyDiagnostic): PolicyDiagnostic {
  const { severity, code, file, line, column, message, hint } = diagnostic
  return { severity, code, file, line, column, message, hint }
}
