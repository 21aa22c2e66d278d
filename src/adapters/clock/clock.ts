/** Time as the rest of the program gets it: passed in, so that tests can hold it. */
export type Clock = {
  /** Wall clock, microseconds since 1970. May step when the system's clock is set. */
  readonly nowUs: () => bigint
  /** Monotonic nanoseconds; comparable between processes of one boot. */
  readonly monotonicNs: () => bigint
}

const DRIFT_US_MAX = 2_000

/**
 * Node tells wall time in milliseconds only. Microseconds come from the monotonic clock, anchored to the wall clock and
 * anchored again whenever the two have come apart (the clock was set, or the machine slept).
 */
export function systemClock(): Clock {
  let anchorUs = 0
  let anchorNs = 0n
  return {
    monotonicNs: () => process.hrtime.bigint(),
    nowUs: () => {
      const wallUs = Date.now() * 1_000
      const ns = process.hrtime.bigint()
      const us = anchorUs + Number((ns - anchorNs) / 1_000n)
      if (Math.abs(us - wallUs) <= DRIFT_US_MAX) return BigInt(us)
      anchorUs = wallUs
      anchorNs = ns
      return BigInt(wallUs)
    },
  }
}
