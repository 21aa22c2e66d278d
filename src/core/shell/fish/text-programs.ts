import { textProgram, type TextProgram } from '../text-programs.ts'

/** Builtins of fish whose output follows from their arguments and input, where they differ from the programs of that name. */
export function fishTextProgram(name: string): TextProgram | undefined {
  return name === 'echo' ? echo : name === 'string' ? string : undefined
}

/** `-n`, `-s`, `-e`, `-E`; escapes mean something only after `-e`. */
function echo(args: readonly string[]): string | null {
  let from = 0
  const flags = new Set<string>()
  for (; /^-[nesE]+$/.test(args[from] ?? ''); from += 1) for (const flag of (args[from] ?? '').slice(1)) flags.add(flag)
  const text = args.slice(from).join(flags.has('s') ? '' : ' ')
  if (flags.has('e') && text.includes('\\')) return textProgram('printf')?.(['%b', text], '', 'fish') ?? null
  return flags.has('n') ? text : `${text}\n`
}

/** The subcommands of `string` with which a word is put together. */
function string(args: readonly string[], input: string): string | null {
  const [sub = '', ...rest] = args
  const given = rest.filter((arg) => !/^-[nq]$|^--$|^--no-(?:newline|trim-newlines)$/.test(arg))
  if (given.some((arg) => arg.length > 1 && arg.startsWith('-'))) return null
  const lines = (of: readonly string[]): readonly string[] =>
    of.length > 0 ? of : input === '' ? [] : input.replace(/\n$/, '').split('\n')
  const shown = (of: readonly string[]): string => of.map((line) => `${line}\n`).join('')
  switch (sub) {
    case 'join':
      return shown([lines(given.slice(1)).join(given[0] ?? '')])
    case 'join0':
      return null
    case 'lower':
      return shown(lines(given).map((line) => line.toLowerCase()))
    case 'upper':
      return shown(lines(given).map((line) => line.toUpperCase()))
    case 'collect':
      return `${given.length > 0 ? given.join('\n') : input.replace(/\n+$/, '')}\n`
    case 'trim':
      return shown(lines(given).map((line) => line.trim()))
    case 'split':
      return given[0] === undefined || given[0] === ''
        ? null
        : shown(lines(given.slice(1)).flatMap((line) => line.split(given[0] as string)))
    case 'replace': {
      const [from, to] = given
      if (from === undefined || to === undefined || from === '') return null
      return shown(lines(given.slice(2)).map((line) => line.replace(from, () => to)))
    }
    default:
      return null
  }
}
