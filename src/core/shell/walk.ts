import {
  type AndOr,
  type ArithmeticExpression,
  type Case,
  type CommandNode,
  type CompoundList,
  type For,
  type Function as FunctionNode,
  type If,
  type ParsedScript,
  type Pipeline,
  type PipelineNode,
  type Redirected,
  type Select,
  type Statement,
  type While,
} from 'unbash'
import { ANALYSIS_DEPTH_MAX, ANALYSIS_LOOP_VALUES_MAX, ANALYSIS_PIPELINE_STAGES_MAX } from '../limits.ts'
import type { AliasChange, AliasTable } from './alias-table.ts'
import { isDoubtful } from './dialects.ts'
import type { Budget } from './budget.ts'
import type { AnalysisInput, Span, Word } from './facts.ts'
import { redirectOnly, simpleCommand } from './command.ts'
import { affordsExpression } from './lazy.ts'
import { asGuess, UNKNOWN } from './parameters.ts'
import { outputOf, outputOfStages } from './producers.ts'
import {
  addReason,
  inside,
  isBroken,
  newRun,
  programsWritingTo,
  type Downstream,
  type Frame,
  type Languages,
  type Run,
} from './run.ts'
import type { Piece } from './pieces.ts'
import { Scope } from './scope.ts'
import type { Source } from './source.ts'
import { visitSubstitutions } from './substitutions.ts'
import { expandWord } from './words.ts'

/** How a whole line is walked. */
export type Walk = {
  readonly aliases: AliasTable | null
  /** Where everything is said to stand; null to go by the tree. */
  readonly span: Span | null
  readonly budget: Budget
  /** What the line does to the aliases, when it has been read before to find that out. */
  readonly changes: ReadonlyMap<string, AliasChange> | null
}

/** Walks the tree of a whole line and returns what was found on the way, even when the budget ends it. */
export function walkLine(input: AnalysisInput, source: Source, languages: Languages, walk: Walk): Run {
  const run = newRun(input, walk.budget, { walk: walkScript, languages }, walk.changes)
  return asDeepAsPossible(run, () => walkWhole(run, input, source, walk))
}

/** What was found before the stack ended stands. */
export function asDeepAsPossible(run: Run, walk: () => void): Run {
  try {
    walk()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    addReason(run, null, 'too-deep')
  }
  return run
}

function walkWhole(run: Run, input: AnalysisInput, source: Source, walk: Walk): void {
  const { text, script, pieces, reason } = source
  const { budget } = run
  if (reason !== null) addReason(run, null, reason)
  if (isBroken(script) || isDoubtful(input.shell, script, budget)) addReason(run, null, 'parse-error')
  walkScript(run, script, rootFrame(input, run, text, pieces, walk))
}

/** The frame of a whole line. */
export function rootFrame(
  input: AnalysisInput,
  run: Run,
  source: string,
  pieces: readonly Piece[] | null,
  { aliases, span }: Pick<Walk, 'aliases' | 'span'>,
): Frame {
  return {
    scope: new Scope(null, input.cwd),
    home: input.home,
    shell: input.shell,
    span,
    substitute: outputOf,
    producing: 0,
    budget: run.budget,
    source,
    pieces,
    aliases,
    via: [],
    context: [],
    depth: 0,
    input: null,
    downstream: null,
    env: null,
    calls: [],
    ownProcess: true,
  }
}

export function walkScript(run: Run, script: ParsedScript, frame: Frame): void {
  if (frame.depth > ANALYSIS_DEPTH_MAX) {
    addReason(run, null, 'too-deep')
    return
  }
  walkStatements(run, script.commands, frame)
}

function walkStatements(run: Run, statements: readonly Statement[], frame: Frame): void {
  for (const statement of statements) {
    if (!run.budget.take(1)) return
    if (statement.background === true) {
      walkNode(run, statement.command, { ...inside(frame, 'background'), scope: frame.scope.fork() })
    } else walkNode(run, statement.command, frame)
  }
}

function walkList(run: Run, list: CompoundList, frame: Frame): void {
  walkStatements(run, list.commands, frame)
}

function walkNode(run: Run, node: PipelineNode | AndOr | CompoundList, frame: Frame): void {
  switch (node.type) {
    case 'Command':
      return simpleCommand(run, node, frame)
    case 'Pipeline':
      return walkPipeline(run, node, frame)
    case 'AndOr':
      return walkAndOr(run, node, frame)
    case 'CompoundList':
      return walkList(run, node, frame)
    case 'Subshell':
      return walkList(run, node.body, { ...frame, scope: frame.scope.fork(), ownProcess: false })
    case 'BraceGroup':
      return walkList(run, node.body, frame)
    case 'If':
      return walkIf(run, node, frame)
    case 'While':
      return walkWhile(run, node, frame)
    case 'For':
    case 'Select':
      return walkFor(run, node, frame)
    case 'ArithmeticFor':
      visitExpression(run, node.initialize, frame)
      visitExpression(run, node.test, frame)
      visitExpression(run, node.update, frame)
      return walkRepeated(run, node.body, inside(frame, 'loop'))
    case 'Case':
      return walkCase(run, node, frame)
    case 'Function':
      return walkFunction(run, node, frame)
    case 'Coproc':
      return walkNode(run, node.body, { ...inside(frame, 'background'), scope: frame.scope.fork() })
    case 'Redirected':
      return walkRedirected(run, node, frame)
    case 'TestCommand':
      return visitSubstitutions(run, node, inside(frame, 'condition'), null)
    case 'ArithmeticCommand':
      return affordsExpression(node, run.budget) ? visitExpression(run, node.expression, frame) : undefined
  }
}

/** Walks a part that may or may not run: what it changes is merged as a possibility. */
function walkBranch(run: Run, list: CompoundList, frame: Frame): boolean {
  const scope = frame.scope.fork()
  walkList(run, list, { ...frame, scope })
  return frame.scope.merge(scope, false, asGuess, UNKNOWN)
}

/** Walks what is repeated. When one round changes what was known before it, the next round is another one. */
function walkRepeated(run: Run, list: CompoundList, frame: Frame): void {
  if (walkBranch(run, list, frame)) walkBranch(run, list, frame)
}

/**
 * `a && b || c`: after `&&` the parts before it are taken to have succeeded, after `||` nothing is; at the end every change
 * made behind an operator is only a possibility.
 */
function walkAndOr(run: Run, node: AndOr, frame: Frame): void {
  const [first] = node.commands
  if (first !== undefined) walkNode(run, first, frame)
  let scope: Scope | null = null
  let assumed = true
  for (let index = 1; index < node.commands.length; index += 1) {
    const command = node.commands[index] as PipelineNode
    if (scope === null || node.operators[index - 1] === '||') {
      if (scope !== null) frame.scope.merge(scope, assumed, asGuess, UNKNOWN)
      scope = frame.scope.fork()
      assumed = node.operators[index - 1] === '&&'
    }
    walkNode(run, command, { ...frame, scope })
  }
  if (scope !== null) frame.scope.merge(scope, assumed, asGuess, UNKNOWN)
}

/** Each stage runs in a process of its own and reads from the ones before it. */
function walkPipeline(run: Run, node: Pipeline, frame: Frame): void {
  const stages = node.commands
  if (stages.length === 1) {
    for (const stage of stages) walkNode(run, stage, frame)
    return
  }
  if (stages.length > ANALYSIS_PIPELINE_STAGES_MAX) addReason(run, null, 'too-long')
  let upstream: readonly string[] = frame.input?.names ?? []
  const downstreams: Downstream[] = []
  for (let index = 0; index < stages.length; index += 1) {
    const stage = stages[index] as CommandNode
    const last = index === stages.length - 1
    const downstream: Downstream = { names: [], parent: frame.downstream }
    const scope = frame.scope.fork()
    const names = upstream
    const start = run.drafts.length
    walkNode(run, stage, {
      ...frame,
      scope,
      downstream,
      input:
        index === 0
          ? frame.input
          : {
              source: 'pipe',
              names,
              text: () =>
                index > ANALYSIS_PIPELINE_STAGES_MAX
                  ? null
                  : outputOfStages(stages.slice(0, index), frame, frame.input?.text() ?? null),
            },
    })
    // zsh runs the last stage in the shell itself, and so does bash with `lastpipe`.
    if (last && frame.shell === 'zsh') frame.scope.merge(scope, true, asGuess, UNKNOWN)
    if (index > ANALYSIS_PIPELINE_STAGES_MAX) continue
    const writers = programsWritingTo(run, start, downstream)
    for (const earlier of downstreams) earlier.names.push(...writers)
    downstreams.push(downstream)
    upstream = [...writers.reverse(), ...upstream]
  }
}

function walkIf(run: Run, node: If, frame: Frame): void {
  walkList(run, node.clause, inside(frame, 'condition'))
  walkBranch(run, node.then, frame)
  for (const branch of node.elif) {
    walkBranch(run, branch.clause, inside(frame, 'condition'))
    walkBranch(run, branch.then, frame)
  }
  if (node.else !== undefined) walkBranch(run, node.else, frame)
}

function walkWhile(run: Run, node: While, frame: Frame): void {
  walkRepeated(run, node.clause, inside(inside(frame, 'loop'), 'condition'))
  walkRepeated(run, node.body, inside(frame, 'loop'))
}

/** A body that uses the loop's variable is walked once per value, as long as all values are known and few. */
function walkFor(run: Run, node: For | Select, frame: Frame): void {
  const values: Word[] = []
  for (const word of node.wordlist ?? []) expandWord(word, frame, values)
  if (node.wordlist !== undefined) for (const word of node.wordlist) visitSubstitutions(run, word, frame, null)
  const name = node.name.value
  const body = inside(frame, 'loop')
  const known =
    node.type === 'For' && node.wordlist !== undefined && values.length > 0 && values.every(({ text }) => text !== '')
  if (!run.budget.take((node.body.end - node.body.pos) / 1_024)) return
  const used = frame.source.slice(node.body.pos, node.body.end).includes(name)
  if (!known || values.length > ANALYSIS_LOOP_VALUES_MAX) {
    frame.scope.set(name, UNKNOWN)
    walkRepeated(run, node.body, body)
    return
  }
  for (const value of used ? values : values.slice(0, 1)) {
    frame.scope.set(name, { text: value.text, dynamic: value.dynamic, glob: value.glob, items: null })
    walkRepeated(run, node.body, body)
  }
}

function walkCase(run: Run, node: Case, frame: Frame): void {
  visitSubstitutions(run, node.word, frame, null)
  for (const item of node.items) {
    for (const pattern of item.pattern) visitSubstitutions(run, pattern, frame, null)
    walkBranch(run, item.body, inside(frame, 'condition'))
  }
}

/** The body is judged where it is written: the function may be called by a later line. */
function walkFunction(run: Run, node: FunctionNode, frame: Frame): void {
  const name = node.name.value
  frame.scope.define(name, {
    length: node.body.end - node.body.pos,
    walk: (each, call) =>
      walkStatements(each, statementsOf(node.body), { ...call, source: frame.source, pieces: frame.pieces }),
  })
  const scope = frame.scope.fork()
  // When it is called, its variables and its directory may be others.
  scope.opaque = true
  scope.cwd = null
  walkNode(run, node.body, {
    ...inside(frame, 'function'),
    scope,
    input: null,
    downstream: { names: [], parent: null },
    calls: [...frame.calls, name],
  })
}

function statementsOf(body: FunctionNode['body']): readonly Statement[] {
  if (body.type === 'CompoundList') return body.commands
  return [{ type: 'Statement', pos: body.pos, end: body.end, command: body, background: undefined }]
}

function walkRedirected(run: Run, node: Redirected, frame: Frame): void {
  const input = redirectOnly(run, node, node.redirects, frame)
  walkNode(run, node.command, { ...frame, input: input ?? frame.input })
}

function visitExpression(run: Run, node: ArithmeticExpression | undefined, frame: Frame): void {
  if (node === undefined) return
  forgetAssigned(node, frame)
  visitSubstitutions(run, node, frame, null)
}

/** A variable that arithmetic assigns has a value nobody computed. */
function forgetAssigned(node: ArithmeticExpression, frame: Frame): void {
  const assigned =
    node.type === 'ArithmeticBinary' && /^(?:[-+*/%&|^]|<<|>>)?=$/.test(node.operator)
      ? node.left
      : node.type === 'ArithmeticUnary' && (node.operator === '++' || node.operator === '--')
        ? node.operand
        : null
  if (assigned?.type === 'ArithmeticWord') frame.scope.set(assigned.value, UNKNOWN)
  if (node.type === 'ArithmeticBinary') {
    forgetAssigned(node.left, frame)
    forgetAssigned(node.right, frame)
  } else if (node.type === 'ArithmeticGroup') forgetAssigned(node.expression, frame)
}
