import { DYNAMIC, type Option, type Word } from '../facts.ts'
import type { ParsedOptions } from '../options.ts'
import { ANY_CMDLET, type Cmdlet, type Parameter } from './cmdlets.ts'

/** An argument with its words known. */
export type Argument =
  | { readonly kind: 'parameter'; readonly name: string; readonly word: Word; readonly values: readonly Word[] | null }
  | { readonly kind: 'value'; readonly values: readonly Word[] }

/**
 * Tells parameters from operands as PowerShell does: names may be cut short and written in any case, a switch takes no
 * value, and what has no name goes to the parameters that have a place. Names of parameters are lower case in the result;
 * of several that a beginning may mean, all are taken.
 */
export function bind(described: Cmdlet | undefined, args: readonly Argument[]): ParsedOptions {
  const cmdlet = described ?? ANY_CMDLET
  const options: Option[] = []
  const operands: { readonly place: number; readonly words: readonly Word[] }[] = []
  const free: { readonly at: number; readonly words: readonly Word[] }[] = []
  const used = new Set<Parameter>()
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] as Argument
    if (arg.kind === 'value') {
      free.push({ at, words: arg.values })
      continue
    }
    const meant = parametersOf(cmdlet, arg.name.toLowerCase())
    if (meant.length === 0) {
      options.push({ name: arg.name.toLowerCase(), value: arg.values?.[0] ?? null })
      if (arg.values !== null) free.push({ at, words: arg.values })
      continue
    }
    const valued = meant.some((each) => each.valued)
    const next = args[at + 1]
    let { values } = arg
    if (valued && values === null && next?.kind === 'value') {
      ;({ values } = next)
      at += 1
    }
    for (const parameter of meant) {
      used.add(parameter)
      if (!parameter.valued && values !== null && isOff(parameter, values[0])) continue
      options.push({ name: parameter.name, value: parameter.valued ? (values?.[0] ?? null) : null })
      if (parameter.operand && values !== null)
        operands.push({ place: placeOf(cmdlet, parameter), words: asOperands(parameter, values) })
    }
  }
  const places = cmdlet.positional.filter((parameter) => !used.has(parameter))
  for (const [order, { words }] of free.entries()) {
    const parameter = places[order]
    operands.push({
      place: parameter === undefined ? cmdlet.positional.length + order : placeOf(cmdlet, parameter),
      words: parameter === undefined ? words : asOperands(parameter, words),
    })
    const [first] = words
    if (parameter !== undefined && first !== undefined) options.push({ name: parameter.name, value: first })
  }
  const flags = new Map<string, Word | null>()
  for (const { name, value } of options) flags.set(name, value)
  return { flags, options, operands: operands.toSorted((a, b) => a.place - b.place).flatMap(({ words }) => words) }
}

/** `-Recurse:$false`. A switch that would only try things out counts when it is certain to be on. */
function isOff({ name }: Parameter, value: Word | undefined): boolean {
  if (value === undefined) return false
  return value.dynamic ? name === 'whatif' : /^(?:false|0)$/i.test(value.text)
}

function placeOf({ positional }: Cmdlet, parameter: Parameter): number {
  return Math.max(0, positional.indexOf(parameter))
}

function parametersOf({ parameters }: Cmdlet, written: string): readonly Parameter[] {
  const exact = parameters.get(written)
  if (exact !== undefined) return [exact]
  const found = new Set<Parameter>()
  for (const [name, parameter] of parameters) if (name.startsWith(written)) found.add(parameter)
  return [...found]
}

const PATHS = /path$|^destination$|^source$|^driveletter$/

function asOperands({ name }: Parameter, words: readonly Word[]): readonly Word[] {
  return PATHS.test(name) ? words.map((word) => asPath(word, name.startsWith('literal'))) : words
}

/** A path as rules know them: with slashes, without the name of the provider, patterns active. */
export function asPath(word: Word, literal: boolean): Word {
  const text = word.text
    .replace(/^(?:[\w.]+\\)?filesystem::/i, '')
    .replaceAll('\\', '/')
    .replaceAll(/(?<=.)\/{2,}/g, '/')
  return { ...word, text, glob: !literal && /[*?[]/.test(text.replaceAll(DYNAMIC, '')) }
}

/** `~` means the home directory wherever a cmdlet takes a path, in quotes too. */
export function homed(word: Word, home: string): Word {
  return word.text === '~' || word.text.startsWith('~/') || word.text.startsWith('~\\')
    ? { ...word, text: home + word.text.slice(1).replaceAll('\\', '/') }
    : word
}
