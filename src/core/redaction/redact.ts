/**
 * Takes the secrets of the common kinds out of a command line before anything of it is kept. What is found is replaced by
 * `[secret:<kind>]`; the rest of the line stays as it was typed.
 *
 * This lowers the odds, it proves nothing: a password that stands where no convention expects one is text like any other.
 * It errs towards taking out too much. Judging a command uses the line as typed; only what is kept passes through here.
 */

import type { Redaction } from '../event/event.ts'
import { REDACTION_PASSES_MAX, REDACTION_UNITS_MAX, REDACTIONS_MAX } from '../limits.ts'
import { findSecrets } from './scan.ts'
import type { Found } from './shapes.ts'

export type Redacted = {
  readonly text: string
  /** In the order of the text. Offsets are UTF-8 bytes of `text`; each names one marker that was put there by this call. */
  readonly redactions: readonly Redaction[]
}

/**
 * Total: it takes any string and never throws. Idempotent: it is repeated until it finds nothing more, and a line that does not
 * settle is taken out whole. Linear in the text, which is cut at `REDACTION_UNITS_MAX`.
 */
export function redact(text: string): Redacted {
  let state: State = { text, marks: [] }
  for (let pass = 0; pass < REDACTION_PASSES_MAX; pass++) {
    const { text: current } = state
    const found = merge(findSecrets(current.slice(0, REDACTION_UNITS_MAX)), current)
    const cut =
      current.length > REDACTION_UNITS_MAX ? [{ kind: 'unscanned', start: cutAt(current), end: current.length }] : []
    const ranges = cut.length === 0 ? found : merge([...found, ...cut], current)
    if (ranges.length === 0) return finish(state)
    state = apply(state, ranges)
  }
  return finish(apply({ text, marks: [] }, [{ kind: 'unscanned', start: 0, end: text.length }]))
}

/** A marker in `State.text`, in UTF-16 units. */
type Mark = Found
type State = { readonly text: string; readonly marks: readonly Mark[] }

/** Sorted and disjoint; of overlapping ranges the union, of two over the same text the more telling kind. Markers are left alone. */
function merge(found: readonly Found[], text: string): Found[] {
  const sorted = found
    .filter(({ start, end }) => end > start && !MARKER.test(text.slice(start, Math.min(end, start + 64))))
    .sort((a, b) => a.start - b.start || b.end - a.end)
  const merged: Found[] = []
  for (const range of sorted) {
    const last = merged.at(-1)
    if (last === undefined || range.start >= last.end) {
      merged.push(range)
    } else {
      const kind = last.start === range.start && last.end === range.end ? moreTelling(last.kind, range.kind) : last.kind
      merged[merged.length - 1] = { kind, start: last.start, end: Math.max(last.end, range.end) }
    }
  }
  const tooMany = merged[REDACTIONS_MAX - 1]
  if (merged.length <= REDACTIONS_MAX || tooMany === undefined) return merged
  return [...merged.slice(0, REDACTIONS_MAX - 1), { kind: 'unscanned', start: tooMany.start, end: text.length }]
}

/** A shape knows more than a name does: `TOKEN=ghp_…` is a `github-token`. */
function moreTelling(a: string, b: string): string {
  return GENERAL_KINDS.has(a) ? b : a
}

function apply(state: State, ranges: readonly Found[]): State {
  const marks: Mark[] = []
  let text = ''
  let at = 0
  let old = 0
  const keepUntil = (end: number): void => {
    for (; old < state.marks.length; old++) {
      const mark = state.marks[old]
      if (mark === undefined || mark.start >= end) break
      // Marks that a later pass swallowed are gone with the text that held them.
      if (mark.start >= at && mark.end <= end) {
        marks.push({ ...mark, start: mark.start - at + text.length, end: mark.end - at + text.length })
      }
    }
    text += state.text.slice(at, end)
  }
  for (const { kind, start, end } of ranges) {
    keepUntil(start)
    const marker = `[secret:${kind}]`
    marks.push({ kind, start: text.length, end: text.length + marker.length })
    text += marker
    at = end
    while ((state.marks[old]?.start ?? Infinity) < end) old++
  }
  keepUntil(state.text.length)
  return { text, marks }
}

function finish({ text, marks }: State): Redacted {
  const redactions: Redaction[] = []
  let at = 0
  let bytes = 0
  for (const { kind, start, end } of marks) {
    bytes += utf8Length(text, at, start)
    redactions.push({ tag: kind, start: bytes, end: bytes + (end - start) })
    bytes += end - start
    at = end
  }
  return { text, redactions }
}

/** Bytes of `text[from, to)` in UTF-8; a lone surrogate counts as the replacement character it becomes. */
function utf8Length(text: string, from: number, to: number): number {
  let bytes = 0
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x80) {
      bytes += 1
    } else if (code < 0x800) {
      bytes += 2
    } else if (code >= 0xd800 && code < 0xdc00 && at + 1 < to && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      bytes += 4
      at++
    } else {
      bytes += 3
    }
  }
  return bytes
}

/** Before the word that the limit would cut in two: the first half of a token is not recognised as one. */
function cutAt(text: string): number {
  const limit = REDACTION_UNITS_MAX - CUT_ROOM
  for (let at = limit; at > limit - CUT_ROOM; at--) if (/\s/.test(text.charAt(at))) return at + 1
  return limit
}

/** UTF-16 units before the limit in which the cut may fall; holds the marker that takes its place, too. */
const CUT_ROOM = 512

const MARKER = /^\[secret:[a-z0-9-]{1,32}\]$/
const GENERAL_KINDS: ReadonlySet<string> = new Set([
  'password',
  'token',
  'secret',
  'api-key',
  'key',
  'authorization',
  'bearer',
  'cookie',
  'url-password',
])
