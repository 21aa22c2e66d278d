import type { PolicyContent } from '../../core/policy/document.ts'

/**
 * A document on its way from the process that checked it to the daemon: JSON, one rule or exception a line. Handing over a buffer
 * costs nothing, and reading a line takes microseconds; cloning ten thousand rules at once would hold every verdict up.
 */
export type PackedDocument = { readonly file: string; readonly lines: Uint8Array<ArrayBuffer> }

/** The first line is the document without its lists, then one line `["rules", {…}]` for each item of them. */
export function packDocument(file: string, { rules = [], exceptions = [], ...rest }: PolicyContent): PackedDocument {
  const lines = [
    rest,
    ...rules.map((rule) => ['rules', rule]),
    ...exceptions.map((exception) => ['exceptions', exception]),
  ]
  return { file, lines: new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join('')) }
}

/** Yields after each line. */
export function* unpackDocument({ lines }: PackedDocument): Generator<undefined, PolicyContent, undefined> {
  const decoder = new TextDecoder()
  const lists = { rules: [] as unknown[], exceptions: [] as unknown[] }
  let rest: object | null = null
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf(10, start)
    const value: unknown = JSON.parse(decoder.decode(lines.subarray(start, end)))
    if (rest === null) rest = value as object
    else {
      const [list, item] = value as ['rules' | 'exceptions', unknown]
      lists[list].push(item)
    }
    start = end + 1
    yield
  }
  // The first line holds all that must be there; lists are left out when they are empty.
  return {
    ...rest,
    ...Object.fromEntries(Object.entries(lists).filter(([, items]) => items.length > 0)),
  } as unknown as PolicyContent
}
