import type { Assignment, Command, Redirected, Redirection } from 'unbash'
import { assign } from './builtins.ts'
import { DYNAMIC, type Redirect, type Word } from './facts.ts'
import { emit, isUnknown, readText } from './invocation.ts'
import { readRedirects } from './redirects.ts'
import { namesAt } from './pieces.ts'
import type { Frame, Input, Run } from './run.ts'
import { holdsScript, newFeeds, visitSubstitutions } from './substitutions.ts'
import { expandText, expandWord, spanOf } from './words.ts'

const NO_ENV: ReadonlyMap<string, Word> = new Map()
const NO_NAMES: readonly string[] = []
const NO_REDIRECTS: readonly Redirect[] = []

/** One simple command of the tree: expands its words, reads its redirects, carries out its assignments. */
export function simpleCommand(run: Run, node: Command, frame: Frame): void {
  const argv: Word[] = []
  let hasScripts = false
  if (node.name !== undefined) {
    expandWord(node.name, frame, argv)
    if (run.budget.exhausted) return
    hasScripts = holdsScript(node.name.text)
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
      // The words read so far are still worth judging.
      if (run.budget.exhausted) break
      if (holdsScript(child.text)) hasScripts = true
    } else if (child.type === 'Assignment') {
      argv.push(declaration(child, frame))
      hasScripts = true
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
  const names = aliasesBehind(node, argv, frame)
  const { redirects, input } =
    redirections === null ? { redirects: NO_REDIRECTS, input: null } : readRedirects(redirections, frame)
  const env = environment(assignments, frame)
  const feeds = hasScripts || redirections !== null ? newFeeds() : null
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
    names.length === 0 ? frame : { ...frame, via: [...frame.via, ...names] },
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
  // Arrays do not fit into the word that a builtin sees.
  if (draft !== null && DECLARATIONS.has(draft.program ?? '')) {
    for (const child of node.suffix) {
      if (child.type === 'Assignment' && child.value.type === 'ArrayValue') assign(run, child, frame)
    }
  }
  if (draft !== null) for (const [name, value] of env) commandVariable(run, name, value, frame)
}

/** The aliases that led to a command, for its route. One of the same name (`alias rm='rm -i'`) says nothing. */
function aliasesBehind({ name }: Command, [program]: readonly Word[], { pieces }: Frame): readonly string[] {
  if (pieces === null || name === undefined) return NO_NAMES
  return namesAt(pieces, name.pos).filter((alias) => alias !== program?.text)
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

const DECLARATIONS: ReadonlySet<string> = new Set(['declare', 'typeset', 'local', 'readonly', 'export'])

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
  'BASH_ALIASES',
  'aliases',
  'galiases',
  'saliases',
  'functions',
])

function commandVariable(run: Run, name: string, value: Word | null, frame: Frame): void {
  if (value === null || !COMMAND_VARIABLES.has(name) || isUnknown(value.text) || value.text === '') return
  readText(run, null, value, { ...frame, scope: frame.scope.fork(), via: [...frame.via, name], input: null })
}
