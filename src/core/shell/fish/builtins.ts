import { DYNAMIC, type Word } from '../facts.ts'
import { applyBuiltin as applyShared } from '../builtins.ts'
import { readText } from '../invocation.ts'
import { UNKNOWN } from '../parameters.ts'
import type { Frame, Run } from '../run.ts'
import { UNSET } from '../scope.ts'
import type { Call } from '../wrappers/inner.ts'
import { defineFishAlias, readFish } from './walk.ts'

/** What a builtin of fish changes in the shell that runs it. */
export function applyFishBuiltin(run: Run, call: Call, frame: Frame): void {
  switch (call.program) {
    case 'set':
      return setVariable(run, call, frame)
    case 'read':
      return readVariables(call, frame)
    case 'alias':
      return defineAlias(run, call, frame)
    case 'export':
      return exportVariable(run, call, frame)
    case 'cd':
    case 'pushd':
    case 'popd':
    case 'source':
    case '.':
      return applyShared(run, call, frame)
    case 'abbr':
      return abbreviate(run, call, frame)
  }
}

/** `set [-options] name[index] values…`; `-e` takes away, `-a` and `-p` add, `-q`, `-n` and `-S` only ask. */
function setVariable(run: Run, { args }: Call, frame: Frame): void {
  let at = 0
  const flags = new Set<string>()
  for (; at < args.length; at += 1) {
    const text = args[at]?.text ?? ''
    if (text === '--') {
      at += 1
      break
    }
    if (!/^-\D/.test(text)) break
    if (text.startsWith('--')) flags.add(LONG_FLAGS.get(text.slice(2)) ?? '')
    else for (const letter of text.slice(1)) flags.add(letter)
  }
  const target = args[at]
  if (target === undefined || flags.has('q') || flags.has('n') || flags.has('S') || flags.has('L')) return
  const items = args.slice(at + 1)
  const name = /^\w+/.exec(target.text)?.[0]
  if (name === undefined) return
  if (flags.has('e')) {
    for (const { text, span } of args.slice(at)) {
      frame.scope.set(text, { ...UNSET, items: [] })
      if (frame.ownProcess) run.assignments.set(text, { text: '', dynamic: false, glob: false, span })
    }
    return
  }
  if (name !== target.text || target.dynamic) {
    frame.scope.set(name, UNKNOWN)
    return
  }
  const before = flags.has('a') || flags.has('p') ? (frame.scope.get(name)?.items ?? [unknownWord(target)]) : []
  assign(run, name, flags.has('p') ? [...items, ...before] : [...before, ...items], target, frame)
}

const LONG_FLAGS: ReadonlyMap<string, string> = new Map([
  ['erase', 'e'],
  ['append', 'a'],
  ['prepend', 'p'],
  ['query', 'q'],
  ['names', 'n'],
  ['show', 'S'],
])

function assign(run: Run, name: string, items: readonly Word[], target: Word, frame: Frame): void {
  const [first] = items
  const value = { text: first?.text ?? '', dynamic: items.some(({ dynamic }) => dynamic), glob: false, items }
  frame.scope.set(name, value)
  if (!frame.ownProcess) return
  const last = items.at(-1)
  const span = { start: target.span.start, end: Math.max(target.span.end, last?.span.end ?? 0) }
  // Rules look at the whole of it: `PATH` is a list here.
  const text = items.map((item) => item.text).join(name.endsWith('PATH') ? ':' : ' ')
  run.assignments.set(name, { text, dynamic: value.dynamic, glob: false, span })
  if (COMMAND_VARIABLES.has(name) && text !== '' && text !== DYNAMIC) {
    const word: Word = { text, dynamic: value.dynamic, glob: false, span }
    readText(run, null, word, {
      ...frame,
      scope: frame.scope.fork(),
      via: [...frame.via, name],
      input: null,
      shell: 'sh',
    })
  }
}

/** Variables whose value some program hands to a shell. */
const COMMAND_VARIABLES: ReadonlySet<string> = new Set(
  'GIT_SSH_COMMAND GIT_PAGER GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_EXTERNAL_DIFF GIT_PROXY_COMMAND GIT_ASKPASS SSH_ASKPASS SUDO_ASKPASS PAGER MANPAGER EDITOR VISUAL BROWSER LESSOPEN LESSCLOSE'.split(
    ' ',
  ),
)

function unknownWord({ span }: Word): Word {
  return { text: DYNAMIC, dynamic: true, glob: false, span }
}

/** `export A=b`, a function that fish has for people who come from elsewhere. */
function exportVariable(run: Run, { operands }: Call, frame: Frame): void {
  for (const word of operands) {
    const equals = word.text.indexOf('=')
    if (equals <= 0) continue
    assign(run, word.text.slice(0, equals), [{ ...word, text: word.text.slice(equals + 1) }], word, frame)
  }
}

function readVariables({ operands }: Call, frame: Frame): void {
  for (const { text } of operands) if (/^\w+$/.test(text)) frame.scope.set(text, UNKNOWN)
}

/** `alias name value`, `alias name=value`: a function from now on. What it will run is judged here. */
function defineAlias(run: Run, { operands }: Call, frame: Frame): void {
  const [first, ...rest] = operands
  if (first === undefined) return
  const equals = first.text.indexOf('=')
  if (equals <= 0 && rest.length === 0) return
  const name = equals > 0 ? first.text.slice(0, equals) : first.text
  const value = equals > 0 ? first.text.slice(equals + 1) : rest.map(({ text }) => text).join(' ')
  defineFishAlias(name, value, frame)
  if (equals > 0) return
  const word: Word = { text: value, dynamic: rest.some(({ dynamic }) => dynamic), glob: false, span: first.span }
  readFish(run, null, word, later(frame, 'alias'), true)
}

/** `abbr --add name text`: what will stand in a later line. */
function abbreviate(run: Run, { operands }: Call, frame: Frame): void {
  const [name, ...rest] = operands
  if (name === undefined || rest.length === 0) return
  const word: Word = {
    text: rest.map(({ text }) => text).join(' '),
    dynamic: rest.some(({ dynamic }) => dynamic),
    glob: false,
    span: name.span,
  }
  readFish(run, null, word, later(frame, 'abbr'), true)
}

/** What runs at another time, when variables and the directory may be others. */
function later(frame: Frame, label: string): Frame {
  const scope = frame.scope.fork()
  scope.cwd = null
  scope.opaque = true
  return { ...frame, scope, via: [...frame.via, label], input: null, ownProcess: false }
}
