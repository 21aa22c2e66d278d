import { loadPolicy, loadPolicyFile } from '../../../adapters/policy-file/load.ts'
import { formatDiagnostic } from '../../../core/policy/diagnostic.ts'
import type { CompiledException, CompiledPolicy, CompiledRule } from '../../../core/policy/table.ts'
import { EXIT } from '../../command.ts'
import type { CommandContext } from '../../command.ts'
import { diagnosticData } from '../../judge.ts'
import { type Output, visible, visibleLines } from '../../output.ts'
import { effectColour } from '../../effect-colour.ts'

export async function run({ output, operands, paths }: CommandContext): Promise<number> {
  const [file] = operands
  const { organisationPolicyFile, policyFile } = paths
  const loaded = await (file === undefined ? loadPolicy({ organisationPolicyFile, policyFile }) : loadPolicyFile(file))
  if (!loaded.ok) {
    if (output.json) await output.data({ v: 1, good: false, diagnostics: loaded.error.map(diagnosticData) })
    else for (const diagnostic of loaded.error) output.say(visibleLines(formatDiagnostic(diagnostic)))
    return EXIT.no
  }
  if (output.json) await output.data(asData(loaded.value))
  else await output.write(asText(loaded.value, output))
  return EXIT.yes
}

function asData({
  hash,
  mode,
  nonInteractive,
  allowCache,
  organization,
  files,
  rules,
  exceptions,
}: CompiledPolicy): object {
  return {
    v: 1,
    good: true,
    hash,
    mode,
    nonInteractive,
    allowCache,
    organization,
    files,
    rules: rules.map(ruleData),
    exceptions: exceptions.map(exceptionData),
  }
}

/** What happens to `-c` strings that no person typed. */
const NON_INTERACTIVE_TEXT = { off: 'not asked about', observe: 'recorded', enforce: 'judged' } as const

function ruleData({
  id,
  effect,
  risk,
  reason,
  suggest,
  owner,
  url,
  tags,
  final,
  authority,
  file,
}: CompiledRule): object {
  return { id, effect, risk, reason, suggest, owner, url, tags, final, authority, file }
}

function exceptionData({ id, silences, reason, authority, file }: CompiledException): object {
  return { id, silences, reason, authority, file }
}

function asText(
  { hash, mode, nonInteractive, allowCache, organization, files, rules, exceptions }: CompiledPolicy,
  output: Output,
): string {
  const lines = [
    `mode          ${mode}`,
    `scripts       ${NON_INTERACTIVE_TEXT[nonInteractive]}`,
    `again         ${allowCache ? 'an allowed line is recorded at once and not waited for' : 'every line waits for its verdict'}`,
    ...(organization === null ? [] : [`organization  ${visible(organization)}`]),
    `files         ${files.map(visible).join(', ')}`,
    `hash          ${hash}`,
    '',
  ]
  const width = Math.max(0, ...rules.map(({ id }) => id.length))
  for (const { id, effect, risk, reason, final } of rules) {
    const { human, agent } = effect
    const effects = human === agent ? human : `${human}, agents ${agent}`
    const padded = output.paint(effectColour(human), effects.padEnd(24))
    lines.push(`${padded}  ${risk.padEnd(8)}  ${id.padEnd(width)}  ${visible(reason)}${final ? ' (final)' : ''}`)
  }
  for (const { id, silences, reason } of exceptions) {
    lines.push(`exception  ${visible(id)}  silences ${silences.map(visible).join(', ')}: ${visible(reason)}`)
  }
  return `${lines.join('\n')}\n`
}
