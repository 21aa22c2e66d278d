import { ALIASES_MAX } from '../../core/limits.ts'
import type { AliasTable } from '../../core/shell/alias-table.ts'

const NUL = 0
const FIELDS = 3

/**
 * What a session's `aliases` file says (docs/format/hook.md). Total: records that are cut, of unknown kinds or without a name are
 * left out, what follows the empty record is left over from a longer table, and at most `ALIASES_MAX` records are taken. Null
 * when nothing is left.
 */
export function parseAliasFile(bytes: Uint8Array): AliasTable | null {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tables = { a: new Map<string, string>(), g: new Map<string, string>(), s: new Map<string, string>() }
  let count = 0
  for (let at = 0; at < all.length && all[at] !== NUL && count < ALIASES_MAX; count += 1) {
    const ends: number[] = []
    for (let from = at; ends.length < FIELDS; from = (ends.at(-1) ?? 0) + 1) {
      const end = all.indexOf(NUL, from)
      if (end < 0) break
      ends.push(end)
    }
    const [kindEnd, nameEnd, valueEnd] = ends
    if (kindEnd === undefined || nameEnd === undefined || valueEnd === undefined) break
    const kind = all.toString('utf8', at, kindEnd)
    const name = all.toString('utf8', kindEnd + 1, nameEnd)
    if ((kind === 'a' || kind === 'g' || kind === 's') && name !== '') {
      tables[kind].set(name, all.toString('utf8', nameEnd + 1, valueEnd))
    }
    at = valueEnd + 1
  }
  const { a: regular, g: global, s: suffix } = tables
  return regular.size + global.size + suffix.size === 0 ? null : { regular, global, suffix }
}
