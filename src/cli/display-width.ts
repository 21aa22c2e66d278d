/** The beginning of `text` that fits into so many columns of a terminal, with an ellipsis when that is not all. */
export function cutToWidth(text: string, columns: number): string {
  let width = 0
  let fits = 0
  for (const character of text) {
    width += characterWidth(character.codePointAt(0) ?? 0)
    if (width > columns) return `${text.slice(0, fits)}…`
    // One column is kept for the ellipsis.
    if (width < columns) fits += character.length
  }
  return text
}

/** Columns of one character: combining marks take none, East Asian wide ones and emoji two. */
function characterWidth(code: number): number {
  if (code < 0x300) return 1
  if (/\p{M}/u.test(String.fromCodePoint(code))) return 0
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1
}

const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23f3],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x26a1, 0x26a1],
  [0x26d4, 0x26d4],
  [0x2705, 0x2705],
  [0x274c, 0x274c],
  [0x2753, 0x2757],
  [0x2795, 0x2797],
  [0x2b1b, 0x2b1c],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f000, 0x1faff],
  [0x20000, 0x3fffd],
]
