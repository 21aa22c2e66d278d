/** What `status` shows of the record. The daemon hands it over as plain data (docs/format/control.md); unknown fields are left out. */
export type RecordFacts = {
  readonly dir: string
  readonly size: number
  readonly head: { readonly size: number; readonly root: string } | null
  /** Why nothing can be written, or null. */
  readonly degraded: string | null
}

export function recordFacts(audit: Readonly<Record<string, unknown>>): RecordFacts {
  const { dir, size, head, degraded } = audit
  return {
    dir: typeof dir === 'string' ? dir : '',
    size: typeof size === 'number' ? size : 0,
    head:
      isRecord(head) && typeof head['size'] === 'number' && typeof head['root'] === 'string'
        ? { size: head['size'], root: head['root'] }
        : null,
    degraded: isRecord(degraded) ? `${String(degraded['message'])} [${String(degraded['code'])}]` : null,
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
