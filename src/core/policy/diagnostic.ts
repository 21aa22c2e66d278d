import type { ErrorCode } from '../errors.ts'

/** `error` refuses the document; a `warning` or a `note` does not. */
export type Severity = 'error' | 'warning' | 'note'

/** One finding about a policy document, ready to be shown: where it is, what is wrong, what to do. */
export type PolicyDiagnostic = {
  readonly severity: Severity
  readonly code: Extract<ErrorCode, `CMDAID_ERR_POLICY_${string}`>
  readonly file: string
  /** From 1; 1 and 1 when the whole document is meant. */
  readonly line: number
  readonly column: number
  readonly message: string
  /** One sentence, lower case, no full stop; null when there is nothing better to say than the message. */
  readonly hint: string | null
}

/** A place inside a document: `['rules', 3, 'when', 'operand']`. */
export type DocumentPath = readonly (string | number)[]
export type Position = { readonly line: number; readonly column: number }

/** Errors first, then by place: the order in which they are worth reading. */
export function sortDiagnostics(diagnostics: readonly PolicyDiagnostic[]): readonly PolicyDiagnostic[] {
  const order: Record<Severity, number> = { error: 0, warning: 1, note: 2 }
  return diagnostics.toSorted(
    (a, b) =>
      order[a.severity] - order[b.severity] ||
      compare(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compare(a.message, b.message),
  )
}

/** `policy.yaml:3:5: error CMDAID_ERR_POLICY_…: message`, as compilers print it. */
export function formatDiagnostic({ severity, code, file, line, column, message, hint }: PolicyDiagnostic): string {
  return `${file}:${line}:${column}: ${severity} ${code}: ${message}${hint === null ? '' : `\n  hint: ${hint}`}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
