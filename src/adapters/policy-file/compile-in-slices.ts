import { setImmediate } from 'node:timers/promises'
import { POLICY_COMPILE_SLICE_MS } from '../../core/limits.ts'
import { compileInSteps } from '../../core/policy/compile.ts'
import type { PolicyDiagnostic } from '../../core/policy/diagnostic.ts'
import type { PolicySource } from '../../core/policy/document.ts'
import type { CompiledPolicy } from '../../core/policy/table.ts'
import type { Result } from '../../core/result.ts'
import { WITHOUT_EXAMPLES } from './load.ts'

/** Compiles checked documents a little at a time: whoever waits for a verdict comes first after each slice. */
export async function compileInSlices(
  sources: readonly PolicySource[],
): Promise<Result<CompiledPolicy, readonly PolicyDiagnostic[]>> {
  const steps = compileInSteps(sources, WITHOUT_EXAMPLES)
  for (;;) {
    const until = performance.now() + POLICY_COMPILE_SLICE_MS
    do {
      const step = steps.next()
      if (step.done) return step.value
    } while (performance.now() < until)
    await setImmediate()
  }
}
