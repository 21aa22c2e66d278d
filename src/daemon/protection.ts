import type { Mode, NonInteractive } from '../core/policy/decision.ts'
import type { SessionState } from '../wire/control/response.ts'
import type { LiveSession } from './live-session.ts'

/**
 * What is known to happen to the lines of a session. `enforced`: it was seen to be told to refuse one. `observing`: the policy stops
 * nothing. `degraded`: it has a hook, and lines may run all the same. `why` is a phrase for people, null where the state says it all.
 */
export type Protection = { readonly state: SessionState; readonly why: string | null }

export type PolicyInForce = { readonly mode: Mode; readonly nonInteractive: NonInteractive }

/** What a session is worth, by what it showed and what the policy asks of it; never by what it says of itself. */
export function protectionOf(
  { lost, canary, scripted }: Pick<LiveSession, 'lost' | 'canary' | 'scripted'>,
  { mode, nonInteractive }: PolicyInForce,
): Protection {
  if (lost !== null) return { state: 'degraded', why: LOST[lost] }
  if (scripted)
    return { state: mode === 'enforce' && nonInteractive === 'enforce' ? 'enforced' : 'observing', why: null }
  if (canary === null) return { state: 'degraded', why: 'it has not shown yet that it stops lines' }
  if (canary.outcome === 'failed') return { state: 'degraded', why: 'its canary was not refused' }
  if (mode === 'monitor') return { state: 'observing', why: null }
  return canary.outcome === 'enforced'
    ? { state: 'enforced', why: null }
    : {
        state: 'degraded',
        why: 'it has not shown that it stops lines since the policy does: run `__cmdaid_canary` in it',
      }
}

const LOST = {
  unasked: 'its last line ran without being asked about',
  timeout: 'its last line ran before the answer came',
  overflow: 'it does not read its answers',
} as const
