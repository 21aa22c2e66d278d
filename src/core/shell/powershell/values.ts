import { DYNAMIC } from '../facts.ts'

/** One item of a value, as text. */
export type Piece = {
  readonly text: string
  readonly dynamic: boolean
  readonly glob?: boolean
  /** A number, which `[char]` and `+` treat in another way. */
  readonly number?: boolean
  /** Bytes, one character each. */
  readonly bytes?: boolean
  /** The inside of a script block. */
  readonly block?: boolean
}

export type Pieces = readonly Piece[]

/** Something that only the run will show. */
export const UNKNOWN: Pieces = [{ text: DYNAMIC, dynamic: true }]

export function known(text: string): Piece {
  return { text, dynamic: text.includes(DYNAMIC) }
}

export function isUnknown(pieces: Pieces): boolean {
  return pieces.some(({ text }) => text.includes(DYNAMIC))
}

/** All items as one text, the way a string holds them. */
export function listed(pieces: Pieces): Piece {
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined) return only
  return { text: pieces.map(({ text }) => text).join(' '), dynamic: pieces.some(({ dynamic }) => dynamic) }
}
