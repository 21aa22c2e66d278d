import * as fc from 'fast-check'
import t from 'tap'
import { analyse } from '../../../src/core/shell/analyse.ts'
import type { Analysis, CommandFacts } from '../../../src/core/shell/facts.ts'
import { compilePolicy } from '../../../src/core/policy/compile.ts'
import { lineAsCommand } from '../../../src/core/policy/decide.ts'
import { EFFECTS, type Effect } from '../../../src/core/policy/decision.ts'
import type { RuleContent, When } from '../../../src/core/policy/document.ts'
import { judged, sourcesOf } from './policies.ts'

/**
 * The policy language again, written for reading instead of speed: no index, no compilation, every rule over every
 * command. The compiled table must agree with it on any rules and any line.
 */
function holds(when: When, command: CommandFacts, analysis: Analysis): boolean {
  const list = (value: unknown): readonly string[] =>
    typeof value === 'string' ? [value] : (value as readonly string[])
  const presence = (given: unknown, has: (name: string) => boolean): boolean => {
    const { any, all, none } =
      typeof given === 'string' || Array.isArray(given)
        ? { any: list(given) }
        : (given as Record<string, readonly string[]>)
    return (any === undefined || any.some(has)) && (all === undefined || all.every(has)) && !none?.some(has)
  }
  const checks: Readonly<Record<string, (given: never) => boolean>> = {
    program: (given) => command.program !== null && list(given).includes(command.program),
    subcommand: (given) =>
      list(given).some((path) => path.split(' ').every((name, at) => command.operands[at]?.text === name)),
    flags: (given) => presence(given, (name) => command.flags.has(name)),
    via: (given) => presence(given, (name) => command.via.includes(name)),
    operand: (given) => command.operands.some(({ text }) => list(given).includes(text)),
    last_operand: (given) => command.operands.length > 0 && list(given).includes(command.operands.at(-1)!.text),
    argument: (given) => command.args.some(({ text }) => list(given).includes(text)),
    operands: ({ min = 0, max = Infinity }: { min?: number; max?: number }) =>
      command.operands.length >= min && command.operands.length <= max,
    from: (given) => command.from.some((name) => list(given).includes(name)),
    to: (given) => command.to.some((name) => list(given).includes(name)),
    dynamic: (given) => command.dynamic.some((reason) => list(given).includes(reason)),
    env: (given) => Object.entries(given as object).every(([name, value]) => command.env.get(name)?.text === value),
    assignment: (given) =>
      Object.entries(given as object).every(([name, value]) => analysis.assignments.get(name)?.text === value),
    any: (given: readonly When[]) => given.some((each) => holds(each, command, analysis)),
    all: (given: readonly When[]) => given.every((each) => holds(each, command, analysis)),
    not: (given) => !holds(given, command, analysis),
  }
  return Object.entries(when).every(([field, given]) => checks[field]!(given as never))
}

function naiveEffect(rules: readonly RuleContent[], line: string): Effect {
  const analysis = analyse({ line, shell: 'bash', cwd: '/home/user/project', home: '/home/user' })
  const whole = lineAsCommand(analysis)
  const matched = rules.filter(
    ({ when }) =>
      analysis.commands.some((command) => holds(when, command, analysis)) ||
      (whole !== null && asksForTheLine(when) && holds(when, whole, analysis)),
  )
  return matched.reduce<Effect>(
    (worst, { effect }) => (EFFECTS.indexOf(effect as Effect) > EFFECTS.indexOf(worst) ? (effect as Effect) : worst),
    'allow',
  )
}

/** Only a condition about assignments or about what is unknown can concern the line as a whole. */
function asksForTheLine(when: When): boolean {
  const inside = [...(when.all ?? [])]
  if (when.any !== undefined && when.any.every(asksForTheLine)) return true
  return when.assignment !== undefined || when.dynamic !== undefined || inside.some(asksForTheLine)
}

const name = fc.constantFrom('rm', 'git', 'curl', 'sh', 'tool')
const operand = fc.constantFrom('a', 'b', 'push', 'x y')
const flag = fc.constantFrom('r', 'f', 'force')
const some = <Item>(item: fc.Arbitrary<Item>): fc.Arbitrary<Item[]> =>
  fc.uniqueArray(item, { minLength: 1, maxLength: 3 })

const fields: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  program: fc.oneof(name, some(name)),
  subcommand: fc.oneof(operand, fc.constant('push a')),
  flags: fc.oneof(some(flag), fc.record({ any: some(flag), none: some(flag) })),
  via: some(fc.constantFrom('sudo', 'sh -c')),
  operand: some(operand),
  last_operand: operand,
  argument: some(operand),
  operands: fc.record({ min: fc.nat(2), max: fc.nat(3) }),
  from: some(name),
  to: name,
  dynamic: some(fc.constantFrom('dynamic-eval', 'dynamic-name', 'parse-error')),
  env: fc.record({ X: fc.constantFrom('1', '2') }),
  assignment: fc.record({ Y: fc.constantFrom('1', '2') }),
}

/** One to three fields: with all of them no condition would ever hold. */
function conditionOf(given: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<When> {
  return fc
    .uniqueArray(fc.constantFrom(...Object.keys(given)), { minLength: 1, maxLength: 3 })
    .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, given[key]!])))) as fc.Arbitrary<When>
}

function around(inner: fc.Arbitrary<When>): fc.Arbitrary<When> {
  const list = fc.array(inner, { minLength: 1, maxLength: 2 })
  return conditionOf({ ...fields, any: list, all: list, not: inner })
}

const when = around(around(conditionOf(fields)))

const simple = fc
  .tuple(
    fc.constantFrom('', 'X=1 ', 'sudo ', 'Y=1; '),
    fc.oneof(name, fc.constant('$x')),
    fc.array(
      fc.oneof(
        operand,
        flag.map((each) => (each.length > 1 ? `--${each}` : `-${each}`)),
      ),
      { maxLength: 4 },
    ),
  )
  .map(
    ([before, program, args]) =>
      before + [program, ...args.map((each) => (each.includes(' ') ? `'${each}'` : each))].join(' '),
  )
const line = fc
  .array(fc.tuple(simple, fc.constantFrom(' | ', ' && ', '; ', ' || ')), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.map(([command], at) => (at === 0 ? '' : parts[at - 1]![1]) + command).join(''))

t.test('the compiled table decides as a plain reading of the rules does', async () => {
  const rule = fc.record({ when, effect: fc.constantFrom(...EFFECTS) })
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 6 }), line, (given, input) => {
      const rules = given.map((each, at): RuleContent => ({
        ...each,
        id: `r.${at}`,
        risk: 'high',
        reason: 'x',
        match: ['a'],
        not_match: ['b'],
      }))
      const result = compilePolicy(sourcesOf(JSON.stringify({ version: 1, rules })), { examples: false })
      if (!result.ok) throw new Error(JSON.stringify(result.error))
      return judged(result.value, input).effect === naiveEffect(rules, input)
    }),
    { numRuns: 1_000 },
  )
})
