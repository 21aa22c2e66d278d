import { ANALYSIS_CHARACTER_SET_MAX, ANALYSIS_DERIVED_CHARACTERS_MAX } from '../limits.ts'
import { DYNAMIC } from './facts.ts'

/** What a program prints for these arguments and this standard input; null when that is not known here. */
export type TextProgram = (args: readonly string[], input: string, shell: string) => string | null

/**
 * Programs whose output follows from their arguments and input alone, and which are used to spell a command in disguise:
 * `echo bXI= | base64 -d`, `printf '\x72m'`, `rev <<< 'mr'`. Anything else is simply not known.
 */
export function textProgram(name: string): TextProgram | undefined {
  return PROGRAMS.get(name)
}

function echo(args: readonly string[], _input: string, shell: string): string | null {
  let escapes = shell === 'zsh' || shell === 'sh'
  let newline = true
  let from = 0
  while (from < args.length && /^-[neE]+$/.test(args[from] as string)) {
    const flags = args[from] as string
    if (flags.includes('n')) newline = false
    if (flags.includes('e')) escapes = true
    if (flags.includes('E')) escapes = false
    from += 1
  }
  const text = args.slice(from).join(' ')
  return (escapes ? decodeEscapes(text, true) : text) + (newline ? '\n' : '')
}

/** The format is used again until all arguments are, as often as they could be when each use takes one. */
function printf(args: readonly string[]): string | null {
  const [format, ...rest] = args[0] === '--' ? args.slice(1) : args
  if (format === undefined || format.startsWith('-') || format.includes(DYNAMIC)) return null
  const pieces = format.match(/%%|%[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]|[^%]+|%/g) ?? []
  const holes = pieces.filter((piece) => piece.length > 1 && piece.startsWith('%') && piece !== '%%').length
  let output = ''
  let used = 0
  for (;;) {
    for (const piece of pieces) {
      if (piece === '%%' || piece === '%') output += '%'
      else if (!piece.startsWith('%')) output += decodeEscapes(piece, false)
      else {
        const shown = conversion(piece, rest[used] ?? '')
        if (shown === null) return null
        output += shown
        used += 1
      }
    }
    if (holes === 0 || used >= rest.length || output.length > ANALYSIS_DERIVED_CHARACTERS_MAX) return output
  }
}

function conversion(piece: string, argument: string): string | null {
  const kind = piece.charAt(piece.length - 1)
  if (piece.length !== 2) return null
  switch (kind) {
    case 's':
      return argument
    case 'b':
      return decodeEscapes(argument, true)
    case 'c':
      return argument.charAt(0)
    case 'd':
    case 'i':
    case 'u':
      return /^-?\d{0,15}$/.test(argument) ? String(Number(argument)) : null
    case 'x':
      return /^\d{1,15}$/.test(argument) ? Number(argument).toString(16) : null
    case 'o':
      return /^\d{1,15}$/.test(argument) ? Number(argument).toString(8) : null
    default:
      return null
  }
}

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['e', '\x1b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
])

/** `\n`, `\x41`, `\101`, `\u0041`. `leadingZero`: octal is written `\0101`, as `echo` and `%b` want it; both are read. */
export function decodeEscapes(text: string, leadingZero: boolean): string {
  if (!text.includes('\\')) return text
  const octal = leadingZero ? /^(?:0[0-7]{1,3}|[0-7]{1,3})/ : /^[0-7]{1,3}/
  let output = ''
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index)
    if (character !== '\\') {
      output += character
      continue
    }
    const next = text.charAt(index + 1)
    if (next === 'c') return output
    const simple = SIMPLE_ESCAPES.get(next)
    if (simple !== undefined) {
      output += simple
      index += 1
      continue
    }
    const rest = text.slice(index + 1, index + 10)
    const hexadecimal = /^(?:x([\da-fA-F]{1,2})|u([\da-fA-F]{1,4})|U([\da-fA-F]{1,8}))/.exec(rest)
    if (hexadecimal !== null) {
      const code = Number.parseInt(hexadecimal[1] ?? hexadecimal[2] ?? hexadecimal[3] ?? '0', 16)
      output += code <= 0x10ffff ? String.fromCodePoint(code) : ''
      index += hexadecimal[0].length
      continue
    }
    const digits = octal.exec(rest)
    if (digits !== null) {
      output += String.fromCharCode(Number.parseInt(digits[0], 8) & 255)
      index += digits[0].length
      continue
    }
    output += character
  }
  return output
}

function lines(input: string): string[] {
  const all = input.split('\n')
  if (all.at(-1) === '') all.pop()
  return all
}

function unlines(all: readonly string[]): string {
  return all.length === 0 ? '' : `${all.join('\n')}\n`
}

/** `cat`, `tee`: the input itself, as long as no file is read. */
function cat(args: readonly string[], input: string): string | null {
  return args.every((argument) => argument === '-' || argument === '/dev/stdin' || /^-[uAEnstTv]+$/.test(argument))
    ? input
    : null
}

function rev(args: readonly string[], input: string): string | null {
  if (args.length > 0) return null
  return unlines(lines(input).map((line) => Array.from(line).reverse().join('')))
}

function tac(args: readonly string[], input: string): string | null {
  return args.length > 0 ? null : unlines(lines(input).reverse())
}

function base64(args: readonly string[], input: string): string | null {
  let decodes = false
  for (const argument of args) {
    if (/^(?:-[dD]i?|-i[dD]|--d(?:e(?:c(?:o(?:d(?:e)?)?)?)?)?)$/.test(argument)) decodes = true
    else if (argument !== '-' && argument !== '-i' && argument !== '--ignore-garbage') return null
  }
  return decodes ? decodeBase64(input) : null
}

/** `openssl base64 -d`, `openssl enc -d -base64`. */
function openssl(args: readonly string[], input: string): string | null {
  const [mode, ...rest] = args
  const plain = mode === 'base64' ? rest : mode === 'enc' && rest.includes('-base64') ? rest : null
  if (plain === null || !plain.includes('-d')) return null
  return plain.every((argument) => ['-d', '-base64', '-A', '-a'].includes(argument)) ? decodeBase64(input) : null
}

/** Reads base64 into text; bytes that are no ASCII are read as UTF-8, badly formed ones as replacement characters. */
export function decodeBase64(input: string): string | null {
  const compact = input.replaceAll(/[\s=]/g, '')
  if (!/^[A-Za-z0-9+/]*$/.test(compact)) return null
  return fromBytes(base64Bytes(compact))
}

export function base64Bytes(compact: string): number[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const bytes: number[] = []
  let bits = 0
  let count = 0
  for (const character of compact) {
    bits = ((bits << 6) | alphabet.indexOf(character)) & 0xffffff
    count += 6
    if (count < 8) continue
    count -= 8
    bytes.push((bits >> count) & 255)
  }
  return bytes
}

function fromBytes(bytes: readonly number[]): string {
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

/** `xxd -r -p`: hexadecimal digits back into bytes. */
function xxd(args: readonly string[], input: string): string | null {
  const flags = args.join('')
  if (!/^(?:-[rp]+|-ps|-plain|-revert)+$/.test(flags) || !flags.includes('r') || !flags.includes('p')) return null
  const digits = input.replaceAll(/\s/g, '')
  if (!/^(?:[\da-fA-F]{2})*$/.test(digits)) return null
  return fromBytes((digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)))
}

function tr(args: readonly string[], input: string): string | null {
  const [first, second, third] = args
  if (first === '-d' && second !== undefined && third === undefined) {
    const removed = characterSet(second)
    if (removed === null) return null
    const gone = new Set(removed)
    return Array.from(input, (character) => (gone.has(character) ? '' : character)).join('')
  }
  if (first === undefined || second === undefined || third !== undefined || first.startsWith('-')) return null
  const from = characterSet(first)
  const to = characterSet(second)
  const last = to?.at(-1)
  if (from === null || to === null || last === undefined) return null
  const replaced = new Map(from.map((character, index) => [character, to[index] ?? last]))
  return Array.from(input, (character) => replaced.get(character) ?? character).join('')
}

const CLASSES: ReadonlyMap<string, string> = new Map([
  ['lower', 'abcdefghijklmnopqrstuvwxyz'],
  ['upper', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'],
  ['digit', '0123456789'],
  ['space', ' \t\n\v\f\r'],
])

/** `a-z`, `[:lower:]`, `\n` and plain characters. */
function characterSet(text: string): string[] | null {
  const decoded = decodeEscapes(text.replaceAll('[:space:]', ' \t\n\v\f\r'), false)
  const members: string[] = []
  for (let index = 0; index < decoded.length; index += 1) {
    const named = /^\[:(\w+):\]/.exec(decoded.slice(index, index + 12))
    if (named !== null) {
      const characters = CLASSES.get(named[1] ?? '')
      if (characters === undefined) return null
      members.push(...Array.from(characters))
      index += named[0].length - 1
      continue
    }
    const from = decoded.charCodeAt(index)
    const to = decoded.charAt(index + 1) === '-' && index + 2 < decoded.length ? decoded.charCodeAt(index + 2) : from
    if (to < from || members.length + to - from > ANALYSIS_CHARACTER_SET_MAX) return null
    for (let code = from; code <= to; code += 1) members.push(String.fromCharCode(code))
    if (to !== from || decoded.charAt(index + 1) === '-') index += to === from ? 0 : 2
  }
  return members
}

/** `sed s/a/b/` and `s/a/b/g` with plain text on both sides. */
function sed(args: readonly string[], input: string): string | null {
  const script = args[0] === '-e' ? args[1] : args[0]
  if (script === undefined || args.length > (args[0] === '-e' ? 2 : 1)) return null
  const [action, from, to, flags, more] = script.split(script.charAt(1))
  if (action !== 's' || from === undefined || to === undefined || flags === undefined || more !== undefined) return null
  if (from === '' || /[\\^$.*[\]&]/.test(from + to) || !/^g?$/.test(flags)) return null
  return unlines(
    lines(input).map((line) => (flags === 'g' ? line.replaceAll(from, () => to) : line.replace(from, () => to))),
  )
}

/** `head -1`, `head -n 1`, `tail -n 1`. */
function ends(fromEnd: boolean): TextProgram {
  return (args, input) => {
    const match = /^(?:-n ?|-)(\d{1,6})$/.exec(args.join(' '))
    if (match === null && args.length > 0) return null
    const count = match === null ? 10 : Number(match[1])
    const all = lines(input)
    return unlines(fromEnd ? all.slice(Math.max(0, all.length - count)) : all.slice(0, count))
  }
}

/** `cut -c 1-3`, `cut -d: -f2`: one field or one range of characters. */
function cut(args: readonly string[], input: string): string | null {
  const text = args.join(' ')
  const characters = /^-c ?(\d{1,6})(?:-(\d{1,6})?)?$/.exec(text)
  if (characters !== null) {
    const from = Number(characters[1]) - 1
    const to = characters[0].endsWith('-') ? undefined : Number(characters[2] ?? characters[1])
    return unlines(lines(input).map((line) => line.slice(from, to)))
  }
  const field = /^-d ?(.) -f ?(\d{1,4})$/.exec(text)
  if (field === null) return null
  const [, separator = '\t', position] = field
  return unlines(lines(input).map((line) => line.split(separator)[Number(position) - 1] ?? ''))
}

/** A program by name: its directory is not known, its basename is. */
function which(args: readonly string[]): string | null {
  const names = args.filter((argument) => !argument.startsWith('-'))
  const [name] = names
  return names.length === 1 && name !== undefined && !name.includes('/') ? `/${DYNAMIC}/${name}\n` : null
}

function command(args: readonly string[]): string | null {
  return args.length === 2 && args[0] === '-v' ? which(args.slice(1)) : null
}

function basename(args: readonly string[]): string | null {
  const [path] = args
  return args.length === 1 && path !== undefined
    ? `${
        path
          .replace(/(?<=.)\/+$/, '')
          .split('/')
          .at(-1) ?? ''
      }\n`
    : null
}

function dirname(args: readonly string[]): string | null {
  const [path] = args
  if (args.length !== 1 || path === undefined) return null
  const slash = path.lastIndexOf('/')
  return `${slash === -1 ? '.' : slash === 0 ? '/' : path.slice(0, slash)}\n`
}

const PROGRAMS: ReadonlyMap<string, TextProgram> = new Map<string, TextProgram>([
  ['echo', echo],
  ['printf', printf],
  ['cat', cat],
  ['rev', rev],
  ['tac', tac],
  ['base64', base64],
  ['openssl', openssl],
  ['xxd', xxd],
  ['tr', tr],
  ['sed', sed],
  ['head', ends(false)],
  ['tail', ends(true)],
  ['cut', cut],
  ['which', which],
  ['command', command],
  ['type', (args) => (args[0] === '-p' || args[0] === '-P' ? which(args.slice(1)) : null)],
  ['basename', basename],
  ['dirname', dirname],
])

/** Programs that copy or shape what they are given without looking at it: unknown parts pass through them unchanged. */
export const PASSES_UNKNOWN: ReadonlySet<string> = new Set(['echo', 'printf', 'cat', 'which', 'command', 'type'])

/** The argument of PowerShell's `-EncodedCommand`: base64 of UTF-16LE; null when it is none. */
export function decodeBase64Utf16(input: string): string | null {
  const compact = input.replaceAll(/[\s=]/g, '')
  if (!/^[A-Za-z0-9+/]*$/.test(compact)) return null
  return new TextDecoder('utf-16le').decode(Uint8Array.from(base64Bytes(compact)))
}
