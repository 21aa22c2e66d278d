import { DYNAMIC, type Option, type Word } from './facts.ts'
import { syntaxOf, type OptionSyntax } from './option-syntax.ts'

export type ParsedOptions = {
  readonly flags: ReadonlyMap<string, Word | null>
  readonly options: readonly Option[]
  readonly operands: readonly Word[]
}

const NO_FLAGS: ReadonlyMap<string, Word | null> = new Map()
const NO_OPTIONS: readonly Option[] = []
const DASH = 45

/**
 * Splits the arguments of a program into options and operands, the way that program would: which options take a value and
 * whether options may be clustered comes from `option-syntax.ts`. For a program that is not listed there, `--name value`
 * is an option without value and an operand, and `-abc` is listed both letter by letter and whole.
 */
export function parseOptions(program: string | null, args: readonly Word[]): ParsedOptions {
  let syntax = syntaxOf(program)
  /** The program and the subcommands met so far, as long as they have a syntax of their own. */
  let path = program
  const first = args[0]
  if (first === undefined) return { flags: NO_FLAGS, options: NO_OPTIONS, operands: args }
  if (!args.some(({ text }) => text.charCodeAt(0) === DASH) && !(syntax?.assigns === true || syntax?.bundles === true))
    return { flags: NO_FLAGS, options: NO_OPTIONS, operands: args }
  const options: Option[] = []
  const operands: Word[] = []
  let index = 0
  if (syntax?.bundles === true && /^[A-Za-z]+$/.test(first.text)) index = bundle(first, args, syntax, options)
  for (; index < args.length; index += 1) {
    const word = args[index] as Word
    const { text } = word
    if (text.charCodeAt(0) !== DASH || text.length === 1) {
      if (syntax?.assigns === true) assignment(word, options)
      operands.push(word)
      if (syntax?.stops === true) {
        for (index += 1; index < args.length; index += 1) operands.push(args[index] as Word)
        break
      }
      if (syntax?.subcommands === true && path !== null) {
        path = `${path} ${text}`
        const narrower = syntaxOf(path)
        if (narrower === undefined) path = null
        else syntax = narrower
      }
      continue
    }
    if (text === '--') {
      for (index += 1; index < args.length; index += 1) operands.push(args[index] as Word)
      break
    }
    const next = args[index + 1]
    if (syntax !== undefined && syntax.commands.size > 0 && syntax.commands.has(text.slice(1))) {
      options.push({ name: text.slice(1), value: null })
      index = commandEnd(args, index + 1)
      continue
    }
    const taken =
      text.charCodeAt(1) === DASH
        ? long(word, next, syntax, options)
        : syntax === undefined
          ? unknownShort(word, options)
          : syntax.single
            ? single(word, next, syntax, options)
            : cluster(word, 1, next, syntax, options)
    if (taken) index += 1
  }
  if (options.length === 0) return { flags: NO_FLAGS, options: NO_OPTIONS, operands }
  const flags = new Map<string, Word | null>()
  for (const { name, value } of options) flags.set(name, value)
  return { flags, options, operands }
}

/** Index of the `;` or `{} +` that ends a command among the arguments, or of the last argument. */
export function commandEnd(args: readonly Word[], from: number): number {
  for (let index = from; index < args.length; index += 1) {
    const text = args[index]?.text
    if (text === ';' || (text === '+' && args[index - 1]?.text === '{}')) return index
  }
  return args.length
}

/** `--name`, `--name=value`, `--name value`; true when the next argument was the value. */
function long(word: Word, next: Word | undefined, syntax: OptionSyntax | undefined, options: Option[]): boolean {
  const { text } = word
  const equals = text.indexOf('=')
  const written = equals === -1 ? text.slice(2) : text.slice(2, equals)
  const name = syntax === undefined ? written : completed(written, syntax)
  if (equals !== -1) {
    options.push({ name, value: part(word, equals + 1) })
    return false
  }
  if (next !== undefined && syntax?.valued.has(name) === true) {
    options.push({ name, value: next })
    return true
  }
  options.push({ name, value: null })
  return false
}

/** GNU and git accept a unique beginning of a long name. */
function completed(written: string, syntax: OptionSyntax): string {
  const { names } = syntax
  const at = names.indexOf(`\n${written}`)
  if (at === -1 || written === '' || written.includes('\n') || names.includes(`\n${written}\n`)) return written
  const another = names.includes(`\n${written}`, at + 1)
  return another ? written : names.slice(at + 1, names.indexOf('\n', at + 1))
}

/** `-rf`, `-n5`, `-n 5`: letters up to the first that takes a value, which is the rest or the next argument. */
function cluster(word: Word, from: number, next: Word | undefined, syntax: OptionSyntax, options: Option[]): boolean {
  const { text } = word
  for (let index = from; index < text.length; index += 1) {
    const letter = text.charAt(index)
    if (letter === DYNAMIC) continue
    if (syntax.valued.has(letter)) {
      if (index + 1 < text.length) {
        options.push({ name: letter, value: part(word, index + 1) })
        return false
      }
      options.push({ name: letter, value: next ?? null })
      return next !== undefined
    }
    if (syntax.optional.has(letter)) {
      options.push({ name: letter, value: index + 1 < text.length ? part(word, index + 1) : null })
      return false
    }
    options.push({ name: letter, value: null })
  }
  return false
}

/** `-name value`, `-target=x` of programs whose long options have one dash. */
function single(word: Word, next: Word | undefined, syntax: OptionSyntax, options: Option[]): boolean {
  const { text } = word
  const equals = text.indexOf('=')
  const name = equals === -1 ? text.slice(1) : text.slice(1, equals)
  if (equals !== -1) {
    options.push({ name, value: part(word, equals + 1) })
    return false
  }
  const takes = next !== undefined && syntax.valued.has(name)
  options.push({ name, value: takes ? next : null })
  return takes
}

/** An option of a program nobody described: every reading that makes sense is listed. */
function unknownShort(word: Word, options: Option[]): boolean {
  const { text } = word
  const equals = text.indexOf('=')
  const name = equals === -1 ? text.slice(1) : text.slice(1, equals)
  const value = equals === -1 ? null : part(word, equals + 1)
  if (name.length === 1) {
    options.push({ name, value })
    return false
  }
  if (/^[A-Za-z]{2,4}$/.test(name)) for (const letter of name) options.push({ name: letter, value: null })
  else if (/^[A-Za-z]/.test(name)) options.push({ name: name.charAt(0), value: null })
  options.push({ name, value })
  return false
}

/** The first argument of `tar xzf a.tar`: a cluster without dash, whose values follow in order. */
function bundle(first: Word, args: readonly Word[], syntax: OptionSyntax, options: Option[]): number {
  let index = 1
  for (const letter of first.text) {
    const takes = syntax.valued.has(letter)
    options.push({ name: letter, value: takes ? (args[index] ?? null) : null })
    if (takes && index < args.length) index += 1
  }
  return index
}

/** `if=/dev/zero` of `dd` is an operand and, under its name, an option with a value. */
function assignment(word: Word, options: Option[]): void {
  const equals = word.text.indexOf('=')
  if (equals > 0) options.push({ name: word.text.slice(0, equals), value: part(word, equals + 1) })
}

function part(word: Word, from: number): Word {
  const text = word.text.slice(from)
  return { text, dynamic: word.dynamic, glob: word.glob, span: word.span }
}
