import {
  parse,
  type Assignment,
  type Command,
  type Function as FunctionNode,
  type Redirected,
  type Redirection,
  type Statement,
} from 'unbash'
import { ANALYSIS_DEPTH_MAX } from '../limits.ts'
import { applyBuiltin, assign } from './builtins.ts'
import { DYNAMIC, type Redirect, type Span, type StdinSource, type Word } from './facts.ts'
import { refusal } from './guard.ts'
import { parseOptions } from './options.ts'
import { pathOf } from './path-of.ts'
import { programOf } from './program.ts'
import { addReason, inside, spanOf, spend, type Draft, type Frame, type Input, type Run } from './run.ts'
import { readRedirects } from './redirects.ts'
import { newFeeds, visitSubstitutions, type Feeds } from './substitutions.ts'
import { unwrap, type Inner } from './unwrap.ts'
import { expandText, expandWord } from './words.ts'

const NO_ENV: ReadonlyMap<string, Word> = new Map()
const NO_REDIRECTS: readonly Redirect[] = []
const NOBODY: readonly string[] = []

/** A program about to run: its words are expanded, its redirects read. */
type Invocation = {
  readonly argv: readonly Word[]
  readonly span: Span
  readonly redirects: readonly Redirect[]
  readonly stdin: StdinSource
  readonly input: Input | null
  readonly env: ReadonlyMap<string, Word>
  readonly feeds: Feeds | null
}

export function simpleCommand(run: Run, node: Command, frame: Frame): void {
  const argv: Word[] = []
  let hasParts = false
  if (node.name !== undefined) {
    expandWord(node.name, frame, argv)
    hasParts = node.name.parts !== undefined
  }
  let redirections: Redirection[] | null = null
  let assignments: Assignment[] | null = null
  for (const child of node.prefix) {
    if (child.type === 'Assignment') (assignments ??= []).push(child)
    else (redirections ??= []).push(child)
  }
  for (const child of node.suffix) {
    if (child.type === 'Word') {
      expandWord(child, frame, argv)
      if (child.parts !== undefined) hasParts = true
    } else if (child.type === 'Assignment') {
      argv.push(declaration(child, frame))
      hasParts = true
    } else (redirections ??= []).push(child)
  }
  const span = spanOf(frame, node)
  if (argv.length === 0 && node.name === undefined) {
    if (redirections !== null) redirectOnly(run, node, redirections, frame)
    for (const assignment of assignments ?? []) {
      visitSubstitutions(run, assignment, frame, null)
      commandVariable(run, assignment.name, assign(run, assignment, frame), frame)
    }
    return
  }
  const { redirects, input } =
    redirections === null ? { redirects: NO_REDIRECTS, input: null } : readRedirects(redirections, frame)
  const env = environment(assignments, frame)
  const feeds = hasParts || redirections !== null ? newFeeds() : null
  const draft = emit(
    run,
    {
      argv,
      span,
      redirects,
      stdin: input?.source ?? frame.input?.source ?? 'inherited',
      input: input ?? frame.input,
      env,
      feeds,
    },
    frame,
    () => {
      for (const assignment of assignments ?? []) visitSubstitutions(run, assignment, frame, null)
      if (feeds !== null) {
        if (node.name !== undefined) visitSubstitutions(run, node.name, frame, feeds)
        for (const child of node.suffix) {
          if (child.type === 'Word' || child.type === 'Assignment') visitSubstitutions(run, child, frame, feeds)
        }
      }
      if (redirections !== null)
        for (const redirection of redirections) visitSubstitutions(run, redirection, frame, feeds)
    },
  )
  if (draft !== null) for (const [name, value] of env) commandVariable(run, name, value, frame)
}

/** A redirection without a command (`> file`) or behind a compound one: listed as the do-nothing program `:`. */
export function redirectOnly(
  run: Run,
  node: Command | Redirected,
  redirections: readonly Redirection[],
  frame: Frame,
): Input | null {
  const { redirects, input } = readRedirects(redirections, frame)
  const span = spanOf(frame, node.type === 'Redirected' ? (redirections[0] ?? node) : node)
  const colon: Word = { text: ':', dynamic: false, glob: false, span }
  emit(
    run,
    { argv: [colon], span, redirects, stdin: input?.source ?? 'inherited', input, env: NO_ENV, feeds: null },
    frame,
    () => {
      for (const redirection of redirections) visitSubstitutions(run, redirection, frame, null)
    },
  )
  return input
}

/**
 * Notes one command, then what its substitutions run (`visit`), then what it runs itself. Null when the line has too many.
 */
function emit(run: Run, invocation: Invocation, frame: Frame, visit: (() => void) | null): Draft | null {
  if (run.commandsLeft <= 0) {
    addReason(run, null, 'too-long')
    return null
  }
  run.commandsLeft -= 1
  const { argv, feeds, input } = invocation
  const path = argv[0] ?? { text: DYNAMIC, dynamic: true, glob: false, span: invocation.span }
  const { program, certain } = programOf(path)
  const args = argv.slice(1)
  const parsed = parseOptions(program, args)
  const draft: Draft = {
    program,
    path,
    args,
    flags: parsed.flags,
    options: parsed.options,
    operands: parsed.operands,
    subcommand: subcommandOf(parsed.operands),
    redirects: invocation.redirects,
    env: invocation.env,
    stdin: invocation.stdin,
    from: input?.names ?? NOBODY,
    via: frame.via,
    cwd: frame.scope.cwd,
    context: frame.context,
    dynamic: [],
    span: invocation.span,
  }
  run.drafts.push(draft)
  run.downstreams.push(frame.downstream)
  if (!certain) addReason(run, draft, 'dynamic-name')
  visit?.()
  if (feeds !== null && feeds.intoFiles.length > 0) {
    draft.from = [...feeds.intoFiles, ...draft.from]
    if (program !== null) feeds.files.names.push(program)
  }
  if (program === null) return draft
  const call = { program, args, flags: parsed.flags, options: parsed.options, operands: parsed.operands }
  for (const inner of unwrap(call)) open(run, draft, inner, invocation, frame)
  applyBuiltin(run, call, frame)
  callFunction(run, program, args, invocation.span, frame)
  return draft
}

function subcommandOf(operands: readonly Word[]): string | null {
  const first = operands[0]
  return first === undefined || first.text === '' || first.dynamic ? null : first.text
}

function open(run: Run, draft: Draft, inner: Inner, invocation: Invocation, frame: Frame): void {
  switch (inner.kind) {
    case 'command':
      return openCommand(run, draft, inner, invocation, frame)
    case 'script':
      return openScript(run, draft, inner, invocation, frame)
    case 'stdin':
      return openStdin(run, draft, inner, invocation, frame)
    case 'unknown':
      return fedBy(run, draft, invocation)
  }
}

type InnerCommand = Extract<Inner, { kind: 'command' }>
type InnerScript = Extract<Inner, { kind: 'script' }>

function openCommand(run: Run, draft: Draft, inner: InnerCommand, invocation: Invocation, frame: Frame): void {
  if (frame.via.length >= ANALYSIS_DEPTH_MAX) {
    addReason(run, draft, 'too-deep')
    return
  }
  const { argv } = inner
  const first = argv[0] as Word
  const last = argv.at(-1) as Word
  const scope = inner.cwd === 'same' ? frame.scope : frame.scope.fork()
  if (inner.cwd !== 'same') scope.cwd = inner.cwd === null ? null : directory(inner.cwd, frame)
  emit(
    run,
    {
      ...invocation,
      argv,
      span: { start: Math.min(first.span.start, last.span.start), end: Math.max(first.span.end, last.span.end) },
      redirects: NO_REDIRECTS,
      env: inner.env === null ? invocation.env : new Map([...invocation.env, ...inner.env]),
    },
    {
      ...frame,
      scope,
      via: [...frame.via, inner.label],
      ownProcess: inner.label === 'builtin' || inner.label === 'command',
    },
    null,
  )
}

function directory(word: Word, frame: Frame): string | null {
  return pathOf(word, frame.scope.cwd, frame.home)
}

/** The text is code, and a substitution wrote some of it: say who, and that nobody has read it. */
function fedBy(run: Run, draft: Draft, { feeds }: Invocation): void {
  addReason(run, draft, 'dynamic-eval')
  if (feeds === null || feeds.intoWords.length === 0) return
  draft.from = [...feeds.intoWords, ...draft.from]
  if (draft.program !== null) feeds.words.names.push(draft.program)
}

function openScript(run: Run, draft: Draft, inner: InnerScript, invocation: Invocation, frame: Frame): void {
  const { text } = inner
  const scope = inner.process === 'same' ? frame.scope : frame.scope.fork()
  const fed = text.dynamic && invocation.feeds !== null && invocation.feeds.intoWords.length > 0
  if (fed || isUnknown(text.text)) {
    fedBy(run, draft, invocation)
    if (inner.process === 'same') scope.opaque = true
  }
  if (isUnknown(text.text)) return
  if (inner.process === 'elsewhere') scope.cwd = null
  if (inner.positionals !== null) scope.positionals = inner.positionals
  readText(run, draft, text, {
    ...frame,
    scope,
    via: [...frame.via, inner.label],
    shell: inner.shell ?? frame.shell,
    input: invocation.input,
    ownProcess: inner.process === 'same' && frame.ownProcess,
  })
}

function openStdin(
  run: Run,
  draft: Draft,
  inner: Extract<Inner, { kind: 'stdin' }>,
  invocation: Invocation,
  frame: Frame,
): void {
  const { input } = invocation
  if (input === null || input.source === 'file' || input.source === 'inherited') return
  const text = input.text()
  if (text === null || isUnknown(text)) {
    addReason(run, draft, 'dynamic-eval')
    return
  }
  readText(
    run,
    draft,
    { text, dynamic: text.includes(DYNAMIC), glob: false, span: draft.span },
    {
      ...frame,
      scope: frame.scope.fork(),
      via: [...frame.via, inner.label],
      shell: inner.shell ?? frame.shell,
      input: null,
      ownProcess: false,
    },
  )
}

/** Parses text that a command makes a shell read, and walks it. */
function readText(run: Run, draft: Draft | null, word: Word, frame: Frame): void {
  const { text } = word
  if (!spend(run, draft, text.length)) return
  const reason = frame.depth >= ANALYSIS_DEPTH_MAX ? 'too-deep' : refusal(text)
  if (reason !== null) {
    addReason(run, draft, reason)
    return
  }
  const script = parse(text)
  if (script.errors !== undefined && script.errors.length > 0) addReason(run, draft, 'parse-error')
  const start = run.drafts.length
  run.walk(run, script, { ...frame, source: text, span: word.span, depth: frame.depth + 1 })
  if (!text.includes(DYNAMIC)) return
  for (let index = start; index < run.drafts.length; index += 1) {
    if (run.drafts[index]?.dynamic.includes('dynamic-name') === true) {
      addReason(run, draft, 'dynamic-eval')
      return
    }
  }
}

function isUnknown(text: string): boolean {
  return text.includes(DYNAMIC) && text.replaceAll(DYNAMIC, '').trim() === ''
}

/** A call of a function that the line defines: its body once more, with what it was given. */
function callFunction(run: Run, program: string, args: readonly Word[], span: Span, frame: Frame): void {
  const known = frame.scope.function(program)
  if (known === undefined || args.length === 0 || frame.calls.includes(program)) return
  const body = known.source.slice(known.node.body.pos, known.node.body.end)
  if (!/\$[{!#]?[\d@*]/.test(body) || !spend(run, null, body.length)) return
  const scope = frame.scope.fork()
  scope.positionals = args
  run.walk(
    run,
    { type: 'Script', pos: 0, end: 0, shebang: undefined, commands: statementsOf(known.node.body) },
    {
      ...inside(frame, 'function'),
      scope,
      source: known.source,
      span,
      via: [...frame.via, program],
      calls: [...frame.calls, program],
      depth: frame.depth + 1,
    },
  )
}

function statementsOf(body: FunctionNode['body']): readonly Statement[] {
  if (body.type === 'CompoundList') return body.commands
  return [{ type: 'Statement', pos: body.pos, end: body.end, command: body, background: undefined }]
}

/** `export A=b` as the program sees it: one word. */
function declaration(node: Assignment, frame: Frame): Word {
  const span = spanOf(frame, node)
  const { value } = node
  if (value.type === 'ArrayValue') return { text: `${node.name}=${DYNAMIC}`, dynamic: true, glob: false, span }
  const word = expandText(value, frame)
  return { ...word, text: `${node.name}${node.append === true ? '+=' : '='}${word.text}`, span }
}

/** Assignments in front of a command, on top of those that a wrapper made. */
function environment(assignments: readonly Assignment[] | null, frame: Frame): ReadonlyMap<string, Word> {
  if (assignments === null) return NO_ENV
  const env = new Map<string, Word>()
  for (const { name, value } of assignments) if (value.type === 'Word') env.set(name, expandText(value, frame))
  return env
}

/** Variables whose value some program hands to a shell. */
const COMMAND_VARIABLES: ReadonlySet<string> = new Set([
  'PROMPT_COMMAND',
  'GIT_SSH_COMMAND',
  'GIT_PAGER',
  'GIT_EDITOR',
  'GIT_SEQUENCE_EDITOR',
  'GIT_EXTERNAL_DIFF',
  'GIT_PROXY_COMMAND',
  'GIT_ASKPASS',
  'SSH_ASKPASS',
  'SUDO_ASKPASS',
  'PAGER',
  'MANPAGER',
  'EDITOR',
  'VISUAL',
  'BROWSER',
  'LESSOPEN',
  'LESSCLOSE',
])

function commandVariable(run: Run, name: string, value: Word | null, frame: Frame): void {
  if (value === null || !COMMAND_VARIABLES.has(name) || isUnknown(value.text) || value.text === '') return
  readText(run, null, value, { ...frame, scope: frame.scope.fork(), via: [...frame.via, name], input: null })
}
