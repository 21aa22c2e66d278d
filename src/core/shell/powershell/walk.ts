import { ANALYSIS_DEPTH_MAX, ANALYSIS_LOOP_VALUES_MAX, ANALYSIS_PIPELINE_STAGES_MAX } from '../../limits.ts'
import { DYNAMIC, type Redirect, type Word } from '../facts.ts'
import { measure } from '../guard.ts'
import { emit, noteUnknownNames } from '../invocation.ts'
import { asGuess, UNKNOWN as UNKNOWN_VALUE } from '../parameters.ts'
import {
  addReason,
  inside,
  programsWritingTo,
  spend,
  type Downstream,
  type Draft,
  type Frame,
  type Input,
  type Run,
} from '../run.ts'
import { newFeeds, type Feeds } from '../substitutions.ts'
import { spanOf } from '../words.ts'
import { walkCommand } from './walk-command.ts'
import { homed } from './bind.ts'
import { defineAlias } from './aliases.ts'
import { assign, evaluate, outputOfStages, outputOfStatements } from './evaluate.ts'
import { callMethod } from './methods.ts'
import { parsePowerShell } from './parse.ts'
import { listed } from './values.ts'
import type { PsExpression, PsRedirect, PsStage, PsStatement } from './syntax.ts'
import type { Visitor } from './visitor.ts'

/** Reads PowerShell text, which something makes PowerShell run, and walks it. */
export function readPowerShell(run: Run, draft: Draft | null, word: Word, frame: Frame, partial = false): void {
  const { text } = word
  if (!spend(run, draft, text.length)) return
  if (frame.depth >= ANALYSIS_DEPTH_MAX) return addReason(run, draft, 'too-deep')
  const { reason, steps } = measure(text)
  if (reason !== null) return addReason(run, draft, reason)
  if (!run.budget.take(steps)) return addReason(run, draft, 'too-long')
  const start = run.drafts.length
  walkPowerShell(
    run,
    draft,
    text,
    { ...frame, source: text, pieces: null, span: word.span, depth: frame.depth + 1 },
    partial,
  )
  noteUnknownNames(run, draft, text, start)
}

/** Parses and walks a text that the guard has let through. */
export function walkPowerShell(run: Run, draft: Draft | null, text: string, frame: Frame, partial = false): void {
  const { statements, broken } = parsePowerShell(text, run.budget)
  if (broken && !partial) addReason(run, draft, 'parse-error')
  walkStatements(run, statements, frame)
}

const VISITOR: Visitor = { visit, walk: walkStatements, redirects: readRedirects }

function walkStatements(run: Run, statements: readonly PsStatement[], frame: Frame): void {
  if (frame.depth > ANALYSIS_DEPTH_MAX) return addReason(run, null, 'too-deep')
  for (const statement of statements) {
    if (!run.budget.take(1)) return
    walkStatement(run, statement, frame)
  }
}

function walkStatement(run: Run, statement: PsStatement, frame: Frame): void {
  switch (statement.type) {
    case 'pipeline': {
      const { stages, join, background } = statement
      if (background) return walkPipeline(run, stages, { ...inside(frame, 'background'), scope: frame.scope.fork() })
      if (join === null) return walkPipeline(run, stages, frame)
      const scope = frame.scope.fork()
      walkPipeline(run, stages, { ...frame, scope })
      frame.scope.merge(scope, join === 'and', asGuess, UNKNOWN_VALUE)
      return
    }
    case 'assignment':
      return walkAssignment(run, statement, frame)
    case 'function':
      return defineFunction(run, statement.name, statement.body, frame)
    case 'compound':
      return walkCompound(run, statement, frame)
  }
}

function walkAssignment(
  run: Run,
  { target, operator, value }: Extract<PsStatement, { readonly type: 'assignment' }>,
  frame: Frame,
): void {
  visit(run, target, frame, null)
  walkStatement(run, value, { ...frame, downstream: { names: [], parent: null } })
  const known = outputOfStatements([value], frame)
  const stage = value.type === 'pipeline' ? value.stages[0] : undefined
  if (stage?.type === 'value' && stage.expression.type === 'hash' && target.type === 'variable')
    setHash(stage.expression.entries, target.name, frame)
  const name = assign(target, known === null || operator !== '=' ? [{ text: DYNAMIC, dynamic: true }] : known, frame)
  if (name === null) return
  if (name.startsWith('alias:'))
    defineAlias(name.slice(6), { ...listed(known ?? []), glob: false, span: spanOf(frame, value) }, frame)
  if (!frame.ownProcess) return
  const word = { ...listed(known ?? [{ text: DYNAMIC, dynamic: true }]), glob: false, span: spanOf(frame, value) }
  const plain: Word = { text: word.text, dynamic: word.dynamic, glob: false, span: word.span }
  run.assignments.set(name.startsWith('env:') ? name.slice(4).toUpperCase() : name, plain)
}

/** `$p = @{ Path = '/'; Recurse = $true }`, for `@p` later. */
function setHash(
  entries: readonly { readonly key: PsExpression; readonly value: PsStatement }[],
  name: string,
  frame: Frame,
): void {
  const span = { start: 0, end: 0 }
  const items = entries.flatMap(({ key, value }): Word[] => {
    const known = listed(outputOfStatements([value], frame) ?? [{ text: DYNAMIC, dynamic: true }])
    return [
      { text: `-${listed(evaluate(key, frame)).text}`, dynamic: false, glob: false, span },
      { text: known.text, dynamic: known.dynamic, glob: false, span },
    ]
  })
  frame.scope.set(`@${name}`, { text: '', dynamic: false, glob: false, items })
}

/** Walks a part that may or may not run. True when something known was lost. */
function walkBranch(run: Run, statements: readonly PsStatement[], frame: Frame): boolean {
  const scope = frame.scope.fork()
  walkStatements(run, statements, { ...frame, scope })
  return frame.scope.merge(scope, false, asGuess, UNKNOWN_VALUE)
}

function walkRepeated(run: Run, statements: readonly PsStatement[], frame: Frame): void {
  if (walkBranch(run, statements, frame)) walkBranch(run, statements, frame)
}

function walkCompound(run: Run, node: Extract<PsStatement, { readonly type: 'compound' }>, frame: Frame): void {
  const { kind, heads, bodies, variable } = node
  walkStatements(run, heads, kind === 'plain' ? frame : inside(frame, 'condition'))
  if (kind === 'plain') {
    for (const body of bodies) walkStatements(run, body, frame)
    return
  }
  if (kind === 'if') {
    for (const body of bodies) walkBranch(run, body, frame)
    return
  }
  const inner = inside(frame, 'loop')
  const values = variable === null ? null : outputOfStatements(heads, frame)
  if (variable === null || values === null || values.length > ANALYSIS_LOOP_VALUES_MAX) {
    if (variable !== null) frame.scope.set(variable, UNKNOWN_VALUE)
    for (const body of bodies) walkRepeated(run, body, inner)
    return
  }
  for (const { text, dynamic } of values) {
    frame.scope.set(variable, { text, dynamic, glob: false, items: null })
    for (const body of bodies) walkRepeated(run, body, inner)
  }
}

/** The body is judged where it is written: the function may be called by a later line. */
function defineFunction(run: Run, name: string, body: readonly PsStatement[], frame: Frame): void {
  frame.scope.define(name, {
    length: body.length,
    walk: (each, call) => walkStatements(each, body, { ...call, source: frame.source, pieces: null }),
  })
  const scope = frame.scope.fork()
  scope.opaque = true
  scope.cwd = null
  walkStatements(run, body, {
    ...inside(frame, 'function'),
    scope,
    input: null,
    downstream: { names: [], parent: null },
    calls: [...frame.calls, name],
  })
}

function walkPipeline(run: Run, stages: readonly PsStage[], frame: Frame): void {
  const [first] = stages
  if (stages.length === 1 && first !== undefined) return walkStage(run, first, frame)
  if (stages.length > ANALYSIS_PIPELINE_STAGES_MAX) addReason(run, null, 'too-long')
  let upstream: readonly string[] = frame.input?.names ?? []
  const downstreams: Downstream[] = []
  for (const [index, stage] of stages.entries()) {
    const downstream: Downstream = { names: [], parent: frame.downstream }
    const names = upstream
    const start = run.drafts.length
    const input: Input | null =
      index === 0
        ? frame.input
        : {
            source: 'pipe',
            names,
            text: () =>
              index > ANALYSIS_PIPELINE_STAGES_MAX
                ? null
                : (outputOfStages(stages.slice(0, index), frame)
                    ?.map(({ text }) => text)
                    .join('\n') ?? null),
          }
    walkStage(run, stage, { ...frame, downstream, input })
    if (index > ANALYSIS_PIPELINE_STAGES_MAX) continue
    const writers = programsWritingTo(run, start, downstream)
    for (const earlier of downstreams) earlier.names.push(...writers)
    downstreams.push(downstream)
    upstream = [...writers.reverse(), ...upstream]
  }
}

function walkStage(run: Run, stage: PsStage, frame: Frame): void {
  if (stage.type === 'command') return walkCommand(run, stage, frame, VISITOR)
  const { expression, redirects } = stage
  visit(run, expression, frame, null)
  if (redirects.length === 0) return
  const feeds = newFeeds()
  const span = spanOf(frame, stage)
  const { redirects: facts, input } = readRedirects(run, redirects, frame, feeds)
  const colon: Word = { text: ':', dynamic: false, glob: false, span }
  emit(run, { argv: [colon], span, redirects: facts, stdin: 'inherited', input, env: new Map(), feeds }, frame, null)
}

/** Walks every statement inside an expression, and what its methods do. */
function visit(run: Run, expression: PsExpression, frame: Frame, feeds: Feeds | null): void {
  if (!run.budget.take(0.125)) return
  switch (expression.type) {
    case 'text':
      for (const part of expression.parts) if (typeof part !== 'string') visit(run, part, frame, feeds)
      return
    case 'variable':
    case 'type':
      return
    case 'statements':
      return visitStatements(run, expression.statements, frame, feeds)
    case 'block':
      // A block runs when somebody calls it, with other variables; it is judged where it is written.
      return walkStatements(run, expression.statements, {
        ...inside(frame, 'function'),
        scope: laterScope(frame),
        depth: frame.depth + 1,
      })
    case 'hash':
      for (const { key, value } of expression.entries) {
        visit(run, key, frame, feeds)
        walkStatement(run, value, frame)
      }
      return
    case 'member': {
      visit(run, expression.target, frame, feeds)
      visit(run, expression.name, frame, feeds)
      for (const each of expression.args ?? []) visit(run, each, frame, feeds)
      if (expression.args !== null) callMethod(run, expression, expression.args, frame, feeds)
      return
    }
    case 'index':
      visit(run, expression.target, frame, feeds)
      return visit(run, expression.index, frame, feeds)
    case 'unary':
    case 'cast':
      return visit(run, expression.operand, frame, feeds)
    case 'binary':
      visit(run, expression.left, frame, feeds)
      return visit(run, expression.right, frame, feeds)
    case 'list':
      for (const item of expression.items) visit(run, item, frame, feeds)
  }
}

function laterScope(frame: Frame): Frame['scope'] {
  const scope = frame.scope.fork()
  if (scope.get('_') === undefined) scope.set('_', UNKNOWN_VALUE)
  return scope
}

function visitStatements(run: Run, statements: readonly PsStatement[], frame: Frame, feeds: Feeds | null): void {
  const downstream: Downstream = feeds?.words ?? { names: [], parent: frame.downstream }
  const start = run.drafts.length
  // Brackets open no scope: what they set stays set.
  walkStatements(run, statements, { ...inside(frame, 'substitution'), downstream, depth: frame.depth + 1 })
  if (feeds !== null) feeds.intoWords.push(...programsWritingTo(run, start, downstream).reverse())
}

function readRedirects(
  run: Run,
  nodes: readonly PsRedirect[],
  frame: Frame,
  feeds: Feeds | null,
): { readonly redirects: readonly Redirect[]; readonly input: Input | null } {
  const redirects: Redirect[] = []
  for (const { operator, fd, target, pos, end } of nodes) {
    if (!frame.budget.take(1)) break
    const span = spanOf(frame, { pos, end })
    if (target !== null) visit(run, target, frame, feeds)
    const value = target === null ? { text: DYNAMIC, dynamic: true } : listed(evaluate(target, frame))
    const word: Word = { text: value.text.replaceAll('\\', '/'), dynamic: value.dynamic, glob: false, span }
    redirects.push({ operator, fd, target: frame.home === null ? word : homed(word, frame.home) })
  }
  return { redirects, input: frame.input }
}
