import { ANALYSIS_EXPANSION_WORDS_MAX, ANALYSIS_PRODUCER_DEPTH_MAX } from '../../limits.ts'
import { DYNAMIC, type Word } from '../facts.ts'
import { UNKNOWN as UNKNOWN_VALUE } from '../parameters.ts'
import type { Frame } from '../run.ts'
import { binary, cast, index, method, staticMethod, unary } from './operations.ts'
import { cmdletNamed } from './cmdlets.ts'
import { known, listed, UNKNOWN, type Piece, type Pieces } from './values.ts'
import type { PsArgument, PsCommand, PsExpression, PsStage, PsStatement } from './syntax.ts'

const STEPS_PER_EXPRESSION = 0.5

/** What an expression is worth, as the texts of its items, as far as that can be said without running it. */
export function evaluate(expression: PsExpression, frame: Frame): Pieces {
  if (!frame.budget.take(STEPS_PER_EXPRESSION)) return UNKNOWN
  switch (expression.type) {
    case 'text': {
      const [first] = expression.parts
      if (expression.parts.length === 1 && typeof first === 'string')
        return [{ text: first, dynamic: first.includes(DYNAMIC), number: !expression.quoted && /^[+-]?\d/.test(first) }]
      let text = ''
      let dynamic = false
      for (const part of expression.parts) {
        const piece: Piece = typeof part === 'string' ? { text: part, dynamic: false } : listed(evaluate(part, frame))
        text += piece.text
        dynamic ||= piece.dynamic
      }
      return frame.budget.takeText(text.length) ? [{ text, dynamic: dynamic || text.includes(DYNAMIC) }] : UNKNOWN
    }
    case 'variable':
      return variable(expression.name, frame)
    case 'statements':
      return outputOfStatements(expression.statements, frame) ?? UNKNOWN
    case 'block':
      return [{ text: frame.source.slice(expression.pos + 1, expression.end - 1), dynamic: false, block: true }]
    case 'hash':
    case 'type':
      return UNKNOWN
    case 'list':
      return bounded(expression.items.flatMap((item) => evaluate(item, frame)))
    case 'unary':
      return unary(expression.operator, evaluate(expression.operand, frame))
    case 'cast':
      return bounded(cast(expression.to, evaluate(expression.operand, frame)))
    case 'binary': {
      const result = binary(expression.operator, evaluate(expression.left, frame), evaluate(expression.right, frame))
      return frame.budget.takeText(result.reduce((sum, { text }) => sum + text.length, 0)) ? bounded(result) : UNKNOWN
    }
    case 'index':
      return index(evaluate(expression.target, frame), evaluate(expression.index, frame))
    case 'member':
      return member(expression, frame)
  }
}

const PATH_PROPERTIES: ReadonlySet<string> = new Set(['fullname', 'pspath', 'path', 'providerpath', 'value'])

function bounded(pieces: Pieces): Pieces {
  return pieces.length > ANALYSIS_EXPANSION_WORDS_MAX ? UNKNOWN : pieces
}

function member({ target, name, args }: Extract<PsExpression, { readonly type: 'member' }>, frame: Frame): Pieces {
  const called = listed(evaluate(name, frame))
  if (called.dynamic) return UNKNOWN
  const values = (args ?? []).map((each) => evaluate(each, frame))
  const method_ = called.text.toLowerCase()
  if (target.type === 'type') return staticMethod(target.name, method_, values)
  // `[Text.Encoding]::Unicode.GetString(bytes)`
  if (target.type === 'member' && target.target.type === 'type' && method_ === 'getstring')
    return staticMethod(
      target.target.name,
      `${listed(evaluate(target.name, frame)).text.toLowerCase()}.getstring`,
      values,
    )
  const of = evaluate(target, frame)
  // What stands for a file among the values is its path.
  if (args === null && PATH_PROPERTIES.has(method_)) return of
  return args === null && method_ !== 'length'
    ? of.every(({ block }) => block === true)
      ? of
      : UNKNOWN
    : method(of, method_, values)
}

/** The items of a variable; names are the same in every case of letters. */
export function variable(written: string, frame: Frame): Pieces {
  const name = written.replace(/^(?:global|script|local|private|using|variable):/, '')
  const { scope } = frame
  const block = scope.get(`{${name}`)
  if (block !== undefined) return [{ text: block.text, dynamic: block.dynamic, block: true }]
  const set = scope.get(name)
  if (set !== undefined) {
    const items: readonly Piece[] = set.items ?? [set]
    return scope.opaque ? items.map((item) => ({ ...item, dynamic: true })) : items
  }
  if (name === 'args' && scope.positionals !== null) return scope.positionals
  switch (name) {
    case 'null':
      return []
    case 'true':
      return [known('True')]
    case 'false':
      return [known('False')]
    case 'home':
    case 'env:home':
    case 'env:userprofile':
      return [known(frame.home ?? '~')]
    case 'pwd':
    case 'env:pwd':
      return scope.cwd === null ? UNKNOWN : [known(scope.cwd)]
    case 'profile':
      return [{ text: `${frame.home ?? '~'}/.config/powershell/Microsoft.PowerShell_profile.ps1`, dynamic: true }]
    default: {
      // Variables that are the same everywhere, out of whose letters other words are put together.
      const usual = USUAL.get(name)
      return usual === undefined ? UNKNOWN : [{ text: usual, dynamic: true }]
    }
  }
}

const USUAL: ReadonlyMap<string, string> = new Map([
  ['shellid', 'Microsoft.PowerShell'],
  ['verbosepreference', 'SilentlyContinue'],
  ['debugpreference', 'SilentlyContinue'],
  ['pshome', 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0'],
  ['env:comspec', 'C:\\Windows\\system32\\cmd.exe'],
  ['env:systemdrive', 'C:'],
  ['env:systemroot', 'C:\\Windows'],
  ['env:windir', 'C:\\Windows'],
])

/** What statements hand on, when it can be computed; else null. */
export function outputOfStatements(statements: readonly PsStatement[], frame: Frame): Pieces | null {
  if (frame.producing >= ANALYSIS_PRODUCER_DEPTH_MAX) return null
  const inner: Frame = { ...frame, scope: frame.scope.fork(), producing: frame.producing + 1 }
  const found: Piece[] = []
  for (const statement of statements) {
    if (statement.type === 'assignment') {
      const value = outputOfStatements([statement.value], inner)
      assign(statement.target, value ?? UNKNOWN, inner)
      continue
    }
    if (statement.type !== 'pipeline') return null
    const output = outputOfStages(statement.stages, inner)
    if (output === null) return null
    found.push(...output)
  }
  return found
}

/** Sets a variable to what was computed. */
export function assign(target: PsExpression, value: Pieces, { scope }: Frame): string | null {
  const variable_ = target.type === 'cast' ? target.operand : target
  if (variable_.type !== 'variable') return null
  const name = variable_.name.replace(/^(?:global|script|local|private|variable):/, '')
  const [first] = value
  const span = { start: 0, end: 0 }
  const items: Word[] = value.map(({ text, dynamic }) => ({ text, dynamic, glob: false, span }))
  const dynamic = items.some((item) => item.dynamic)
  scope.set(
    name,
    first === undefined || value !== UNKNOWN ? { text: first?.text ?? '', dynamic, glob: false, items } : UNKNOWN_VALUE,
  )
  if (first?.block === true)
    scope.set(`{${name}`, { text: first.text, dynamic: first.dynamic, glob: false, items: null })
  return name
}

/** What the stages of a pipeline hand to the next one; null when that is not known. */
export function outputOfStages(stages: readonly PsStage[], frame: Frame): Pieces | null {
  let output: Pieces | null = null
  for (const stage of stages) {
    if (stage.type === 'value') output = evaluate(stage.expression, frame)
    else output = outputOfCommand(stage, output, frame)
  }
  return output !== null && output.some(({ text }) => text === DYNAMIC) ? null : output
}

function outputOfCommand(command: PsCommand, input: Pieces | null, frame: Frame): Pieces | null {
  const name = listed(evaluate(command.name, frame))
  if (name.dynamic || name.block === true) return null
  const program = cmdletNamed(name.text.toLowerCase())
  const values = (): readonly Piece[] =>
    command.args.flatMap((arg) => (arg.type === 'value' ? evaluate(arg.expression, frame) : []))
  switch (program) {
    case 'write-output':
      return values()
    case 'out-string':
    case 'tee-object':
      return input
    case 'get-command':
    case 'get-alias':
    case 'get-item':
    case 'resolve-path':
    case 'convert-path': {
      const all = values()
      return all.some(({ text }) => program.endsWith('d') && /[*?[]/.test(text)) ? null : all
    }
    case 'get-childitem':
    case 'ls': {
      const [of = known('.')] = pathsAmong(command.args, frame)
      return [{ text: `${of.text.replace(/[\\/]$/, '')}/*`, dynamic: of.dynamic, glob: true }]
    }
    case 'join-path': {
      const [first, ...rest] = values()
      return first === undefined
        ? null
        : [
            rest.reduce(
              (path, { text, dynamic }) => ({ text: `${path.text}/${text}`, dynamic: path.dynamic || dynamic }),
              first,
            ),
          ]
    }
    case 'get-location':
      return frame.scope.cwd === null ? null : [known(frame.scope.cwd)]
    case 'foreach-object':
      return forEach(command.args, input, frame)
    default:
      return null
  }
}

function pathsAmong(args: readonly PsArgument[], frame: Frame): Pieces {
  return args.flatMap((arg, at) => {
    if (arg.type === 'parameter') return arg.value === null ? [] : evaluate(arg.value, frame)
    const before = args[at - 1]
    const named =
      before?.type === 'parameter' && before.value === null && /^(?:filt|incl|excl|dep|attr)/i.test(before.name)
    return arg.type === 'value' && !named ? evaluate(arg.expression, frame) : []
  })
}

/** `1..3 | % { [char]$_ }`: a block that is one expression, for every item. */
function forEach(args: readonly PsArgument[], input: Pieces | null, frame: Frame): Pieces | null {
  const [only] = args
  if (input === null || args.length !== 1 || only?.type !== 'value' || only.expression.type !== 'block') return null
  const { statements } = only.expression
  const scope = frame.scope.fork()
  const found: Piece[] = []
  for (const item of input) {
    if (!frame.budget.take(STEPS_PER_EXPRESSION)) return null
    scope.set('_', { text: item.text, dynamic: item.dynamic, glob: false, items: null })
    const output = outputOfStatements(statements, { ...frame, scope })
    if (output === null) return null
    found.push(...output)
  }
  return found
}
