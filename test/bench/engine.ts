import { compilePolicy } from '../../src/core/policy/compile.ts'
import { evaluate } from '../../src/core/policy/evaluate.ts'
import { parsePolicyText } from '../../src/core/policy/parse.ts'
import type { CompiledPolicy } from '../../src/core/policy/table.ts'
import { distribution, type Distribution, type Figure } from './figures.ts'
import { everydayLines, manyRules } from './many-rules.ts'

const ACTOR = { kind: 'human', name: null, evidence: 'unknown' } as const

function compiled(rules: number, examples: boolean): CompiledPolicy {
  const document = parsePolicyText(manyRules(rules), 'bench.yaml')
  if (!document.ok) throw new Error(JSON.stringify(document.error))
  const policy = compilePolicy([{ authority: 'user', kind: 'document', document: document.value }], { examples })
  if (!policy.ok) throw new Error(JSON.stringify(policy.error))
  return policy.value
}

function perLine(policy: CompiledPolicy, lines: readonly string[]): Distribution {
  const samples: number[] = []
  for (const line of lines) {
    const start = process.hrtime.bigint()
    evaluate(policy, { line, shell: 'bash', cwd: '/home/user/src', home: '/home/user', actor: ACTOR })
    samples.push(Number(process.hrtime.bigint() - start) / 1000)
  }
  return distribution(samples)
}

/** Time to judge one command line, in warm code, each line seen for the first time (µs); and to compile a policy (ms). */
export function benchEngine(): Figure[] {
  const few = compiled(10, false)
  const lines = everydayLines(40_000)
  perLine(few, lines.slice(0, 8_000))
  const baseline = { name: '10 rules', value: perLine(few, lines.slice(8_000, 16_000)) }
  const figures: Figure[] = []
  for (const [index, rules] of [1_000, 10_000].entries()) {
    const policy = compiled(rules, false)
    const from = 16_000 + index * 12_000
    perLine(policy, lines.slice(from, from + 4_000))
    figures.push({
      name: `judge one line, ${rules.toLocaleString('en')} rules`,
      unit: 'µs',
      value: perLine(policy, lines.slice(from + 4_000, from + 12_000)),
      baseline,
      budget: 'p99 < 400 µs',
    })
  }
  for (const [rules, rounds] of [
    [1_000, 15],
    [10_000, 5],
  ] as const) {
    const document = parsePolicyText(manyRules(rules), 'bench.yaml')
    if (!document.ok) throw new Error(JSON.stringify(document.error))
    const samples = Array.from({ length: rounds }, () => {
      const start = performance.now()
      compilePolicy([{ authority: 'user', kind: 'document', document: document.value }], { examples: false })
      return performance.now() - start
    })
    figures.push({
      name: `compile a checked document, ${rules.toLocaleString('en')} rules`,
      unit: 'ms',
      value: distribution(samples),
      ...(rules === 10_000 ? { budget: '< 500 ms' } : {}),
    })
  }
  const start = performance.now()
  compiled(1_000, true)
  figures.push({
    name: 'read, check and compile YAML with all examples, 1,000 rules',
    unit: 'ms',
    value: performance.now() - start,
  })
  return figures
}
