import { setImmediate } from 'node:timers/promises'
import { POLICY_COMPILE_SLICE_MS } from '../../core/limits.ts'

/** Runs a long computation a little at a time: whoever waits for a verdict comes first after each slice. */
export async function inSlices<Value>(steps: Generator<undefined, Value, undefined>): Promise<Value> {
  for (;;) {
    const until = performance.now() + POLICY_COMPILE_SLICE_MS
    do {
      const step = steps.next()
      if (step.done) return step.value
    } while (performance.now() < until)
    await setImmediate()
  }
}
