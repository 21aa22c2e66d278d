import { ANALYSIS_LOOP_VALUES_MAX } from '../../limits.ts'
import { DYNAMIC, type Word } from '../facts.ts'
import { emit, readText, type Invocation } from '../invocation.ts'
import { addReason, inside, type Draft, type Frame, type Run } from '../run.ts'
import { UNKNOWN as UNKNOWN_VALUE } from '../parameters.ts'
import { newFeeds } from '../substitutions.ts'
import { spanOf } from '../words.ts'
import { asPath, bind, homed, type Argument } from './bind.ts'
import { cmdletNamed, cmdletOf, shadowed } from './cmdlets.ts'
import { evaluate, variable } from './evaluate.ts'
import { listed, type Piece } from './values.ts'
import type { PsArgument, PsCommand } from './syntax.ts'
import type { Visitor } from './visitor.ts'

const NO_ENV: ReadonlyMap<string, Word> = new Map()

/** One command of a pipeline. */
export function walkCommand(run: Run, command: PsCommand, frame: Frame, visitor: Visitor): void {
  const span = spanOf(frame, command)
  const name = listed(evaluate(command.name, frame))
  const feeds = newFeeds()
  if (command.invoked && (command.name.type === 'block' || name.block === true)) {
    return walkInvokedBlock(run, command, name, frame, visitor)
  }
  const { redirects, input } = visitor.redirects(run, command.redirects, frame, feeds)
  const { args, unknown } = readArguments(run, command.args, frame)
  const visit = (): void => {
    visitor.visit(run, command.name, frame, feeds)
    for (const arg of command.args) visitArgument(run, arg, frame, visitor, feeds)
  }
  const invocation = {
    span,
    redirects,
    stdin: input?.source ?? frame.input?.source ?? 'inherited',
    input,
    env: NO_ENV,
    feeds,
  } as const
  const written = plainName(name.text)
  const nameWord: Word = { text: written, dynamic: name.dynamic, glob: false, span: spanOf(frame, command.name) }
  const draft = emitNamed(run, nameWord, args, invocation, frame, visit)
  if (draft === null) return
  if (unknown) addReason(run, draft, 'dynamic-eval')
  const alias = aliasOf(written, frame)
  const other = alias ?? shadowed(written.toLowerCase())
  if (other === undefined || frame.calls.includes(written)) return
  // The shell tells of its own aliases too.
  if (plainName(other).toLowerCase() === cmdletNamed(written.toLowerCase())) return
  // The same words once more, under the name that they mean to this shell, or on another system.
  const inner: Frame = { ...frame, via: [...frame.via, written], calls: [...frame.calls, written] }
  emitNamed(run, { ...nameWord, text: plainName(other) }, args, { ...invocation, feeds: null }, inner, null)
}

/** The command that the user's own alias stands for. PowerShell does not tell letters of different case apart. */
function aliasOf(name: string, { aliases }: Frame): string | undefined {
  if (aliases === null) return undefined
  const exact = aliases.regular.get(name) ?? aliases.regular.get(name.toLowerCase())
  if (exact !== undefined) return exact
  const lower = name.toLowerCase()
  for (const [each, value] of aliases.regular) if (each.toLowerCase() === lower) return value
  return undefined
}

function emitNamed(
  run: Run,
  name: Word,
  args: readonly Argument[],
  invocation: Omit<Invocation, 'argv' | 'parsed'>,
  frame: Frame,
  visit: (() => void) | null,
): Draft | null {
  const resolved = cmdletNamed(name.text.toLowerCase())
  const program: Word = resolved === name.text.toLowerCase() ? name : { ...name, text: resolved }
  const cmdlet = cmdletOf(resolved)
  const isCmdlet = cmdlet !== undefined || /^[a-z]+-[a-z]\w*$/.test(resolved)
  const words = args.flatMap(wordsOf)
  if (!isCmdlet) {
    const native = words.map((word) =>
      word.text.startsWith('~') && frame.home !== null ? homed(word, frame.home) : word,
    )
    return emit(run, { ...invocation, argv: [program, ...native] }, frame, visit)
  }
  const bound = bind(cmdlet, args)
  const home = frame.home
  let operands = home === null ? bound.operands : bound.operands.map((word) => homed(word, home))
  if (PIPED.has(resolved) && operands.length < (resolved === 'invoke-expression' ? 1 : operandsOf(resolved)))
    operands = [...piped(invocation, name), ...operands]
  return emit(run, { ...invocation, argv: [program, ...words], parsed: { ...bound, operands } }, frame, visit)
}

/** Cmdlets that take files from the pipeline, when they are not given any. */
const PIPED: ReadonlySet<string> = new Set(
  'remove-item get-content clear-content copy-item move-item rename-item invoke-item clear-item set-acl stop-process'.split(
    ' ',
  ),
)

function operandsOf(cmdlet: string): number {
  return cmdlet === 'copy-item' || cmdlet === 'move-item' || cmdlet === 'rename-item' ? 2 : 1
}

function piped({ input }: Omit<Invocation, 'argv' | 'parsed'>, place: Word): readonly Word[] {
  const text = input?.text() ?? null
  if (text === null) return []
  return text
    .split('\n')
    .slice(0, ANALYSIS_LOOP_VALUES_MAX)
    .map((each) => asPath({ text: each, dynamic: each.includes(DYNAMIC), glob: false, span: place.span }, false))
}

/** Without its module, with slashes, without what Windows puts behind the names of programs. */
function plainName(name: string): string {
  const path = name.replaceAll('\\', '/')
  const cmdlet = /^[\w.]+\/([A-Za-z]+-\w+)$/.exec(path)?.[1]
  return cmdlet ?? path.replace(/\.(?:exe|cmd|bat|com)$/i, '')
}

function wordsOf(arg: Argument): readonly Word[] {
  if (arg.kind === 'value') return arg.values
  if (arg.values === null || arg.values.length === 0) return [arg.word]
  const [first] = arg.values
  return [{ ...arg.word, text: `${arg.word.text}:${first?.text ?? ''}`, dynamic: first?.dynamic === true }]
}

function readArguments(
  run: Run,
  nodes: readonly PsArgument[],
  frame: Frame,
): { readonly args: readonly Argument[]; readonly unknown: boolean } {
  const args: Argument[] = []
  let unknown = false
  for (const node of nodes) {
    if (run.budget.exhausted) break
    const span = spanOf(frame, node)
    if (node.type === 'parameter') {
      const word: Word = { text: `-${node.name}`, dynamic: false, glob: false, span }
      const values = node.value === null ? null : evaluate(node.value, frame).map((piece) => toWord(piece, span, false))
      args.push({ kind: 'parameter', name: node.name, word, values })
    } else if (node.type === 'value') {
      const bare = node.expression.type === 'text' && !node.expression.quoted
      args.push({ kind: 'value', values: evaluate(node.expression, frame).map((piece) => toWord(piece, span, bare)) })
    } else {
      const found = splatted(node.name, span, frame)
      if (found === null) unknown = true
      args.push(
        ...(found ?? [{ kind: 'value', values: [{ text: DYNAMIC, dynamic: true, glob: false, span }] } as const]),
      )
    }
  }
  return { args, unknown }
}

function toWord({ text, dynamic, glob = false }: Piece, span: Word['span'], bare: boolean): Word {
  return { text, dynamic, glob: glob || (bare && /[*?[]/.test(text)), span }
}

/** `@name`: the entries of a table as parameters, or the items of a list; null when they are not known. */
function splatted(name: string, span: Word['span'], frame: Frame): readonly Argument[] | null {
  const table = frame.scope.get(`@${name}`)
  if (table?.items != null) {
    const found: Argument[] = []
    for (let at = 0; at + 1 < table.items.length; at += 2) {
      const key = table.items[at] as Word
      const value = table.items[at + 1] as Word
      found.push({ kind: 'parameter', name: key.text.slice(1), word: { ...key, span }, values: [{ ...value, span }] })
    }
    return found
  }
  const items = variable(name, frame)
  if (items.some(({ text }) => text === DYNAMIC)) return null
  return items.map((piece): Argument => {
    const word = toWord(piece, span, false)
    // `@args` hands parameters on as parameters.
    const parameter = name === 'args' ? /^-([A-Za-z]\w*)$/.exec(piece.text)?.[1] : undefined
    return parameter === undefined
      ? { kind: 'value', values: [word] }
      : { kind: 'parameter', name: parameter, word, values: null }
  })
}

function visitArgument(run: Run, arg: PsArgument, frame: Frame, visitor: Visitor, feeds: Invocation['feeds']): void {
  if (arg.type === 'splat') return
  const expression = arg.type === 'value' ? arg.expression : arg.value
  if (expression === null) return
  if (expression.type !== 'block') return visitor.visit(run, expression, frame, feeds)
  // The block of `ForEach-Object`, once for each item that is known.
  const items = frame.input?.text()?.split('\n') ?? null
  const known = items !== null && items.length <= ANALYSIS_LOOP_VALUES_MAX ? items : null
  for (const item of known ?? [null]) {
    const scope = frame.scope.fork()
    scope.set(
      '_',
      item === null ? UNKNOWN_VALUE : { text: item, dynamic: item.includes(DYNAMIC), glob: false, items: null },
    )
    visitor.walk(run, expression.statements, { ...inside(frame, 'function'), scope, depth: frame.depth + 1 })
    if (run.budget.exhausted) return
  }
}

/** `& { … } args`, `. $block`. */
function walkInvokedBlock(run: Run, command: PsCommand, block: Piece, frame: Frame, visitor: Visitor): void {
  const { args } = readArguments(run, command.args, frame)
  for (const arg of command.args) visitArgument(run, arg, frame, visitor, null)
  const scope = frame.scope.fork()
  scope.positionals = args.flatMap(wordsOf)
  const inner: Frame = { ...inside(frame, 'function'), scope, depth: frame.depth + 1 }
  if (command.name.type === 'block') return visitor.walk(run, command.name.statements, inner)
  const span = spanOf(frame, command.name)
  readText(run, null, { text: block.text, dynamic: block.dynamic, glob: false, span }, inner)
}
