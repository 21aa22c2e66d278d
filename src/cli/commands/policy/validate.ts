import { validatePolicyFile } from '../../../adapters/policy-file/inspect.ts'
import { formatDiagnostic } from '../../../core/policy/diagnostic.ts'
import { EXIT } from '../../command.ts'
import type { CommandContext } from '../../command.ts'
import { diagnosticData } from '../../judge.ts'
import { visible, visibleLines } from '../../output.ts'

export async function run({ output, operands }: CommandContext): Promise<number> {
  const [file = ''] = operands
  const { policy, diagnostics } = await validatePolicyFile(file)
  const good = policy !== null
  if (output.json) {
    const summary = policy === null ? {} : { hash: policy.hash, mode: policy.mode, rules: policy.rules.length }
    await output.data({ v: 1, file, good, ...summary, diagnostics: diagnostics.map(diagnosticData) })
    return good ? EXIT.yes : EXIT.no
  }
  for (const diagnostic of diagnostics) output.say(visibleLines(formatDiagnostic(diagnostic)))
  if (policy !== null) {
    const { rules, exceptions, mode } = policy
    await output.line(
      `${visible(file)}: ${output.paint('green', 'good')}, ${rules.length} rules, ${exceptions.length} exceptions, mode ${mode}`,
    )
  }
  return good ? EXIT.yes : EXIT.no
}
