import type { Span } from './facts.ts'

/** A stretch of a text in which aliases were replaced, and where it comes from. */
export type Piece = {
  readonly length: number
  /** Where it, or the word that it replaces, stands in the text as it was typed. */
  readonly from: number
  readonly to: number
  /** Character for character what stands there; else the value of an alias. */
  readonly copied: boolean
  /** The aliases that led here, outermost first. */
  readonly names: readonly string[]
}

const NOBODY: readonly string[] = []

/** A text as it was typed. */
export function typedPiece(length: number): Piece {
  return { length, from: 0, to: length, copied: true, names: NOBODY }
}

/** The pieces of a part of the text. */
export function cutPieces(pieces: readonly Piece[], start: number, end: number): Piece[] {
  const cut: Piece[] = []
  let at = 0
  for (const piece of pieces) {
    const from = Math.max(start, at)
    const to = Math.min(end, at + piece.length)
    if (from < to) {
      cut.push(
        piece.copied
          ? { ...piece, length: to - from, from: piece.from + from - at, to: piece.from + to - at }
          : { ...piece, length: to - from },
      )
    }
    at += piece.length
  }
  return cut
}

/** The part of the typed text that a part of the other comes from. */
export function originOf(pieces: readonly Piece[], start: number, end: number): Span {
  let from: number | null = null
  let to = 0
  let at = 0
  for (const piece of pieces) {
    const next = at + piece.length
    if (from === null && start < next) from = piece.copied ? piece.from + Math.max(0, start - at) : piece.from
    if (at < end || at === 0) to = piece.copied ? piece.from + Math.min(end - at, piece.length) : piece.to
    if (next >= end) break
    at = next
  }
  return { start: from ?? to, end: Math.max(from ?? to, to) }
}

/** The aliases that led to the character at a place. */
export function namesAt(pieces: readonly Piece[], place: number): readonly string[] {
  let at = 0
  for (const piece of pieces) {
    at += piece.length
    if (place < at) return piece.names
  }
  return NOBODY
}
