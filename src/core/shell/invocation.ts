import { ANALYSIS_DEPTH_MAX } from '../limits.ts'
import type { AliasTable } from './alias-table.ts'
import { applyBuiltin } from './builtins.ts'
import { isDoubtful } from './dialects.ts'
import { DYNAMIC, type Redirect, type ShellName, type Span, type StdinSource, type Word } from './facts.ts'
import { measure, type Measure } from './guard.ts'
import { parseOptions, type ParsedOptions } from './options.ts'
import { pathOf } from './path-of.ts'
import { programOf } from './program.ts'
import { addReason, inside, isBroken, languageOf, spend, type Draft, type Frame, type Input, type Run } from './run.ts'
import { readSource } from './source.ts'
import type { Feeds } from './substitutions.ts'
import type { Call, Inner, InnerCommand, InnerInput, InnerScript } from './wrappers/inner.ts'
import { readsCode, unwrap } from './wrappers/unwrap.ts'

const NO_REDIRECTS: readonly Redirect[] = []
const NOBODY: readonly string[] = []
const TOO_DEEP: Measure = { reason: 'too-deep', steps: 0 }
const STEPS_PER_COMMAND = 5
/** Options are told from operands, and wrappers hand on what is left. */
const STEPS_PER_ARGUMENT = 0.25

/** A program about to run: its words are expanded, its redirects read. */
export type Invocation = {
  readonly argv: readonly Word[]
  readonly span: Span
  readonly redirects: readonly Redirect[]
  readonly stdin: StdinSource
  readonly input: Input | null
  readonly env: ReadonlyMap<string, Word>
  readonly feeds: Feeds | null
  /** Options and operands, when the language has told them apart itself. */
  readonly parsed?: ParsedOptions
}

/**
 * Notes one command, then what its substitutions run (`visit`), then what it runs itself. Null when the line has too many.
 */
export function emit(run: Run, invocation: Invocation, frame: Frame, visit: (() => void) | null): Draft | null {
  if (run.commandsLeft <= 0) {
    addReason(run, null, 'too-long')
    return null
  }
  run.commandsLeft -= 1
  run.budget.take(STEPS_PER_COMMAND + invocation.argv.length * STEPS_PER_ARGUMENT)
  const { argv, feeds, input } = invocation
  const path = argv[0] ?? { text: DYNAMIC, dynamic: true, glob: false, span: invocation.span }
  const named = programOf(path)
  const { certain } = named
  // PowerShell does not tell `Remove-Item` from `remove-item`.
  const program = frame.shell === 'powershell' ? (named.program?.toLowerCase() ?? null) : named.program
  const args = argv.slice(1)
  const parsed = invocation.parsed ?? parseOptions(program, args)
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
  if (feeds !== null && visit !== null && program !== null) feeds.writers.push(program, ...draft.from)
  visit?.()
  if (program === null) {
    addFileFeeders(draft, feeds)
    return draft
  }
  if (run.budget.exhausted) return draft
  const call: Call = {
    program,
    args,
    flags: parsed.flags,
    options: parsed.options,
    operands: parsed.operands,
    stdinText: () => input?.text() ?? null,
  }
  const language = languageOf(run, frame.shell)
  const inners = language === null ? unwrap(call) : language.unwrap(call)
  // `bash file <(…)` runs the file: what feeds its other arguments is data.
  if (inners.some(({ kind }) => kind === 'input') || !readsCode(program)) addFileFeeders(draft, feeds)
  for (const inner of inners) open(run, draft, inner, invocation, frame)
  if (language === null) applyBuiltin(run, call, frame)
  else language.applyBuiltin(run, call, frame)
  callFunction(run, program, args, invocation.span, frame)
  return draft
}

function subcommandOf(operands: readonly Word[]): string | null {
  const first = operands[0]
  return first === undefined || first.text === '' || first.dynamic ? null : first.text
}

function open(run: Run, draft: Draft, inner: Inner, invocation: Invocation, frame: Frame): void {
  if (run.budget.exhausted) return
  switch (inner.kind) {
    case 'command':
      return openCommand(run, draft, inner, invocation, frame)
    case 'script':
      return openScript(run, draft, inner, invocation, frame)
    case 'input':
      return openInput(run, draft, inner, invocation, frame)
    case 'unknown':
      return fedBy(run, draft, invocation)
  }
}

function openCommand(run: Run, draft: Draft, inner: InnerCommand, invocation: Invocation, frame: Frame): void {
  if (frame.via.length >= ANALYSIS_DEPTH_MAX) {
    addReason(run, draft, 'too-deep')
    return
  }
  const { argv, readsStdin } = inner
  const scope = inner.cwd === 'same' ? frame.scope : frame.scope.fork()
  if (inner.cwd !== 'same') scope.cwd = inner.cwd === null ? null : directory(inner.cwd, frame)
  emit(
    run,
    {
      span: spanOfWords(argv),
      argv,
      feeds: invocation.feeds,
      redirects: NO_REDIRECTS,
      stdin: readsStdin ? invocation.stdin : 'inherited',
      input:
        readsStdin || invocation.input === null
          ? invocation.input
          : { source: 'inherited', names: invocation.input.names, text: () => null },
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

function spanOfWords(words: readonly Word[]): Span {
  let start = Number.POSITIVE_INFINITY
  let end = 0
  for (const { span } of words) {
    if (span.start < start) start = span.start
    if (span.end > end) end = span.end
  }
  return { start, end }
}

function directory(word: Word, frame: Frame): string | null {
  return pathOf(word, frame.scope.cwd, frame.home)
}

/** `<(curl x)` among the words or redirects: `curl` feeds this command. */
function addFileFeeders(draft: Draft, feeds: Feeds | null): void {
  if (feeds === null || feeds.intoFiles.length === 0) return
  draft.from = [...feeds.intoFiles, ...draft.from]
  if (draft.program !== null) feeds.files.names.push(draft.program)
}

/** The text is code, and nobody can read it before it runs. A substitution that writes it feeds this command. */
function fedBy(run: Run, draft: Draft, { feeds }: Invocation): void {
  addReason(run, draft, 'dynamic-eval')
  if (feeds === null || feeds.intoWords.length === 0) return
  draft.from = [...feeds.intoWords, ...draft.from]
  if (draft.program !== null) feeds.words.names.push(draft.program)
}

function openScript(run: Run, draft: Draft, inner: InnerScript, invocation: Invocation, frame: Frame): void {
  const { text } = inner
  const scope = inner.process === 'same' && !inner.later ? frame.scope : frame.scope.fork()
  // In text for another machine a substitution is mostly an argument; in text for this one it may be anything.
  const fed = inner.process !== 'elsewhere' && text.dynamic && (invocation.feeds?.intoWords.length ?? 0) > 0
  if (fed || isUnknown(text.text)) {
    fedBy(run, draft, invocation)
    if (inner.process === 'same') scope.opaque = true
  }
  if (isUnknown(text.text)) return
  if (inner.process === 'elsewhere') scope.cwd = null
  if (inner.later) {
    scope.cwd = null
    scope.opaque = true
  }
  if (inner.positionals !== null) scope.positionals = inner.positionals
  readText(
    run,
    draft,
    text,
    {
      ...frame,
      scope,
      via: [...frame.via, inner.label],
      shell: shellOf(inner, frame),
      aliases: aliasesOf(run, inner, frame),
      input: invocation.input,
      ownProcess: inner.process === 'same' && frame.ownProcess,
    },
    inner.partial,
  )
}

/** Code that comes from standard input or from a process substitution. */
function openInput(run: Run, draft: Draft, inner: InnerInput, invocation: Invocation, frame: Frame): void {
  const { input } = invocation
  let text: string | null
  if (inner.file !== null) {
    text = fileText(inner.file, invocation.feeds)
  } else if (input === null || input.source === 'inherited' || input.source === 'file') return
  else text = input.text()
  if (text === null || isUnknown(text)) {
    addReason(run, draft, 'dynamic-eval')
    if (inner.process === 'same') frame.scope.opaque = true
    return
  }
  const code: Word = { text, dynamic: text.includes(DYNAMIC), glob: false, span: (inner.file ?? draft).span }
  if (inner.read !== null) {
    for (const each of inner.read(code)) open(run, draft, each, { ...invocation, input: null }, frame)
    return
  }
  const scope = inner.process === 'same' ? frame.scope : frame.scope.fork()
  if (inner.process === 'elsewhere') scope.cwd = null
  readText(run, draft, code, {
    ...frame,
    scope,
    via: [...frame.via, inner.label],
    shell: shellOf(inner, frame),
    aliases: aliasesOf(run, inner, frame),
    input: null,
    ownProcess: inner.process === 'same' && frame.ownProcess,
  })
}

/** Text that names no shell is read by `sh`, or by the user's own, which in the bash family is much the same. */
function shellOf({ shell, process, label }: InnerScript | InnerInput, frame: Frame): ShellName {
  if (shell !== null) return shell
  const own = process === 'same' || label === 'alias' || (frame.shell !== 'fish' && frame.shell !== 'powershell')
  return own ? frame.shell : 'sh'
}

/** Only the shell itself knows its aliases, and uses them in their own values too. */
function aliasesOf(run: Run, { process, label }: InnerScript | InnerInput, frame: Frame): AliasTable | null {
  return process === 'same' || label === 'alias' ? frame.aliases : run.childAliases
}

/** What a process substitution in a word writes. */
function fileText(word: Word, feeds: Feeds | null): string | null {
  if (feeds === null) return null
  const { span } = word
  const inWord = feeds.fileTexts.find(({ start, end }) => start >= span.start && end <= span.end)
  return (inWord ?? feeds.fileTexts[0])?.text() ?? null
}

/** Parses text that a command makes a shell read, and walks it. */
export function readText(run: Run, draft: Draft | null, word: Word, frame: Frame, partial = false): void {
  const language = languageOf(run, frame.shell)
  if (language !== null) {
    language.readText(run, draft, word, frame, partial)
    return
  }
  const { text } = word
  if (!spend(run, draft, text.length)) return
  const { reason, steps } = frame.depth >= ANALYSIS_DEPTH_MAX ? TOO_DEEP : measure(text)
  if (reason !== null) {
    addReason(run, draft, reason)
    return
  }
  const source = readSource(text, steps, { ...frame, prompt: false }, run.budget)
  if (source === null) {
    addReason(run, draft, 'too-long')
    return
  }
  const { script } = source
  if (source.reason !== null) addReason(run, draft, source.reason)
  if (!partial && (isBroken(script) || isDoubtful(frame.shell, script, run.budget)))
    addReason(run, draft, 'parse-error')
  const start = run.drafts.length
  run.walk(run, script, {
    ...frame,
    source: source.text,
    pieces: source.pieces,
    span: word.span,
    depth: frame.depth + 1,
  })
  noteUnknownNames(run, draft, text, start)
}

/** A name in the text that is unknown because the text was: what the command runs cannot be read. */
export function noteUnknownNames(run: Run, draft: Draft | null, text: string, start: number): void {
  if (!text.includes(DYNAMIC)) return
  for (let index = start; index < run.drafts.length; index += 1) {
    if (run.drafts[index]?.dynamic.includes('dynamic-name') === true) {
      addReason(run, draft, 'dynamic-eval')
      return
    }
  }
}

export function isUnknown(text: string): boolean {
  return text.includes(DYNAMIC) && text.replaceAll(DYNAMIC, '').trim() === ''
}

/** A call of a function that the line defines: its body once more, with what it was given. */
function callFunction(run: Run, program: string, args: readonly Word[], span: Span, frame: Frame): void {
  const known = frame.scope.function(program)
  if (known === undefined || frame.calls.includes(program)) return
  if (!spend(run, null, known.length)) return
  const scope = frame.scope.fork()
  scope.positionals = args
  known.walk(run, {
    ...inside(frame, 'function'),
    scope,
    span,
    via: [...frame.via, program],
    calls: [...frame.calls, program],
    depth: frame.depth + 1,
  })
}
