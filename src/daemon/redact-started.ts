import type { CommandStarted, Redaction } from '../core/event/event.ts'
import type { Decision } from '../core/policy/decision.ts'

/** `redact` of core/redaction: total, linear, bounded. */
export type Redact = (text: string) => { readonly text: string; readonly redactions: readonly Redaction[] }

export type RedactedStart = {
  readonly started: CommandStarted
  readonly decision: Decision
  readonly redactions: readonly Redaction[]
}

/** What may be kept of an ask: secrets leave the line, its bytes, and what the decision quotes of it. */
export function redactStarted(started: CommandStarted, decision: Decision, redact: Redact): RedactedStart {
  const { text, redactions } = redact(started.commandLine)
  if (redactions.length === 0) return { started, decision, redactions }
  return {
    started: { ...started, commandLine: text, commandBytes: Buffer.from(text) },
    decision: { ...decision, hits: decision.hits.map((hit) => ({ ...hit, resolved: redact(hit.resolved).text })) },
    redactions,
  }
}
