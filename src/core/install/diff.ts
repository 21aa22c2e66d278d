/**
 * A unified diff of two texts that differ in one place, as ours do: what they have in common at both ends is left out. Where
 * they differ in several places, everything in between is in the one hunk: longer than need be, and right.
 */
export function unifiedDiff(before: Named, after: Named): string {
  if (before.text === after.text) return ''
  const old = lines(before.text)
  const now = lines(after.text)
  let head = 0
  while (head < old.length && head < now.length && old[head] === now[head]) head++
  let tail = 0
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++
  const from = Math.max(0, head - CONTEXT)
  const more = Math.min(CONTEXT, tail)
  const rows = [
    ...old.slice(from, head).map((line) => ` ${line}`),
    ...old.slice(head, old.length - tail).map((line) => `-${line}`),
    ...now.slice(head, now.length - tail).map((line) => `+${line}`),
    ...old.slice(old.length - tail, old.length - tail + more).map((line) => ` ${line}`),
  ]
  return [
    `--- ${before.name}`,
    `+++ ${after.name}`,
    `@@ -${range(from, old.length - tail + more - from)} +${range(from, now.length - tail + more - from)} @@`,
    ...rows.flatMap((row) => (row.endsWith('\n') ? [row.slice(0, -1)] : [row, '\\ No newline at end of file'])),
    '',
  ].join('\n')
}

/** The name is `/dev/null` for a file that is not there. */
export type Named = { readonly name: string; readonly text: string }

const CONTEXT = 3

/** With their ends, so that a last line without one differs from the same line with one. */
function lines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** Line numbers count from 1; an empty range names the line before it. */
function range(start: number, count: number): string {
  return count === 1 ? String(start + 1) : `${count === 0 ? start : start + 1},${count}`
}
