/** In the base pack, which no document can leave out: whatever the policy, this line is denied. */
export const CANARY_LINE = 'cmdaid-canary'

/** What a shell saw of its canary: it was told to refuse it, it was told to run it, or it was told nothing in time. */
export const CANARY_OUTCOMES = ['enforced', 'observing', 'failed'] as const
export type CanaryOutcome = (typeof CANARY_OUTCOMES)[number]
