import type { ParsedScript } from 'unbash'
import { ANALYSIS_ALIAS_ROUNDS_MAX, ANALYSIS_DEPTH_MAX } from '../limits.ts'
import {
  leadingSite,
  mentions,
  NO_PLACES,
  RESERVED,
  sitesIn,
  type Place,
  type Setting,
  type Site,
  type State,
} from './alias-sites.ts'
import type { AliasTable } from './alias-table.ts'
import type { DynamicReason } from './facts.ts'
import { measure } from './guard.ts'
import { cutPieces, namesAt, originOf, typedPiece, type Piece } from './pieces.ts'

/** A text with its aliases replaced. */
export type Expanded = {
  readonly text: string
  readonly pieces: readonly Piece[]
  readonly script: ParsedScript
  /** Why it was not replaced to the end, or may not read as its shell reads it. */
  readonly reason: DynamicReason | null
}

/**
 * Replaces aliases as bash and zsh do: in the text, before its grammar is known. Always the leftmost one, then the text is
 * read again, since a value may hold anything; what stands left of an alias is read the same before and after. Words that
 * are quoted in any way are left alone, and inside a value its own name is.
 *
 * Null when nothing in the text is an alias. That costs one look at each word.
 */
export function expandAliases(text: string, setting: Omit<Setting, 'expand'>): Expanded | null {
  return mentions(text, setting.table) ? expandWithin(text, typedPiece(text.length), { ...setting, expand }, 0) : null
}

const expand: Setting['expand'] = (text, piece, setting, depth) => expandWithin(text, piece, setting, depth)

function expandWithin(text: string, piece: Piece, setting: Setting, depth: number): Expanded {
  const { table, zsh, read, budget } = setting
  let state: State = { text, pieces: [piece], next: NO_PLACES, broken: false }
  /** As far as it was read. */
  let known: Omit<Expanded, 'reason'> = { text: '', pieces: [], script: EMPTY }
  if (depth > ANALYSIS_DEPTH_MAX) return { ...known, reason: 'too-deep' }
  if (!budget.takeText(text.length)) return { ...known, reason: 'too-long' }
  /** What was replaced changes nothing in how the rest is read, and holds no alias itself. */
  let settled = false
  const leading = leadingSite(state, table)
  if (leading !== null) {
    settled = isPlain(leading.value) && !mentions(text.slice(leading.end), table) && !leads(leading, table)
    state = replaced(state, [leading], zsh)
  }
  for (let round = 0; round < ANALYSIS_ALIAS_ROUNDS_MAX; round += 1) {
    const { reason, steps } = measure(state.text)
    if (reason !== null) return { ...known, reason }
    const source = budget.take(steps) ? read(state.text, steps) : null
    if (source === null) return { ...known, reason: budget.exhausted ? 'too-long' : 'parse-error' }
    // zsh has no comments at a prompt: the reader may have changed a character.
    state = { ...state, text: source.text }
    known = { text: state.text, pieces: state.pieces, script: source.script }
    const done: Expanded = { ...known, reason: state.broken ? 'parse-error' : null }
    if (settled) return done
    const { sites, reason: inside } = sitesIn(source.script, state, setting, depth)
    if (budget.exhausted) return { ...known, reason: 'too-long' }
    if (inside !== null) return { ...known, reason: inside }
    if (sites.length === 0) return done
    const first = sites.findIndex(({ value }) => !isPlain(value))
    const taken = first === -1 ? sites : sites.slice(0, first + 1)
    const grown = taken.reduce((sum, { value }) => sum + value.length + 1, state.text.length)
    if (!budget.takeText(grown)) return { ...known, reason: 'too-long' }
    settled = first === -1 && !taken.some((site) => leads(site, table))
    state = replaced(state, taken, zsh)
  }
  return { ...known, reason: 'too-deep' }
}

const NONE: ReadonlySet<Place> = new Set()
const EMPTY: ParsedScript = { type: 'Script', pos: 0, end: 0, shebang: undefined, commands: [] }

/** Whether another alias may stand in the value of one. */
function leads({ name, value }: Site, table: AliasTable): boolean {
  if (table.global.size > 0 || table.suffix.size > 0) return mentions(value, table)
  const first = /^[^ ]*/.exec(value)?.[0] ?? ''
  return first !== name && table.regular.has(first)
}

/** Words and blanks: whatever stands in its place, the rest of the line is read the same. */
function isPlain(value: string): boolean {
  const words = /^([\w\-./:,+%@~]+)(?: [\w\-./=:,+%@~]+)*$/.exec(value)
  return words !== null && !RESERVED.has(words[1] ?? '')
}

function replaced(state: State, sites: readonly Site[], zsh: boolean): State {
  let text = ''
  let at = 0
  const pieces: Piece[] = []
  const next: Place[] = []
  let { broken } = state
  // In bash a value without words uses up the place it stands in.
  const gone = zsh ? NONE : new Set(sites.flatMap(({ behind, value }) => (value.trim() === '' ? behind : [])))
  const keep = (to: number): void => {
    for (const place of state.next)
      if (place.at >= at && place.at < to && !gone.has(place))
        next.push({ at: text.length + place.at - at, names: place.names })
    pieces.push(...cutPieces(state.pieces, at, to))
    text += state.text.slice(at, to)
    at = to
  }
  for (const { pos, end, name, value, inner } of sites) {
    keep(pos)
    const place = originOf(state.pieces, pos, end)
    const names = namesAt(state.pieces, pos)
    if (inner === null) {
      // The shells put a blank behind a value, so that it joins nothing.
      text += `${value} `
      const from = { from: place.start, to: place.end, copied: false }
      pieces.push({ ...from, length: value.length, names: [...names, name] }, { ...from, length: 1, names })
      if (/[ \t]$/.test(value)) next.push({ at: text.length, names })
      // It would quote what follows.
      if (/(?<!\\)(?:\\\\)*\\$/.test(value)) broken = true
    } else {
      text += value
      for (const piece of inner)
        pieces.push({
          length: piece.length,
          from: place.start,
          to: place.end,
          copied: false,
          names: piece.names,
        })
    }
    at = end
  }
  keep(state.text.length)
  return { text, pieces, next, broken }
}
