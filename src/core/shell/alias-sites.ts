import { forEachChild, type ParsedScript, type SyntaxNode, type Word as WordNode } from 'unbash'
import type { AliasTable } from './alias-table.ts'
import type { Expanded } from './aliases.ts'
import type { Budget } from './budget.ts'
import type { DynamicReason } from './facts.ts'
import { affordsExpression, affordsParts, affordsScript } from './lazy.ts'
import { cutPieces, namesAt, type Piece } from './pieces.ts'

/** Reads a text of known cost; null when the budget does not pay for it. */
export type Reader = (text: string, steps: number) => { readonly text: string; readonly script: ParsedScript } | null

/** What all replacing in one text has in common. */
export type Setting = {
  readonly table: AliasTable
  readonly zsh: boolean
  readonly read: Reader
  readonly budget: Budget
  /** Replaces the aliases of a text within the text. */
  readonly expand: (text: string, piece: Piece, setting: Setting, depth: number) => Expanded
}

/** A text while its aliases are being replaced. */
export type State = {
  readonly text: string
  readonly pieces: readonly Piece[]
  /** Places behind values that end in a blank, where the next unquoted word may be an alias too. */
  readonly next: readonly Place[]
  readonly broken: boolean
}

/** A place in the text, and the values that it is inside of: in bash it loses its meaning at the end of one of them. */
export type Place = { readonly at: number; readonly names: readonly string[] }

/** A word of the text, and what it stands for. */
export type Site = {
  readonly pos: number
  readonly end: number
  readonly name: string
  readonly value: string
  /** Set when the value is made of pieces itself: an escaped backtick substitution, written another way. */
  readonly inner: readonly Piece[] | null
  /** The places that made it one. */
  readonly behind: readonly Place[]
}

export const NO_PLACES: readonly Place[] = []
const NOBODY: readonly string[] = []

/** What certainly separates words, or quotes them. */
const SEPARATORS = new Uint8Array(128)
for (const character of ' \t\n\r;|&()<>"\'`$\\') SEPARATORS[character.charCodeAt(0)] = 1

/** Whether some unquoted stretch of the text is the name of an alias, wherever it stands. */
export function mentions(text: string, table: AliasTable): boolean {
  const whole = text.includes('\\\n') ? text.replaceAll('\\\n', '') : text
  let start = 0
  for (let index = 0; index <= whole.length; index += 1) {
    const code = index === whole.length ? 32 : whole.charCodeAt(index)
    if (code > 127 || SEPARATORS[code] === 0) continue
    if (index > start) {
      const word = whole.slice(start, index)
      if (table.regular.has(word) || table.global.has(word)) return true
      if (table.suffix.size > 0 && table.suffix.has(word.slice(word.lastIndexOf('.') + 1)) && word.includes('.'))
        return true
    }
    start = index + 1
  }
  return false
}

/** Words that are no names of commands where one may stand. */
export const RESERVED: ReadonlySet<string> = new Set(
  'if then else elif fi for while until do done case esac in select function time coproc repeat foreach end nocorrect noglob always'.split(
    ' ',
  ),
)

/** The first word of the text, which needs no grammar to be known as the name of a command. */
export function leadingSite(state: State, table: AliasTable): Site | null {
  const { text } = state
  const pos = /^[ \t]*/.exec(text)?.[0].length ?? 0
  const word = wordAt(text, pos)
  if (word === null || RESERVED.has(word.name) || /^\d+$/.test(word.name)) return null
  if (/^[ \t]*\(/.test(text.slice(word.end, word.end + 64)) || table.global.has(word.name)) return null
  const value = table.regular.get(word.name)
  return value === undefined ? null : { pos, end: word.end, name: word.name, value, inner: null, behind: NO_PLACES }
}

/** The unquoted word that begins at a place; null when there is none, or a part of it is quoted. */
function wordAt(text: string, pos: number): { readonly name: string; readonly end: number } | null {
  let end = pos
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end)
    if (code === 92 && text.charCodeAt(end + 1) === 10) end += 1
    else if (code < 128 && SEPARATORS[code] === 1) break
  }
  if (end === pos || (end < text.length && '"\'`$\\'.includes(text.charAt(end)))) return null
  return { name: text.slice(pos, end).replaceAll('\\\n', ''), end }
}

const STEPS_PER_NODE = 0.125
const BACKTICK = 96

/** Every alias of the text that may be replaced now, from left to right. */
export function sitesIn(
  script: ParsedScript,
  state: State,
  setting: Setting,
  depth: number,
): { readonly sites: readonly Site[]; readonly reason: DynamicReason | null } {
  const { table, budget, zsh, expand } = setting
  const reasons: DynamicReason[] = []
  const words: Raw[] = []
  const found = new Map<number, Site>()
  const inUse = (pos: number, name: string): boolean => namesAt(state.pieces, pos).includes(name)
  const add = (pos: number, end: number, name: string, value: string | undefined, behind = NO_PLACES): void => {
    if (value !== undefined && !found.has(pos) && !inUse(pos, name))
      found.set(pos, { pos, end, name, value, inner: null, behind })
  }
  const first = (pos: number, end: number, raw: string, behind = NO_PLACES): void => {
    const name = raw.replaceAll('\\\n', '')
    add(pos, end, name, table.regular.get(name), behind)
    if (table.suffix.size === 0 || found.has(pos)) return
    const dot = name.lastIndexOf('.')
    const program = dot > 0 ? table.suffix.get(name.slice(dot + 1)) : undefined
    // The word itself stays, behind the program.
    if (program !== undefined) add(pos, end, name, `${program} ${raw}`)
  }
  const word = (node: WordNode): void => {
    words.push(node)
    if (table.global.size > 0) add(node.pos, node.end, node.text, table.global.get(node.text.replaceAll('\\\n', '')))
  }
  const backticks = (node: SyntaxNode, source: string): void => {
    if (!mentions(source, table)) return
    const [begin, ...others] = cutPieces(state.pieces, node.pos, node.end)
    // Names that hold for a part of it cannot be followed through its escapes.
    const names = begin !== undefined && others.every((piece) => piece.names === begin.names) ? begin.names : NOBODY
    const typed = { length: source.length, from: 0, to: 0, copied: false, names }
    const inner = expand(source, typed, setting, depth + 1)
    if (inner.text === source) return
    if (inner.reason !== null) reasons.push(inner.reason)
    const value = `$(${inner.text}\n)`
    const pieces = [filler(2), ...inner.pieces, filler(2)]
    found.set(node.pos, { pos: node.pos, end: node.end, name: '', value, inner: pieces, behind: NO_PLACES })
  }
  const visit = (node: SyntaxNode): void => {
    if (!budget.take(STEPS_PER_NODE)) return
    const { type } = node
    if (type === 'Time') {
      first(node.pos, node.keywordEnd, 'time')
      return
    }
    if (type === 'CommandExpansion' || type === 'ArithmeticCommandExpansion' || type === 'ProcessSubstitution') {
      if (!affordsScript(node, budget) || node.script === undefined) return
      if (state.text.charCodeAt(node.pos) !== BACKTICK) visit(node.script)
      else backticks(node, node.script.source ?? state.text.slice(node.pos + 1, node.end - 1))
      return
    }
    if (type === 'Command' && node.name !== undefined) first(node.name.pos, node.name.end, node.name.text)
    else if (type === 'Function' && !state.text.startsWith('function', node.pos))
      first(node.name.pos, node.name.end, node.name.text)
    else if (type === 'Word') word(node)
    else if (type === 'Assignment') words.push(node)
    if ((type === 'Word' || type === 'HereDocBody') && !affordsParts(node.text, budget)) return
    if ((type === 'ArithmeticExpansion' || type === 'ArithmeticCommand') && !affordsExpression(node, budget)) return
    if (type === 'Word' && node.parts === undefined) return
    forEachChild(node, visit)
  }
  visit(script)
  for (const { pos, end, text, place } of wordsBehind(state, words, zsh)) first(pos, end, text, [place])
  return { sites: [...found.values()].toSorted((a, b) => a.pos - b.pos), reason: reasons[0] ?? null }
}

/** A word as it is written. */
type Raw = { readonly pos: number; readonly end: number; readonly text: string }

/**
 * The word behind each value that ends in a blank: in zsh the very next one, unless it is quoted, in bash the next one
 * without quotes, however far away. Words inside another word do not count.
 */
function wordsBehind(
  { next, pieces }: State,
  words: Raw[],
  zsh: boolean,
): readonly (Raw & { readonly place: Place })[] {
  if (next.length === 0) return []
  words.sort((a, b) => a.pos - b.pos || b.end - a.end)
  const found: (Raw & { readonly place: Place })[] = []
  for (const place of next) {
    let covered = place.at
    for (const { pos, end, text } of words) {
      if (pos < covered) continue
      covered = end
      const chain = namesAt(pieces, pos)
      if (!zsh && !place.names.every((name, index) => chain[index] === name)) break
      if (!/['"\\](?!\n)/.test(text)) found.push({ pos, end, text, place })
      else if (!zsh) continue
      break
    }
  }
  return found
}

function filler(length: number): Piece {
  return { length, from: 0, to: 0, copied: false, names: NOBODY }
}
