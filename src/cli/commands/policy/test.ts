import { testPolicyFile } from '../../../adapters/policy-file/inspect.ts'
import { formatDiagnostic } from '../../../core/policy/diagnostic.ts'
import { EXIT } from '../../command.ts'
import type { CommandContext } from '../../command.ts'
import { diagnosticData } from '../../judge.ts'
import { visible, visibleLines } from '../../output.ts'

export async function run({ output, operands }: CommandContext): Promise<number> {
  const [file = ''] = operands
  const tested = await testPolicyFile(file)
  if (!tested.ok) {
    if (output.json) await output.data({ v: 1, file, good: false, diagnostics: tested.error.map(diagnosticData) })
    else for (const diagnostic of tested.error) output.say(visibleLines(formatDiagnostic(diagnostic)))
    return EXIT.no
  }
  const { results } = tested.value
  const failed = results.filter(({ passed }) => !passed)
  const good = failed.length === 0
  if (output.json) {
    await output.data({ v: 1, file, good, passed: results.length - failed.length, failed: failed.length, results })
    return good ? EXIT.yes : EXIT.no
  }
  for (const { subject, line, expected } of failed) {
    await output.line(
      `${output.paint('red', 'failed')}  ${visible(subject)}  ${expected === 'match' ? 'does not match' : 'matches'}: ${visible(line)}`,
    )
  }
  await output.line(`${visible(file)}: ${results.length - failed.length} of ${results.length} examples are as they say`)
  return good ? EXIT.yes : EXIT.no
}
