import type { TextForm } from './message.ts'

const NEWLINE = 0x0a
const BLANK = 0x20
const STAR = 0x2a

/**
 * The command line inside the text of an ask, a view of `bytes`. In the history form the first line is `$BASH_COMMAND`
 * and the rest what `history 1` printed: blanks, a number, `*` or a blank, a blank, then the line itself, whose own
 * leading blanks stay. Text that is not of that form is taken whole: judging too much is safe, judging a part is not.
 */
export function commandBytesOf(form: TextForm, bytes: Uint8Array): Uint8Array {
  if (form !== 'history') return bytes
  const newline = bytes.indexOf(NEWLINE)
  const start = newline < 0 ? -1 : afterHistoryNumber(bytes, newline + 1)
  if (start < 0) return bytes
  return bytes.subarray(start, bytes.at(-1) === NEWLINE ? bytes.length - 1 : bytes.length)
}

function afterHistoryNumber(bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at] === BLANK) at += 1
  const digits = at
  while (isDigit(bytes[at])) at += 1
  if (at === digits) return -1
  if (bytes[at] !== BLANK && bytes[at] !== STAR) return -1
  return bytes[at + 1] === BLANK ? at + 2 : -1
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}
