import type { Assignment } from 'unbash'
import { DYNAMIC, type Word } from './facts.ts'
import { UNKNOWN } from './parameters.ts'
import { pathOf } from './path-of.ts'
import { addReason, type Frame, type Run } from './run.ts'
import { UNSET, type Value } from './scope.ts'
import { textProgram } from './text-programs.ts'
import type { Call } from './wrappers/inner.ts'
import { expandText, expandWord, spanOf } from './words.ts'

/** Carries out one assignment of the line and returns the value as a word. */
export function assign(run: Run, node: Assignment, frame: Frame): Word | null {
  const { name, value, index, append } = node
  if (value.type === 'ArrayValue') {
    const items: Word[] = []
    for (const element of value.elements) expandWord(element, frame, items)
    const before = append === true ? (frame.scope.get(name)?.items ?? []) : []
    const all = [...before, ...items]
    const first = all[0]
    const keyed = value.elements.some(({ text }) => text.startsWith('['))
    const known: Value = { text: first?.text ?? '', dynamic: first?.dynamic ?? false, glob: false, items: all }
    set(run, name, keyed ? UNKNOWN : known, value, frame)
    return null
  }
  const word = expandText(value, frame)
  if (index !== undefined) {
    setItem(run, name, expandText(index, frame).text, word, frame)
    return word
  }
  const before = append === true ? (frame.scope.get(name) ?? UNKNOWN) : null
  const text = before === null ? word.text : before.text + word.text
  const result: Word = { ...word, text, dynamic: word.dynamic || before?.dynamic === true }
  set(run, name, { text, dynamic: result.dynamic, glob: word.glob, items: null }, value, frame)
  return result
}

function set(
  run: Run,
  name: string,
  value: Value,
  node: { readonly pos: number; readonly end: number },
  frame: Frame,
): void {
  frame.scope.set(name, value)
  if (!frame.ownProcess) return
  const span = spanOf(frame, node)
  run.assignments.set(name, { text: value.text, dynamic: value.dynamic, glob: value.glob, span })
}

function setItem(run: Run, name: string, index: string, word: Word, frame: Frame): void {
  const before = frame.scope.get(name)?.items ?? null
  const position = /^\d{1,4}$/.test(index) ? Number(index) : -1
  if (position < 0 || position > (before?.length ?? 0)) {
    frame.scope.set(name, UNKNOWN)
    return
  }
  const items = [...(before ?? [])]
  items[position] = word
  const first = items[0] as Word
  frame.scope.set(name, { text: first.text, dynamic: first.dynamic, glob: first.glob, items })
  if (frame.ownProcess) run.assignments.set(name, first)
}

/** What a builtin changes in the shell that runs it. */
export function applyBuiltin(run: Run, call: Call, frame: Frame): void {
  BUILTINS.get(call.program)?.(run, call, frame)
}

type Effect = (run: Run, call: Call, frame: Frame) => void

function changeDirectory(_run: Run, { operands }: Call, frame: Frame): void {
  const { scope } = frame
  const [target] = operands
  if (operands.length > 1) scope.changeDirectory(null)
  else if (target === undefined) scope.changeDirectory(frame.home)
  else if (target.text === '-') scope.changeDirectory(scope.oldCwd)
  else scope.changeDirectory(target.dynamic || target.glob ? null : pathOf(target, scope.cwd, frame.home))
}

/** `export A=b C`: the words with a value are assignments. */
function declare(run: Run, call: Call, frame: Frame): void {
  const reference = call.program !== 'export' && call.flags.has('n')
  for (const word of call.operands) {
    const match = /^([A-Za-z_]\w*)(\+?=)/.exec(word.text)
    if (match === null) continue
    const [whole, name = '', operator] = match
    const text = word.text.slice(whole.length)
    const before = operator === '+=' ? (frame.scope.get(name) ?? UNKNOWN) : null
    const value: Value = reference
      ? UNKNOWN
      : {
          text: (before?.text ?? '') + text,
          dynamic: word.dynamic || before?.dynamic === true,
          glob: false,
          items: null,
        }
    frame.scope.set(name, value)
    if (frame.ownProcess && call.program !== 'local') {
      run.assignments.set(name, { text: value.text, dynamic: value.dynamic, glob: false, span: word.span })
    }
  }
}

/** `read x <<< text` sets what the text says when it is one line; what comes from elsewhere only the run will show. */
function readVariables(_run: Run, { program, operands, flags, stdinText }: Call, frame: Frame): void {
  const names = operands.map(({ text }) => text).filter((text) => /^[A-Za-z_]\w*$/.test(text))
  if (names.length === 0) names.push('REPLY')
  const input = program === 'read' && !flags.has('d') && !flags.has('a') ? stdinText() : null
  const line = input === null ? null : /^([^\n\\]*)\n?$/.exec(input)?.[1]
  const separators = frame.scope.get('IFS') === undefined
  const fields = line == null || !separators ? null : line.trim().split(/\s+/)
  names.forEach((name, index) => {
    const last = index === names.length - 1
    const text = fields === null ? DYNAMIC : last ? fields.slice(index).join(' ') : (fields[index] ?? '')
    frame.scope.set(name, { text, dynamic: text.includes(DYNAMIC), glob: false, items: null })
  })
  const array = flags.get('a')
  if (array != null) frame.scope.set(array.text, UNKNOWN)
}

function unset(run: Run, { operands }: Call, frame: Frame): void {
  for (const { text, span } of operands) {
    frame.scope.set(text, UNSET)
    if (frame.ownProcess) run.assignments.set(text, { text: '', dynamic: false, glob: false, span })
  }
}

/** `set -- a b`: the positional parameters. */
function setPositionals(_run: Run, { args }: Call, frame: Frame): void {
  const at = args.findIndex(({ text }) => text === '--')
  if (at !== -1) frame.scope.positionals = args.slice(at + 1)
  else if (args.length > 0 && !/^[-+]/.test(args[0]?.text ?? '')) frame.scope.positionals = args
}

function shift(_run: Run, { operands }: Call, frame: Frame): void {
  const count = operands[0] === undefined ? 1 : /^\d{1,3}$/.test(operands[0].text) ? Number(operands[0].text) : null
  const { positionals } = frame.scope
  frame.scope.positionals = count === null || positionals === null ? null : positionals.slice(count)
}

function arithmetic(_run: Run, { args }: Call, frame: Frame): void {
  for (const { text } of args) {
    const name = /^[-+]*([A-Za-z_]\w*)/.exec(text)?.[1]
    if (name !== undefined) frame.scope.set(name, UNKNOWN)
  }
}

/** `printf -v x format…`. */
function printVariable(_run: Run, { args }: Call, frame: Frame): void {
  const [flag, name, ...rest] = args
  if (flag?.text !== '-v' || name === undefined) return
  const known = !rest.some(({ dynamic }) => dynamic)
  const text = known
    ? (textProgram('printf')?.(
        rest.map((word) => word.text),
        '',
        frame.shell,
      ) ?? null)
    : null
  frame.scope.set(
    name.text,
    text === null ? UNKNOWN : { text, dynamic: text.includes(DYNAMIC), glob: false, items: null },
  )
}

/** A file that was read into this process may have changed anything. */
function sourced(_run: Run, _call: Call, frame: Frame): void {
  frame.scope.opaque = true
}

/** `alias name=text`, `alias -g`, `alias -s`. */
function defineAlias(run: Run, { args, flags }: Call, frame: Frame): void {
  if (frame.shell === 'fish' || frame.shell === 'powershell') return
  const kind = flags.has('g') ? 'global' : flags.has('s') ? 'suffix' : 'regular'
  for (const { text } of args) {
    const equals = text.indexOf('=')
    if (equals > 0 && !text.startsWith('-'))
      run.aliasChanges.set(text.slice(0, equals), { kind, value: text.slice(equals + 1) })
  }
}

function removeAlias(run: Run, { operands, flags }: Call, frame: Frame): void {
  const kind = flags.has('s') ? 'suffix' : 'regular'
  for (const { text } of operands) run.aliasChanges.set(text, { kind, value: null })
  if (!flags.has('a') && !flags.has('m')) return
  for (const name of frame.aliases?.[kind].keys() ?? []) run.aliasChanges.set(name, { kind, value: null })
}

/** `fc`, and zsh's `r`, run a line of the history again, which no hook sees. Options that list it or work on its file do not. */
function repeatLine(run: Run, { program, flags }: Call, frame: Frame): void {
  if (program === 'r' && frame.shell !== 'zsh') return
  if (!['l', 'W', 'R', 'A', 'p', 'P'].some((name) => flags.has(name))) addReason(run, null, 'dynamic-eval')
}

const BUILTINS: ReadonlyMap<string, Effect> = new Map<string, Effect>([
  ['fc', repeatLine],
  ['r', repeatLine],
  ['cd', changeDirectory],
  ['chdir', changeDirectory],
  ['pushd', changeDirectory],
  ['popd', (_run, _call, frame) => frame.scope.changeDirectory(null)],
  ['export', declare],
  ['declare', declare],
  ['typeset', declare],
  ['local', declare],
  ['readonly', declare],
  ['read', readVariables],
  ['mapfile', readVariables],
  ['readarray', readVariables],
  ['getopts', readVariables],
  ['unset', unset],
  ['set', setPositionals],
  ['shift', shift],
  ['let', arithmetic],
  ['printf', printVariable],
  ['alias', defineAlias],
  ['unalias', removeAlias],
  ['source', sourced],
  ['.', sourced],
])
