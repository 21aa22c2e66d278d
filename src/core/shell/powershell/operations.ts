import { ANALYSIS_EXPANSION_WORDS_MAX } from '../../limits.ts'
import { base64Bytes } from '../text-programs.ts'
import { isUnknown, known, listed, UNKNOWN, type Piece, type Pieces } from './values.ts'

/** `a + b`, `a -f b`, `a -join b` and others out of which words are put together. What is not listed is unknown. */
export function binary(operator: string, left: Pieces, right: Pieces): Pieces {
  const dynamic = [...left, ...right].some((piece) => piece.dynamic)
  const [first] = left
  switch (operator) {
    case '+': {
      if (left.length === 1 && first !== undefined) {
        const second = listed(right)
        if (first.number === true && second.number === true)
          return numeric(Number(first.text) + Number(second.text), dynamic)
        return [{ text: first.text + second.text, dynamic }]
      }
      return [...left, ...right]
    }
    case '-':
    case '%':
    case '-band':
    case '-bxor': {
      const a = Number(first?.text ?? Number.NaN)
      const b = Number(listed(right).text)
      if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return UNKNOWN
      return numeric(
        operator === '-' ? a - b : operator === '%' ? a % b : operator === '-band' ? a & b : a ^ b,
        dynamic,
      )
    }
    case '*': {
      const count = Number(listed(right).text)
      if (first === undefined || left.length > 1 || !(count >= 0 && count <= 64)) return UNKNOWN
      if (first.number === true) return numeric(Number(first.text) * count, dynamic)
      return [{ text: first.text.repeat(count), dynamic }]
    }
    case '..': {
      const from = Number(first?.text ?? Number.NaN)
      const to = Number(listed(right).text)
      if (!Number.isInteger(from) || !Number.isInteger(to) || Math.abs(from - to) > ANALYSIS_EXPANSION_WORDS_MAX)
        return UNKNOWN
      return Array.from({ length: Math.abs(to - from) + 1 }, (_, at) => number(from + (to < from ? -at : at)))
    }
    case '-f':
      return first === undefined ? UNKNOWN : [format(first, right)]
    case '-join':
      return [{ text: left.map(({ text }) => text).join(listed(right).text), dynamic }]
    case '-split':
    case '-csplit':
    case '-isplit': {
      const by = listed(right).text
      const literal = literalOf(by)
      if (isUnknown(left) || literal === null || literal === '') return UNKNOWN
      return left.flatMap(({ text }) => text.split(literal).map(known))
    }
    case '-replace':
    case '-creplace':
    case '-ireplace': {
      const literal = literalOf(right[0]?.text ?? '')
      if (isUnknown(left) || isUnknown(right) || literal === null || literal === '' || right.length > 2) return UNKNOWN
      return left.map((piece) => ({
        ...piece,
        text: replaceAll(piece.text, literal, right[1]?.text ?? '', operator === '-creplace'),
      }))
    }
    case '-as':
      return left
    case '??':
      return left.length === 0 ? right : [...left, ...right]
    default:
      return UNKNOWN
  }
}

/** The text that a regular expression without anything special stands for. */
function literalOf(pattern: string): string | null {
  const plain = pattern.replaceAll(
    /\\([^\w])|\[([^\w\]^\\])\]/g,
    (_, escaped?: string, set?: string) => `\0${escaped ?? set ?? ''}`,
  )
  if (/[\\^$.|?*+()[\]{}](?<!\0.)/.test(plain.replaceAll(/\0./g, ''))) return null
  return plain.replaceAll('\0', '')
}

function replaceAll(text: string, from: string, to: string, sensitive: boolean): string {
  if (sensitive || from.toLowerCase() === from.toUpperCase()) return text.replaceAll(from, () => to)
  const wanted = from.toLowerCase()
  const lower = text.toLowerCase()
  let found = ''
  let at = 0
  for (let next = lower.indexOf(wanted); next !== -1; next = lower.indexOf(wanted, at)) {
    found += text.slice(at, next) + to
    at = next + from.length
  }
  return found + text.slice(at)
}

function number(value: number): Piece {
  return { text: String(value), dynamic: false, number: true }
}

function numeric(value: number, dynamic: boolean): Pieces {
  return Number.isFinite(value) ? [{ ...number(value), dynamic }] : UNKNOWN
}

/** `'{0}{1}' -f 'a', 'b'`. */
function format(pattern: Piece, values: Pieces): Piece {
  let dynamic = pattern.dynamic || values.some((value) => value.dynamic)
  const text = pattern.text.replaceAll(
    /\{\{|\}\}|\{(\d{1,3})(?:,-?\d+)?(:[^}]*)?\}/g,
    (whole, place?: string, how?: string) => {
      if (place === undefined) return whole.charAt(0)
      if (how !== undefined && how !== ':s') dynamic = true
      return values[Number(place)]?.text ?? ''
    },
  )
  return { text, dynamic }
}

export function unary(operator: string, operand: Pieces): Pieces {
  if (operator === '-join')
    return [{ text: operand.map(({ text }) => text).join(''), dynamic: operand.some(({ dynamic }) => dynamic) }]
  if (operator === '-split' && !isUnknown(operand)) return listed(operand).text.trim().split(/\s+/).map(known)
  if (operator === '+' || operator === ',') return operand
  return UNKNOWN
}

/** `[char]114`, `[string]`, `[int]`; a type that nobody described leaves the value as it is, since most only check it. */
export function cast(to: string, operand: Pieces): Pieces {
  switch (to.replace(/^system\./, '')) {
    case 'char':
      return operand.map(character)
    case 'char[]':
      return operand.flatMap((piece) => (piece.number === true ? [character(piece)] : Array.from(piece.text, known)))
    case 'string':
      return [{ ...listed(operand), number: false }]
    case 'int':
    case 'int32':
    case 'int64':
    case 'long':
    case 'byte':
      return operand.map((piece) => {
        const value = Number(piece.text)
        return Number.isInteger(value) ? { ...number(value), dynamic: piece.dynamic } : (UNKNOWN[0] as Piece)
      })
    case 'bool':
    case 'hashtable':
    case 'xml':
    case 'type':
      return UNKNOWN
    default:
      return operand
  }
}

function character(piece: Piece): Piece {
  const code = Number(piece.text)
  if (piece.text.length === 1 && piece.number !== true) return piece
  if (!Number.isInteger(code) || code < 0 || code > 0xff_ff) return UNKNOWN[0] as Piece
  return { text: String.fromCharCode(code), dynamic: piece.dynamic }
}

/** `$x[1]`, `$x[1,3]`, `$x[0..2]`, `$x[-1]`. */
export function index(target: Pieces, by: Pieces): Pieces {
  const [only] = target
  if (only === undefined || isUnknown(target) || isUnknown(by)) return UNKNOWN
  const items: Pieces =
    target.length === 1 && only.bytes !== true
      ? Array.from(only.text, (text) => ({ text, dynamic: only.dynamic }))
      : target
  const found: Piece[] = []
  for (const { text } of by) {
    const at = Number(text)
    if (!Number.isInteger(at)) return UNKNOWN
    const item = items.at(at)
    if (item !== undefined) found.push(item)
  }
  return found
}

/** Methods of strings. */
export function method(of: Pieces, name: string, args: readonly Pieces[]): Pieces {
  const [only] = of
  if (only === undefined || of.length > 1 || isUnknown(of) || args.some(isUnknown)) {
    return name === 'tostring' ? of : UNKNOWN
  }
  const given = args.map((each) => listed(each).text)
  const [first = '', second] = given
  const text = (result: string): Pieces => [{ text: result, dynamic: only.dynamic }]
  switch (name) {
    case 'replace':
      return first === '' ? UNKNOWN : text(only.text.replaceAll(first, () => second ?? ''))
    case 'substring':
      return text(only.text.slice(Number(first), second === undefined ? undefined : Number(first) + Number(second)))
    case 'remove':
      return text(
        only.text.slice(0, Number(first)) +
          (second === undefined ? '' : only.text.slice(Number(first) + Number(second))),
      )
    case 'insert':
      return text(only.text.slice(0, Number(first)) + (second ?? '') + only.text.slice(Number(first)))
    case 'tolower':
    case 'tolowerinvariant':
      return text(only.text.toLowerCase())
    case 'toupper':
    case 'toupperinvariant':
      return text(only.text.toUpperCase())
    case 'trim':
      return first === '' ? text(only.text.trim()) : UNKNOWN
    case 'tostring':
    case 'normalize':
      return of
    case 'tochararray':
      return Array.from(only.text, (each) => ({ text: each, dynamic: only.dynamic }))
    case 'split':
      return first === '' ? UNKNOWN : only.text.split(first).map((each) => ({ text: each, dynamic: only.dynamic }))
    case 'length':
      return [number(only.text.length)]
    default:
      return UNKNOWN
  }
}

/** Static methods with which text is decoded and put together. */
export function staticMethod(type: string, name: string, args: readonly Pieces[]): Pieces {
  const [first = UNKNOWN, second = UNKNOWN] = args
  if (args.length === 0 || args.some(isUnknown)) return UNKNOWN
  const text = listed(first).text
  switch (`${type.replace(/^system\./, '')}::${name}`) {
    case 'convert::frombase64string':
      return decodeBase64(text)
    case 'text.encoding::unicode.getstring':
      return [known(pairs(text))]
    case 'text.encoding::utf8.getstring':
    case 'text.encoding::ascii.getstring':
    case 'text.encoding::default.getstring':
      return first.some(({ bytes }) => bytes !== true) && first.length > 1
        ? [known(first.map((piece) => character({ ...piece, number: true }).text).join(''))]
        : [known(new TextDecoder().decode(Uint8Array.from(text, (each) => each.charCodeAt(0))))]
    case 'convert::toint32':
    case 'convert::toint16':
    case 'convert::toint64':
    case 'convert::tobyte': {
      const base = args.length > 1 ? Number(listed(second).text) : 10
      const value = Number.parseInt(text.replace(/^0x/i, ''), base)
      return Number.isNaN(value) ? UNKNOWN : [number(value)]
    }
    case 'convert::tochar':
    case 'char::convertfromutf32':
      return cast('char', [{ ...listed(first), number: true }])
    case 'convert::tostring':
      return first
    case 'string::join':
      return [
        known(
          args
            .slice(1)
            .flat()
            .map((piece) => piece.text)
            .join(text),
        ),
      ]
    case 'string::concat':
      return [
        known(
          args
            .flat()
            .map((piece) => piece.text)
            .join(''),
        ),
      ]
    case 'string::format':
      return [format(listed(first), args.slice(1).flat())]
    case 'io.path::combine':
      return [known(args.map((each) => listed(each).text).join('/'))]
    default:
      return UNKNOWN
  }
}

/** More than a call takes as arguments without a stack of its own. */
const BYTES_MAX = 32_768

function decodeBase64(text: string): Pieces {
  const compact = text.replaceAll(/[\s=]/g, '')
  if (!/^[A-Za-z\d+/]*$/.test(compact)) return UNKNOWN
  return [{ text: String.fromCharCode(...base64Bytes(compact).slice(0, BYTES_MAX)), dynamic: false, bytes: true }]
}

/** Little-endian pairs of bytes as characters. */
function pairs(bytes: string): string {
  let text = ''
  for (let at = 0; at + 1 < bytes.length; at += 2)
    text += String.fromCharCode(bytes.charCodeAt(at) | (bytes.charCodeAt(at + 1) << 8))
  return text
}
