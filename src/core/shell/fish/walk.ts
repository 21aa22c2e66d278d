import { ANALYSIS_DEPTH_MAX, ANALYSIS_LOOP_VALUES_MAX, ANALYSIS_PIPELINE_STAGES_MAX } from '../../limits.ts'
import { DYNAMIC, type Redirect, type Word } from '../facts.ts'
import { measure } from '../guard.ts'
import { emit, noteUnknownNames, type Invocation } from '../invocation.ts'
import { asGuess, UNKNOWN } from '../parameters.ts'
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
import { expandFish, expandFishText, isPsub, outputOfFish, outputOfFishStages } from './expand.ts'
import { parseFish } from './parse.ts'
import type { FishNode, FishPart, FishRedirect, FishStage, FishStatement, FishWord } from './syntax.ts'

/** Reads fish text, which something makes fish run, and walks it. */
export function readFish(run: Run, draft: Draft | null, word: Word, frame: Frame, partial = false): void {
  const { text } = word
  if (!spend(run, draft, text.length)) return
  if (frame.depth >= ANALYSIS_DEPTH_MAX) return addReason(run, draft, 'too-deep')
  const { reason, steps } = measure(text)
  if (reason !== null) return addReason(run, draft, reason)
  if (!run.budget.take(steps)) return addReason(run, draft, 'too-long')
  const start = run.drafts.length
  walkFish(run, draft, text, { ...frame, source: text, pieces: null, span: word.span, depth: frame.depth + 1 }, partial)
  noteUnknownNames(run, draft, text, start)
}

/** Parses and walks a text that the guard has let through. */
export function walkFish(run: Run, draft: Draft | null, text: string, frame: Frame, partial = false): void {
  const { statements, broken } = parseFish(text, run.budget)
  if (broken && !partial) addReason(run, draft, 'parse-error')
  walkStatements(run, statements, frame)
}

function walkStatements(run: Run, statements: readonly FishStatement[], frame: Frame): void {
  if (frame.depth > ANALYSIS_DEPTH_MAX) return addReason(run, null, 'too-deep')
  for (const statement of statements) {
    if (!run.budget.take(1)) return
    const { join, background } = statement
    if (background) {
      walkPipeline(run, statement.stages, { ...inside(frame, 'background'), scope: frame.scope.fork() })
    } else if (join === null) walkPipeline(run, statement.stages, frame)
    else {
      const scope = frame.scope.fork()
      walkPipeline(run, statement.stages, { ...frame, scope })
      frame.scope.merge(scope, join === 'and', asGuess, UNKNOWN)
    }
  }
}

/** What runs perhaps, or not in this round: its changes are possibilities. True when something known was lost. */
function walkBranch(run: Run, statements: readonly FishStatement[], frame: Frame): boolean {
  const scope = frame.scope.fork()
  walkStatements(run, statements, { ...frame, scope })
  return frame.scope.merge(scope, false, asGuess, UNKNOWN)
}

function walkRepeated(run: Run, statements: readonly FishStatement[], frame: Frame): void {
  if (walkBranch(run, statements, frame)) walkBranch(run, statements, frame)
}

/** Blocks and functions of a pipeline run in the shell itself, so that what they change stays. */
function walkPipeline(run: Run, stages: readonly FishStage[], frame: Frame): void {
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
                : outputOfFishStages(stages.slice(0, index), frame, frame.input?.text() ?? null),
          }
    walkStage(run, stage, { ...frame, downstream, input })
    if (index > ANALYSIS_PIPELINE_STAGES_MAX) continue
    const writers = programsWritingTo(run, start, downstream)
    for (const earlier of downstreams) earlier.names.push(...writers)
    downstreams.push(downstream)
    upstream = [...writers.reverse(), ...upstream]
  }
}

function walkStage(run: Run, stage: FishStage, frame: Frame): void {
  const { node, redirects } = stage
  if (node.type === 'command') return walkCommand(run, stage, node, frame)
  const words = node.type === 'for' ? node.values : node.type === 'block' ? NO_WORDS : node.words
  for (const word of words) visitWord(run, word, frame, null)
  if (redirects.length === 0) return walkBlock(run, node, frame)
  const feeds = newFeeds()
  const read = readRedirects(redirects, frame)
  const place = spanOf(frame, redirects[0] ?? stage)
  const colon: Word = { text: ':', dynamic: false, glob: false, span: place }
  const { redirects: facts, input } = read
  emit(
    run,
    { argv: [colon], span: place, redirects: facts, stdin: input?.source ?? 'inherited', input, env: NO_ENV, feeds },
    frame,
    () => visitRedirects(run, redirects, frame, feeds),
  )
  walkBlock(run, node, { ...frame, input: input ?? frame.input })
}

function walkBlock(run: Run, node: Exclude<FishNode, { readonly type: 'command' }>, frame: Frame): void {
  switch (node.type) {
    case 'block': {
      if (node.kind === 'begin') return walkStatements(run, node.body, frame)
      if (node.kind === 'while') return walkRepeated(run, node.body, inside(frame, 'loop'))
      // The first statement is the condition of the first branch, and always runs.
      walkStatements(run, node.body.slice(0, 1), inside(frame, 'condition'))
      walkBranch(run, node.body.slice(1), frame)
      return
    }
    case 'for': {
      const values: Word[] = []
      for (const word of node.values) expandFish(word, frame, values)
      const body = inside(frame, 'loop')
      if (!run.budget.take((node.body.end - node.body.pos) / 1_024)) return
      if (values.length > ANALYSIS_LOOP_VALUES_MAX || values.some(({ text }) => text === DYNAMIC)) {
        frame.scope.set(node.name, UNKNOWN)
        return walkRepeated(run, node.body.statements, body)
      }
      const used = frame.source.slice(node.body.pos, node.body.end).includes(node.name)
      for (const value of used ? values : values.slice(0, 1)) {
        frame.scope.set(node.name, { text: value.text, dynamic: value.dynamic, glob: value.glob, items: [value] })
        walkRepeated(run, node.body.statements, body)
      }
      return
    }
    case 'switch':
      for (const each of node.cases) walkBranch(run, each.statements, inside(frame, 'condition'))
      return
    case 'function':
      return defineFunction(run, node, frame)
  }
}

/** The body is judged where it is written: the function may be called by a later line. */
function defineFunction(run: Run, node: Extract<FishNode, { readonly type: 'function' }>, frame: Frame): void {
  const name = node.name === null ? DYNAMIC : expandFishText(node.name, frame, spanOf(frame, node.name)).text
  const { body } = node
  frame.scope.define(name, {
    length: body.end - body.pos,
    walk: (inner, call) => walkStatements(inner, body.statements, { ...call, source: frame.source, pieces: null }),
  })
  const scope = frame.scope.fork()
  scope.opaque = true
  scope.cwd = null
  walkStatements(run, body.statements, {
    ...inside(frame, 'function'),
    scope,
    input: null,
    downstream: { names: [], parent: null },
    calls: [...frame.calls, name],
  })
}

const NO_WORDS: readonly FishWord[] = []
const NO_ENV: ReadonlyMap<string, Word> = new Map()

function walkCommand(
  run: Run,
  stage: FishStage,
  { words, env: overrides }: Extract<FishNode, { readonly type: 'command' }>,
  frame: Frame,
): void {
  const argv: Word[] = []
  for (const word of words) {
    expandFish(word, frame, argv)
    if (run.budget.exhausted && argv.length === 0) return
  }
  const span = spanOf(frame, stage)
  const hasParts = words.some(({ parts }) => parts.length !== 1 || parts[0]?.type !== 'text')
  const feeds = hasParts || stage.redirects.length > 0 ? newFeeds() : null
  const visit = (): void => {
    for (const { value } of overrides) visitWord(run, value, frame, null)
    if (hasParts) for (const word of words) visitWord(run, word, frame, feeds)
    visitRedirects(run, stage.redirects, frame, feeds)
  }
  // A name that expands to nothing is an error, unless the rest is a command: then that runs.
  if (argv.length === 0) {
    if (words.length > 0) addReason(run, null, 'dynamic-name')
    return visit()
  }
  const { redirects, input } = readRedirects(stage.redirects, frame)
  const env = new Map(overrides.map(({ name, value }) => [name, expandFishText(value, frame, span)]))
  const invocation: Invocation = {
    argv,
    span,
    redirects,
    stdin: input?.source ?? frame.input?.source ?? 'inherited',
    input: input ?? frame.input,
    env,
    feeds,
  }
  const draft = emit(run, invocation, frame, visit)
  if (draft !== null) callAlias(run, draft, invocation, frame)
}

/** A function that `alias` made in the session: its text, with the words behind it. A name in quotes is the same name. */
function callAlias(run: Run, draft: Draft, { argv, input }: Invocation, frame: Frame): void {
  const [first, ...args] = argv
  if (first === undefined || frame.calls.includes(first.text)) return
  const value = frame.aliases?.regular.get(first.text)
  if (value === undefined || frame.scope.function(first.text) !== undefined) return
  callText(run, draft, first, `${value} $argv`, args, { ...frame, input })
}

function callText(run: Run, draft: Draft, name: Word, text: string, args: readonly Word[], frame: Frame): void {
  const scope = frame.scope.fork()
  scope.positionals = args
  readFish(
    run,
    draft,
    { text, dynamic: false, glob: false, span: draft.span },
    {
      ...frame,
      scope,
      via: [...frame.via, name.text],
      calls: [...frame.calls, name.text],
    },
  )
}

/** What a function made by an `alias` of the line itself does when it is called. */
export function defineFishAlias(name: string, value: string, frame: Frame): void {
  frame.scope.define(name, {
    length: value.length,
    walk: (inner, call) =>
      readFish(
        inner,
        null,
        { text: `${value} $argv`, dynamic: false, glob: false, span: call.span ?? { start: 0, end: 0 } },
        call,
      ),
  })
}

function readRedirects(
  nodes: readonly FishRedirect[],
  frame: Frame,
): { readonly redirects: readonly Redirect[]; readonly input: Input | null } {
  const redirects: Redirect[] = []
  let input: Input | null = null
  for (const { operator, fd, target, pos, end } of nodes) {
    if (!frame.budget.take(1)) break
    redirects.push({ operator, fd, target: expandFishText(target, frame, spanOf(frame, { pos, end })) })
    if (operator !== '<' || (fd !== null && fd !== 0)) continue
    const script =
      target?.parts.length === 1 && target.parts[0]?.type === 'substitution' ? target.parts[0].script : null
    input =
      script !== null && isPsub(script)
        ? { source: 'process-substitution', names: [], text: () => outputOfFish(script, frame) }
        : { source: 'file', names: [], text: () => null }
  }
  return { redirects, input }
}

function visitRedirects(run: Run, redirects: readonly FishRedirect[], frame: Frame, feeds: Feeds | null): void {
  for (const { target } of redirects) if (target !== null) visitWord(run, target, frame, feeds)
}

/** Walks the scripts of every substitution in a word. */
function visitWord(run: Run, { parts }: FishWord, frame: Frame, feeds: Feeds | null): void {
  for (const part of parts) {
    if (part.type === 'substitution') visitSubstitution(run, part, frame, feeds)
    else if (part.type === 'braces') for (const item of part.items) visitWord(run, item, frame, feeds)
    if ((part.type === 'variable' || part.type === 'substitution') && part.index !== null)
      visitWord(run, part.index, frame, null)
  }
}

function visitSubstitution(
  run: Run,
  part: Extract<FishPart, { readonly type: 'substitution' }>,
  frame: Frame,
  feeds: Feeds | null,
): void {
  const { script } = part
  const file = isPsub(script)
  const downstream: Downstream = (file ? feeds?.files : feeds?.words) ?? { names: [], parent: null }
  if (script.broken) addReason(run, null, 'parse-error')
  if (file) feeds?.fileTexts.push({ ...spanOf(frame, part), text: () => outputOfFish(script, frame) })
  const start = run.drafts.length
  walkStatements(run, script.statements, {
    ...inside(frame, 'substitution'),
    // What a substitution sets is set in the shell itself, but nobody counts on it.
    scope: frame.scope.fork(),
    downstream,
    depth: frame.depth + 1,
    ownProcess: false,
  })
  if (feeds === null) return
  const writers = programsWritingTo(run, start, downstream)
    .filter((name) => name !== 'psub')
    .reverse()
  ;(file ? feeds.intoFiles : feeds.intoWords).push(...writers)
}
