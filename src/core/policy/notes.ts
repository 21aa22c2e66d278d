import { type PolicyDiagnostic, sortDiagnostics } from './diagnostic.ts'
import type { PolicyDocument } from './document.ts'

/** Fields that are read and kept, but that nothing acts on in this version. */
const NOT_ENFORCED = ['effective_date', 'allowed_tools', 'inference', 'approvals', 'audit', 'compliance'] as const

/** One note for each field of a document that this version accepts without enforcing it: nothing is ignored in silence. */
export function notesOn(document: PolicyDocument): readonly PolicyDiagnostic[] {
  const notes: PolicyDiagnostic[] = []
  for (const field of NOT_ENFORCED) {
    const value = document.content[field]
    if (value === undefined) continue
    const nested = typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : []
    for (const path of nested.length === 0 ? [[field]] : nested.map((key) => [field, key])) {
      notes.push({
        severity: 'note',
        code: 'CMDAID_ERR_POLICY_NOT_ENFORCED',
        file: document.file,
        ...document.locate(path),
        message: `\`${path.join('.')}\` is accepted, not enforced by this version`,
        hint: null,
      })
    }
  }
  return sortDiagnostics(notes)
}
