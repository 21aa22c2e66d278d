import type { ConformanceCase } from './case.ts'
import { CONFIRM_CASES } from './cases/confirm.ts'
import { LINE_CASES } from './cases/lines.ts'
import { STATE_CASES } from './cases/state.ts'

/** Everything a shell with the hook must do. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [...LINE_CASES, ...STATE_CASES, ...CONFIRM_CASES]

/** Those that say what runs when nothing is judged, and that leave the shell as it was: they are tried with every daemon. */
export const CORE_CASES: readonly ConformanceCase[] = CONFORMANCE_CASES.filter(
  ({ unjudged, rc }) => unjudged !== undefined && rc === undefined,
)
