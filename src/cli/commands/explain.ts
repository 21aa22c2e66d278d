import { type DecisionContext, sceneOf } from '../../core/policy/scene.ts'
import { candidates, type CompiledPolicy } from '../../core/policy/table.ts'
import { candidatesOfLine, decide, exceptionTo, inScope, lineAsCommand } from '../../core/policy/decide.ts'
import type { Decision } from '../../core/policy/decision.ts'
import { explanationData } from '../../core/policy/explain.ts'
import { resolvedForm } from '../../core/policy/resolved.ts'
import { analyse } from '../../core/shell/analyse.ts'
import type { Analysis, CommandFacts, Word } from '../../core/shell/facts.ts'
import { EXIT } from '../command.ts'
import type { CommandContext } from '../command.ts'
import { effectColour } from '../effect-colour.ts'
import { policyToJudgeBy, settingOf } from '../judge.ts'
import { type Output, visible } from '../output.ts'

/** A rule that matched and was silenced, and by which exception. */
type Silenced = {
  readonly rule: string
  readonly exception: string
  readonly reason: string
  readonly resolved: string
}
type Timings = { readonly policyMs: number; readonly analyseUs: number; readonly decideUs: number }

export async function run(context: CommandContext): Promise<number> {
  const { operands, output, home } = context
  const [line = ''] = operands
  const loadingAt = process.hrtime.bigint()
  const policy = await policyToJudgeBy(context)
  const { shell, cwd, actor } = settingOf(context)
  const judging = { actor, shell, home, interactive: actor.kind === 'human' }
  // The first line pays for code that is not compiled yet; what is shown is what every later one costs.
  decide(policy, analyse({ line, shell, cwd, home }), judging)
  const startedAt = process.hrtime.bigint()
  const analysis = analyse({ line, shell, cwd, home })
  const analysedAt = process.hrtime.bigint()
  const decision = decide(policy, analysis, judging)
  const decidedAt = process.hrtime.bigint()
  const timings = {
    policyMs: Number(startedAt - loadingAt) / 1e6,
    analyseUs: Number(analysedAt - startedAt) / 1e3,
    decideUs: Number(decidedAt - analysedAt) / 1e3,
  }
  const silenced = silencedRules(policy, analysis, judging)
  if (output.json) {
    await output.data({
      v: 1,
      line,
      shell,
      cwd,
      actor,
      ...explanationData(decision),
      commands: analysis.commands.map(commandData),
      dynamic: analysis.dynamic,
      assignments: Object.fromEntries([...analysis.assignments].map(([name, { text }]) => [name, text])),
      silenced,
      timings,
    })
  } else {
    await output.write(asText({ line, shell, cwd, actor: actor.kind, analysis, decision, silenced, timings, output }))
  }
  return EXIT.yes
}

/** What `decide` left out: rules whose condition holds and that an exception takes back. */
function silencedRules(policy: CompiledPolicy, analysis: Analysis, context: DecisionContext): Silenced[] {
  const scene = sceneOf(analysis, context)
  const found: Silenced[] = []
  const line = lineAsCommand(analysis)
  const pairs = [
    ...analysis.commands.map((command) => ({ command, rules: candidates(policy, command, analysis, context.home) })),
    ...(line === null ? [] : [{ command: line, rules: candidatesOfLine(policy, analysis, line) }]),
  ]
  for (const { command, rules } of pairs) {
    for (const rule of new Set(rules.map((candidate) => candidate.rule))) {
      if (!inScope(rule.scope, command, context) || !rule.test(command, scene)) continue
      const by = exceptionTo(policy, rule, command, scene)
      if (by === undefined) continue
      found.push({ rule: rule.id, exception: by.id, reason: by.reason, resolved: resolvedForm(command) })
    }
  }
  return found
}

function commandData(command: CommandFacts): object {
  const { program, path, args, options, operands, subcommand, redirects, env, stdin, from, to, via, cwd, span } =
    command
  return {
    program,
    path: path?.text ?? null,
    args: args.map(wordText),
    options: options.map(({ name, value }) => ({ name, value: value?.text ?? null })),
    operands: operands.map(wordText),
    subcommand,
    redirects: redirects.map(({ operator, fd, target }) => ({ operator, fd, target: target.text })),
    env: Object.fromEntries([...env].map(([name, { text }]) => [name, text])),
    stdin,
    from,
    to,
    via,
    cwd,
    context: command.context,
    dynamic: command.dynamic,
    span,
    resolved: resolvedForm(command),
  }
}

type Shown = {
  readonly line: string
  readonly shell: string
  readonly cwd: string | null
  readonly actor: string
  readonly analysis: Analysis
  readonly decision: Decision
  readonly silenced: readonly Silenced[]
  readonly timings: Timings
  readonly output: Output
}

function asText({ line, shell, cwd, actor, analysis, decision, silenced, timings, output }: Shown): string {
  const { effect, rule, reason, risk, mode, policyHash, hits } = decision
  const verdict = output.paint(effectColour(effect), effect)
  const lines = [
    row('line', visible(line)),
    row('for', `${actor}, in ${shell}, in ${cwd === null ? 'an unknown directory' : visible(cwd)}`),
    row('verdict', rule === null ? `${verdict}: no rule matches` : `${verdict}: ${visible(reason)}`),
    ...(rule === null ? [] : [row('decided by', `${visible(rule)}  (risk ${risk}, mode ${mode})`)]),
    row('policy', policyHash),
    '',
    'commands',
    ...analysis.commands.flatMap((command, index) => commandLines(command, index + 1)),
    ...(analysis.commands.length === 0 ? ['  none'] : []),
    ...(analysis.assignments.size === 0
      ? []
      : [`  assigns  ${[...analysis.assignments].map(([name, { text }]) => visible(`${name}=${text}`)).join(', ')}`]),
    ...(analysis.dynamic.length === 0 ? [] : [`  not known before it runs: ${analysis.dynamic.join(', ')}`]),
    '',
    'rules that match',
    ...hits.map(
      (hit) =>
        `  ${output.paint(effectColour(hit.effect), hit.effect.padEnd(7))}  ${visible(hit.rule)}  ${visible(hit.resolved)}: ${visible(hit.reason)}`,
    ),
    ...(hits.length === 0 ? ['  none'] : []),
  ]
  if (silenced.length > 0) {
    lines.push('', 'rules that an exception silences')
    for (const { rule: id, exception, reason: why, resolved } of silenced) {
      lines.push(`  ${visible(id)}  ${visible(resolved)}: by ${visible(exception)}, ${visible(why)}`)
    }
  }
  const { analyseUs, decideUs, policyMs } = timings
  lines.push(
    '',
    row(
      'timings',
      `understood in ${micro(analyseUs)}, judged in ${micro(decideUs)}; policy loaded in ${policyMs.toFixed(0)} ms`,
    ),
  )
  return `${lines.join('\n')}\n`
}

function commandLines(command: CommandFacts, number: number): string[] {
  const { program, options, operands, redirects, env, from, to, via, dynamic, context } = command
  const details = [
    ['route', [...via, program ?? '?'].map(visible).join(' → '), via.length > 0],
    [
      'options',
      options.map(({ name, value }) => visible(value === null ? name : `${name}=${value.text}`)).join(', '),
      options.length > 0,
    ],
    ['operands', operands.map(({ text }) => visible(text)).join(', '), operands.length > 0],
    ['env', [...env].map(([name, { text }]) => visible(`${name}=${text}`)).join(', '), env.size > 0],
    [
      'redirects',
      redirects.map(({ operator, fd, target }) => visible(`${fd ?? ''}${operator} ${target.text}`)).join(', '),
      redirects.length > 0,
    ],
    ['reads from', from.map(visible).join(', '), from.length > 0],
    ['feeds', to.map(visible).join(', '), to.length > 0],
    ['runs as', context.join(', '), context.length > 0],
    ['unknown', dynamic.join(', '), dynamic.length > 0],
  ] as const
  const shown = details.filter(([, , there]) => there)
  return [
    `  ${number}  ${visible(resolvedForm(command)) || '(an assignment)'}`,
    ...shown.map(([name, text]) => `       ${name.padEnd(10)}  ${text}`),
  ]
}

function wordText({ text }: Word): string {
  return text
}

function row(name: string, text: string): string {
  return `${name.padEnd(10)}  ${text}`
}

function micro(us: number): string {
  return `${us.toFixed(us < 10 ? 1 : 0)} µs`
}
