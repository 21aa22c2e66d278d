import { parseArgs } from 'node:util'
import { CmdaidError } from '../core/errors.ts'
import { nearName } from '../core/policy/near-name.ts'
import { COMMANDS } from './command-table.ts'
import type { Arguments, CommandSpec, OptionSpec } from './command.ts'

export type Invocation = {
  readonly spec: CommandSpec
  readonly words: readonly string[]
  readonly rest: readonly string[]
}

/** The command that `argv` names, with its verb. Throws `CMDAID_ERR_USAGE`. */
export function findCommand(argv: readonly string[]): Invocation {
  const [first = '', ...rest] = argv
  const spec = named(first, COMMANDS, 'command', 'cmdaid --help')
  if (spec.verbs.length === 0 || isHelp(rest[0])) return { spec, words: [first], rest }
  const [second, ...more] = rest
  if (second === undefined) {
    throw usage(`${first} needs a verb`, `one of ${spec.verbs.map(({ name }) => name).join(', ')}`)
  }
  return {
    spec: named(second, spec.verbs, `verb of ${first}`, `cmdaid ${first} --help`),
    words: [first, second],
    rest: more,
  }
}

/** Options and arguments of one command. Throws `CMDAID_ERR_USAGE` for whatever it does not know. */
export function parseArguments({ spec, words, rest }: Invocation): Arguments {
  const { tokens } = parseArgs({
    args: [...rest],
    options: Object.fromEntries(
      spec.options.map(({ name, short, value }) => [
        name,
        { type: value === null ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) } as const,
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const help = `cmdaid ${words.join(' ')} --help`
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const operands: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const option = spec.options.find(({ name }) => name === token.name)
    if (option === undefined) throw unknownOption(token.rawName, spec, help)
    if (option.value === null) {
      if (token.value !== undefined) throw usage(`${token.rawName} takes no value`, `see \`${help}\``)
      flags.add(option.name)
    } else {
      values.set(option.name, checkedValue(option, token.rawName, token.value, help))
    }
  }
  if (!flags.has('help')) checkOperands(spec, words, operands, help)
  return { flags, values, operands }
}

export function usage(message: string, hint: string): CmdaidError {
  return new CmdaidError('CMDAID_ERR_USAGE', message, { hint })
}

function checkedValue(option: OptionSpec, rawName: string, value: string | undefined, help: string): string {
  if (value === undefined) throw usage(`${rawName} needs a value`, `see \`${help}\``)
  if (typeof option.value === 'object' && option.value !== null) {
    for (const word of option.list === true ? value.split(',') : [value]) {
      if (option.value.includes(word)) continue
      const near = nearName(word, option.value)
      const hint = near === null ? `one of ${option.value.join(', ')}` : `did you mean \`${near}\`?`
      throw usage(`${rawName} cannot be ${quoted(word)}`, hint)
    }
  }
  return value
}

function checkOperands(spec: CommandSpec, words: readonly string[], operands: readonly string[], help: string): void {
  const name = words.join(' ')
  const { operand, operandsMin, operandsMax } = spec
  if (operands.length < operandsMin) {
    const what = typeof operand === 'object' ? `one of ${operand.join(', ')}` : OPERAND_NAMES[operand]
    throw usage(`${name} needs ${what}`, `see \`${help}\``)
  }
  if (operands.length > operandsMax) {
    if (operand === 'line') throw usage('more than one command line is given', `quote it: cmdaid ${name} -- 'LINE'`)
    throw usage(`${name} does not take ${quoted(operands[operandsMax] ?? '')}`, `see \`${help}\``)
  }
  if (typeof operand !== 'object') return
  for (const word of operands) {
    if (operand.includes(word)) continue
    const near = nearName(word, operand)
    throw usage(
      `${name} does not know ${quoted(word)}`,
      near === null ? `one of ${operand.join(', ')}` : `did you mean \`${near}\`?`,
    )
  }
}

const OPERAND_NAMES = {
  none: 'nothing',
  line: "a command line: -- 'LINE'",
  file: 'a file',
  directory: 'a directory',
  command: 'a command',
} as const

function unknownOption(rawName: string, spec: CommandSpec, help: string): CmdaidError {
  const near = nearName(
    rawName.replace(/^-+/, ''),
    spec.options.map(({ name }) => name),
  )
  return usage(
    `unknown option ${quoted(rawName)}`,
    near === null ? `see \`${help}\`; a command line goes behind \`--\`` : `did you mean \`--${near}\`?`,
  )
}

function named(word: string, specs: readonly CommandSpec[], kind: string, help: string): CommandSpec {
  const spec = specs.find(({ name }) => name === word)
  if (spec !== undefined) return spec
  const near = nearName(
    word,
    specs.map(({ name }) => name),
  )
  throw usage(`unknown ${kind} ${quoted(word)}`, near === null ? `see \`${help}\`` : `did you mean \`${near}\`?`)
}

function isHelp(word: string | undefined): boolean {
  return word === '--help' || word === '-h'
}

function quoted(word: string): string {
  return `\`${word.length > 64 ? `${word.slice(0, 64)}…` : word}\``
}
