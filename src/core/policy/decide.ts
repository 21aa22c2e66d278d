import { DECISION_END_COMMANDS, DECISION_END_WORDS_MAX, DECISION_HITS_MAX } from '../limits.ts'
import type { Analysis, CommandFacts, DynamicReason } from '../shell/facts.ts'
import { type DecisionContext, STEPS_PER_TEST, type Scene, sceneOf } from './scene.ts'
import { EFFECTS, type Decision, type Effect, RISKS, type RuleHit } from './decision.ts'
import { resolvedForm } from './resolved.ts'
import {
  type Candidate,
  type CompiledException,
  type CompiledPolicy,
  type CompiledRule,
  type CompiledScope,
  candidates,
} from './table.ts'

/**
 * Judges one analysed line: every rule over every command, less what exceptions silence; the strictest effect wins, and
 * among equals the highest risk, then the first in the line, then the id. Neither the order of documents nor that of rules
 * counts.
 */
export function decide(policy: CompiledPolicy, analysis: Analysis, context: DecisionContext): Decision {
  let scene = sceneOf(analysis, context)
  let hits: RuleHit[] = []
  const judge = (command: CommandFacts, found: readonly Candidate[]): void => {
    const matched: CompiledRule[] = []
    for (const { rule, test } of found) {
      if (!scene.budget.take(STEPS_PER_TEST)) return
      if (!inScope(rule.scope, command, context)) continue
      // It has matched in another way.
      if (matched.includes(rule)) continue
      const matches = test(command, scene) && exceptionTo(policy, rule, command, scene) === undefined
      // A test that could not be finished says nothing.
      if (scene.budget.exhausted) return
      if (!matches) continue
      matched.push(rule)
      hits.push(hitOf(rule, command, context))
      // Far more hits than anyone reads: keep the strictest, so that a long line cannot fill the memory.
      if (hits.length >= 2 * DECISION_HITS_MAX) hits = hits.sort(byStrictness).slice(0, DECISION_HITS_MAX)
    }
  }
  for (const command of inOrderOfCost(analysis.commands)) {
    if (!scene.budget.take(STEPS_PER_TEST * (1 + command.from.length + command.to.length))) break
    judge(command, candidates(policy, command, analysis, context.home))
  }
  const complete = !scene.budget.exhausted
  const line = lineAsCommand(complete ? analysis : withReason(analysis, 'too-long'))
  if (line !== null) {
    // What the line as a whole is judged by must not depend on what its commands left over.
    scene = sceneOf(analysis, context)
    judge(line, candidatesOfLine(policy, analysis, line))
  }

  hits.sort(byStrictness)
  const winner = hits[0]
  return {
    effect: winner?.effect ?? 'allow',
    risk: winner?.risk ?? 'safe',
    mode: policy.mode,
    rule: winner?.rule ?? null,
    reason: winner?.reason ?? '',
    hits: hits.length > DECISION_HITS_MAX ? hits.slice(0, DECISION_HITS_MAX) : hits,
    policyHash: policy.hash,
  }
}

/**
 * The short ones first: a command of thousands of words must not keep the others from being judged. Those near an end of the
 * line before all others, so that hundreds in front of a command do not either.
 */
function inOrderOfCost(commands: readonly CommandFacts[]): readonly CommandFacts[] {
  if (commands.length === 1) return commands
  if (commands.length <= 2 * DECISION_END_COMMANDS) return commands.toSorted((a, b) => costOf(a) - costOf(b))
  const atEnds = [...commands.slice(-DECISION_END_COMMANDS), ...commands.slice(0, DECISION_END_COMMANDS)]
  const first = atEnds.filter((command) => costOf(command) <= DECISION_END_WORDS_MAX)
  const taken = new Set(first)
  const others = commands.filter((command) => !taken.has(command))
  return [...first, ...others.sort((a, b) => costOf(a) - costOf(b))]
}

function costOf({ args, redirects, from, to }: CommandFacts): number {
  return args.length + redirects.length + from.length + to.length
}

function withReason(analysis: Analysis, reason: DynamicReason): Analysis {
  return analysis.dynamic.includes(reason) ? analysis : { ...analysis, dynamic: [...analysis.dynamic, reason] }
}

export function inScope(
  scope: CompiledScope | null,
  command: CommandFacts,
  { actor, shell, home }: DecisionContext,
): boolean {
  if (scope === null) return true
  if (scope.actors !== null && !scope.actors.has(actor.kind)) return false
  if (scope.agents !== null && (actor.name === null || !scope.agents.has(actor.name))) return false
  if (scope.shells !== null && !scope.shells.has(shell)) return false
  return scope.directories === null || (command.cwd !== null && scope.directories(command.cwd, home))
}

/** The exception that takes back what `rule` says of `command`; undefined when there is none. */
export function exceptionTo(
  policy: CompiledPolicy,
  rule: CompiledRule,
  command: CommandFacts,
  scene: Scene,
): CompiledException | undefined {
  const exceptions = policy.exceptionsOf.get(rule.id)
  if (exceptions === undefined) return undefined
  // A line that changes where programs are found cannot ask for trust in their names.
  if (scene.analysis.assignments.has('PATH') || command.env.has('PATH')) return undefined
  return exceptions.find(
    (exception) => inScope(exception.scope, command, scene.context) && exception.test(command, scene),
  )
}

function hitOf(rule: CompiledRule, command: CommandFacts, context: DecisionContext): RuleHit {
  return {
    rule: rule.id,
    effect: effectFor(rule.effect, context),
    risk: rule.risk,
    reason: rule.reason,
    suggest: rule.suggest,
    owner: rule.owner,
    url: rule.url,
    span: command.span,
    route: command.program === null ? command.via : [...command.via, command.program],
    resolved: resolvedForm(command),
  }
}

/** Only a person at a terminal can confirm; for everyone else somebody must approve. */
function effectFor(effect: CompiledRule['effect'], { actor, interactive }: DecisionContext): Effect {
  const wanted = actor.kind === 'agent' ? effect.agent : effect.human
  return wanted === 'confirm' && (actor.kind === 'agent' || !interactive) ? 'approve' : wanted
}

/**
 * What concerns the line and none of its commands: a parse error, an assignment without a command. Rules see it as a
 * command without a program. Null when there is nothing of the kind.
 */
export function lineAsCommand({ commands, dynamic, assignments }: Analysis): CommandFacts | null {
  const own = dynamic.filter((reason) => !commands.some((command) => command.dynamic.includes(reason)))
  if (own.length === 0 && assignments.size === 0) return null
  const end = Math.max(0, ...[...assignments.values()].map(({ span }) => span.end))
  return {
    program: null,
    path: null,
    args: [],
    flags: new Map(),
    options: [],
    operands: [],
    subcommand: null,
    redirects: [],
    env: new Map(),
    stdin: 'inherited',
    from: [],
    to: [],
    via: [],
    cwd: commands[0]?.cwd ?? null,
    context: [],
    dynamic: own,
    span: { start: 0, end },
  }
}

/** Rules that may match the line as a whole. */
export function candidatesOfLine(
  policy: CompiledPolicy,
  { assignments }: Analysis,
  line: CommandFacts,
): readonly Candidate[] {
  const found = new Set<CompiledRule>()
  for (const reason of line.dynamic)
    for (const { rule } of policy.table.get(`dynamic ${reason}`)?.candidates ?? []) found.add(rule)
  for (const name of assignments.keys())
    for (const { rule } of policy.table.get(`assignment ${name}`)?.candidates ?? []) found.add(rule)
  return [...found].map((rule) => ({ rule, test: rule.test }))
}

function byStrictness(a: RuleHit, b: RuleHit): number {
  return (
    EFFECTS.indexOf(b.effect) - EFFECTS.indexOf(a.effect) ||
    RISKS.indexOf(b.risk) - RISKS.indexOf(a.risk) ||
    a.span.start - b.span.start ||
    (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0)
  )
}
