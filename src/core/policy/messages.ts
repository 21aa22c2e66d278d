import type { Effect } from './decision.ts'

/**
 * Every word of ours in what a person reads when a rule speaks: another language is another table. Reasons, suggestions and names come
 * from the policy and stay as they are written there.
 */
export type Messages = {
  /** What happened, before the reason. */
  readonly headline: Readonly<Record<Effect, string>>
  /** The same where mode `monitor` stops nothing. */
  readonly wouldBe: (headline: string) => string
  /** Names of the rows, all of about the same width. */
  readonly label: Readonly<Record<Label, string>>
  readonly risk: (rule: string, risk: string) => string
  /** Stands for the command where a rule matched the line and none of its commands. */
  readonly wholeLine: string
  readonly more: (count: number) => string
  /** Whom to ask for what; `owner` is null when the rule names nobody. */
  readonly askException: (owner: string | null, rule: string) => string
  readonly askApproval: (owner: string | null, rule: string) => string
  readonly stateWhy: (explain: string) => string
  /** Stands for a line that is too long to be written out in a command that can be copied. */
  readonly withTheLine: string
  /** A warning is one line: reason, what to do instead (or null), rule. */
  readonly warning: (reason: string, suggest: string | null, rule: string) => string
}

export type Label = 'rule' | 'matched' | 'instead' | 'owner' | 'see' | 'also' | 'ask' | 'next'

export const ENGLISH: Messages = {
  headline: {
    allow: 'allowed',
    warn: 'warning',
    confirm: 'needs your reason',
    approve: 'needs an approval',
    deny: 'denied',
  },
  wouldBe: (headline) => `would be ${headline} (monitor mode)`,
  label: {
    rule: 'rule',
    matched: 'matched',
    instead: 'instead',
    owner: 'owner',
    see: 'see',
    also: 'also',
    ask: 'ask',
    next: 'next',
  },
  risk: (rule, risk) => `${rule}  (risk ${risk})`,
  wholeLine: 'the line as a whole',
  more: (count) => `${count} more`,
  askException: (owner, rule) => `${owner ?? KEEPER} for an exception to ${rule}`,
  askApproval: (owner, rule) => `${owner ?? KEEPER} to approve it, or for an exception to ${rule}`,
  stateWhy: (explain) => `state why, and it runs; or ${explain}`,
  withTheLine: "'…'  (with the line)",
  warning: (reason, suggest, rule) => `${reason}${suggest === null ? '' : ` Instead: ${suggest}`}  (${rule})`,
}

const KEEPER = 'whoever keeps the policy'
