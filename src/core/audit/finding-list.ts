import { AUDIT_FINDINGS_MAX, AUDIT_NOTES_MAX } from '../limits.ts'
import { FINDINGS, SEVERITIES, worstOf } from './verdict.ts'
import type { Finding, FindingCode, Severity } from './verdict.ts'

export type FindingPlace = {
  readonly seqs?: readonly [number, number]
  readonly file?: string
  readonly offset?: number
}

/** Collects findings, a bounded number of them; the verdict takes also those into account that are not listed. */
export class FindingList {
  readonly #listed: Finding[] = []
  readonly #severities = new Set<Severity>()
  #notes = 0
  #leftOut = 0

  add(code: FindingCode, place: FindingPlace, expected: string, explanation: string): void {
    const severity = FINDINGS[code]
    this.#severities.add(severity)
    const room = severity === 'note' ? this.#notes < AUDIT_NOTES_MAX : this.#listed.length < AUDIT_FINDINGS_MAX
    if (!room) {
      this.#leftOut += 1
      return
    }
    if (severity === 'note') this.#notes += 1
    const { seqs = null, file = null, offset = null } = place
    this.#listed.push({ code, severity, seqs, file, offset, expected, explanation })
  }

  get worst(): Severity | null {
    return worstOf(this.#severities)
  }

  /** Worst first, and otherwise as they were found. */
  get listed(): readonly Finding[] {
    return this.#listed.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
  }

  get leftOut(): number {
    return this.#leftOut
  }
}
