import { CmdaidError } from '../../core/errors.ts'
import type { Decision } from '../../core/policy/decision.ts'
import { evaluate } from '../../core/policy/evaluate.ts'
import { explanationData, explanationFor } from '../../core/policy/explain.ts'
import { checkBatch } from '../check-batch.ts'
import type { CommandContext } from '../command.ts'
import { EFFECT_EXIT, policyToJudgeBy, settingOf } from '../judge.ts'
import { usage } from '../parse-arguments.ts'

export async function run(context: CommandContext): Promise<number> {
  const { flags, operands, output, home } = context
  const [line] = operands
  if (flags.has('batch')) {
    if (line !== undefined) throw usage('--batch takes its lines from standard input', 'leave the argument out')
    return checkBatch(await policyToJudgeBy(context), context)
  }
  if (line === undefined) throw usage('check needs a command line', `cmdaid check -- 'LINE'`)
  const policy = await policyToJudgeBy(context)
  const setting = settingOf(context)
  const before = process.hrtime.bigint()
  const decision = evaluate(policy, { line, ...setting, home, interactive: setting.actor.kind === 'human' })
  const evalNs = Number(process.hrtime.bigint() - before)
  if (output.json) await output.data({ v: 1, ...explanationData(decision), rules: rulesOf(decision), eval_ns: evalNs })
  else await output.write(textOf(decision, line))
  const status = EFFECT_EXIT[decision.effect]
  if (status === undefined) throw new CmdaidError('CMDAID_ERR_INTERNAL', `no exit status for ${decision.effect}`)
  return status
}

/** Ids of the rules that matched, strictest first, each once. */
export function rulesOf({ hits }: Decision): string[] {
  return [...new Set(hits.map(({ rule }) => rule))]
}

function textOf(decision: Decision, line: string): string {
  return decision.rule === null ? 'cmdaid: allowed: no rule matches\n' : explanationFor(decision, line)
}
