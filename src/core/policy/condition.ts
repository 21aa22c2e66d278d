import { POLICY_CONDITION_DEPTH_MAX } from '../limits.ts'
import type { Analysis, CommandFacts, Word } from '../shell/facts.ts'
import type { DocumentPath } from './diagnostic.ts'
import type { Names, TextTest, When } from './document.ts'
import { type Compiled, EVERYWHERE, type Key, allOf, anyOf, filed } from './filing.ts'
import {
  deletedBy,
  deletingPrograms,
  hereTexts,
  readBy,
  readingPrograms,
  redirectedFrom,
  redirectedTo,
  writingPrograms,
  writtenBy,
} from './file-access.ts'
import { compileNames, compilePresence, isGlobbed } from './names.ts'
import {
  type Condition,
  type Price,
  STEPS_PER_NEIGHBOUR,
  STEPS_PER_TEST,
  STEPS_PER_WORD_PASSED,
  type Scene,
  affords,
  isListOfTexts,
  knownWord,
  pathContext,
  priceOf,
} from './scene.ts'
import { OPEN, SHAPE, type Screen, hashesOf } from './screen.ts'
import { type ReportAt, type WordTest, compileWordTest, listOf } from './word-test.ts'

/** Compiles one `when`. All its fields must hold. */
export function compileCondition(when: When, at: DocumentPath, report: ReportAt, depth = 0): Compiled {
  if (depth > POLICY_CONDITION_DEPTH_MAX) {
    report(at, {
      code: 'CMDAID_ERR_POLICY_VALUE',
      message: `conditions are nested deeper than ${POLICY_CONDITION_DEPTH_MAX} levels`,
      hint: 'join nested `all` and `any` lists',
    })
    return anyOf([])
  }
  const parts = new Parts(at, report, depth)

  if (when.program !== undefined) {
    const names = compileNames(when.program, [...at, 'program'], report)
    const subcommands = when.subcommand === undefined ? null : listOf(when.subcommand)
    const keys = names.plain.flatMap((name): Key[] =>
      subcommands === null
        ? [`program ${name}`]
        : subcommands.map((sub): Key => `subcommand ${name} ${firstWord(sub)}`),
    )
    parts.add(
      ({ program }, { context }) => program !== null && names.has(program, context.shell === 'powershell'),
      ...(keys.length > 0 ? [{ keys, screen: { program: hashesOf(names.plain), shape: SHAPE.program } }] : []),
      ...(isGlobbed(names) ? [{ screen: { program: names.prefixes, shape: SHAPE.program } }] : []),
    )
  }
  if (when.subcommand !== undefined) {
    const paths = listOf(when.subcommand).map((text) => text.split(' '))
    parts.add(({ operands }) => paths.some((path) => path.every((name, index) => operands[index]?.text === name)), {
      screen: { words: hashesOf(paths.map((path) => path.at(-1) ?? '')), shape: SHAPE.operands },
    })
  }
  if (when.path !== undefined)
    parts.words(when.path, 'path', ({ path }) => optional(path), {
      screen: { shape: asksForSlash(when.path) ? SHAPE.slash : 0 },
    })
  if (when.flags !== undefined) {
    const present = compilePresence(when.flags)
    parts.add(({ flags }) => present.holds((name) => flags.has(name)), { screen: { flags: present.hashes } })
  }
  if (when.via !== undefined) {
    const present = compilePresence(when.via)
    parts.add(({ via }) => present.holds((name) => via.includes(name)), {
      screen: present.hashes === null ? {} : { shape: SHAPE.via },
    })
  }
  for (const [name, test] of Object.entries(when.flag_value ?? {})) {
    const { matches, segments } = compileWordTest(test, [...at, 'flag_value', name], report)
    const price = priceOf(test)
    parts.add(
      (command, scene) =>
        command.options.some(
          (option) =>
            option.name === name &&
            option.value !== null &&
            affords(scene, option.value, price, pathContext(command.cwd, scene)) &&
            matches(option.value, pathContext(command.cwd, scene)),
        ),
      { screen: { flags: hashesOf([name]), segments } },
    )
  }
  if (when.operand !== undefined)
    parts.words(when.operand, 'operand', ({ operands }) => operands, amongWords(when.operand, SHAPE.operands))
  if (when.last_operand !== undefined) {
    const screened = amongWords(when.last_operand, SHAPE.operands)
    parts.words(when.last_operand, 'last_operand', ({ operands }) => operands.slice(-1), screened)
  }
  if (when.argument !== undefined)
    parts.words(when.argument, 'argument', ({ args }) => args, amongWords(when.argument, SHAPE.args))
  if (when.operands !== undefined) {
    const { min = 0, max = Infinity } = when.operands
    parts.add(({ operands }) => min <= operands.length && operands.length <= max)
  }
  if (when.redirect?.write !== undefined) parts.words(when.redirect.write, 'redirect', redirectedTo, REDIRECTED)
  if (when.redirect?.read !== undefined) parts.words(when.redirect.read, 'redirect', redirectedFrom, REDIRECTED)
  if (when.redirect?.here !== undefined) parts.words(when.redirect.here, 'redirect', hereTexts, REDIRECTED)
  if (when.reads !== undefined) parts.words(when.reads, 'reads', readBy, { keys: filed(readingPrograms, 'redirect') })
  if (when.writes !== undefined)
    parts.words(when.writes, 'writes', writtenBy, { keys: filed(writingPrograms, 'redirect') })
  if (when.deletes !== undefined)
    parts.words(when.deletes, 'deletes', deletedBy, { keys: filed(deletingPrograms), screen: { shape: SHAPE.program } })
  for (const [name, test] of Object.entries(when.env ?? {})) {
    const { matches } = compileWordTest(test, [...at, 'env'], report)
    parts.add(
      someWord(matches, priceOf(test), ({ env }) => optional(env.get(name))),
      {
        keys: [`env ${name}`],
        screen: { shape: SHAPE.env },
      },
    )
  }
  for (const [name, test] of Object.entries(when.assignment ?? {})) {
    const { matches } = compileWordTest(test, [...at, 'assignment', name], report)
    const price = priceOf(test)
    parts.add(
      (command, scene) => {
        const word = scene.analysis.assignments.get(name)
        return (
          word !== undefined &&
          affords(scene, word, price, pathContext(command.cwd, scene)) &&
          matches(word, pathContext(command.cwd, scene))
        )
      },
      { keys: [`assignment ${name}`] },
    )
  }
  for (const side of ['from', 'to'] as const) {
    const names = when[side]
    if (names !== undefined) parts.list.push(compileNeighbours(side, names, [...at, side], report))
  }
  if (when.stdin !== undefined) {
    const sources = new Set(when.stdin)
    parts.add(({ stdin }) => sources.has(stdin))
  }
  if (when.cwd !== undefined) {
    const { matches } = compileWordTest(when.cwd, [...at, 'cwd'], report)
    parts.add(({ cwd }, scene) => cwd !== null && matches(knownWord(cwd), pathContext(null, scene)))
  }
  if (when.actor !== undefined) {
    const kinds = new Set(when.actor)
    parts.add((_command, { context }) => kinds.has(context.actor.kind))
  }
  if (when.dynamic !== undefined) {
    const reasons = when.dynamic
    parts.add(({ dynamic }) => reasons.some((reason) => dynamic.includes(reason)), {
      keys: reasons.map((reason): Key => `dynamic ${reason}`),
      screen: { shape: SHAPE.dynamic },
    })
  }
  if (when.context !== undefined) {
    const contexts = when.context
    parts.add((command) => contexts.every((context) => command.context.includes(context)), {
      screen: { shape: contexts.length === 0 ? 0 : SHAPE.context },
    })
  }
  if (when.inner !== undefined) {
    const { test } = parts.inside(when.inner, 'inner')
    parts.add((command, scene) => {
      if (!scene.budget.take(scene.analysis.commands.length * STEPS_PER_NEIGHBOUR)) return false
      const inner = innerCommands(command, scene.analysis)
      return inner.length > 0 && inner.every((each) => test(each, scene))
    }, IN_COMPANY)
  }
  for (const [index, each] of (when.with ?? []).entries()) {
    const { test } = parts.inside(each, 'with', index)
    parts.add((command, scene) => firstTwo(test, scene).some((other) => other !== command), IN_COMPANY)
  }
  for (const [index, each] of (when.all ?? []).entries()) parts.list.push(parts.inside(each, 'all', index))
  if (when.any !== undefined) parts.list.push(anyOf(parts.alternatives(when.any)))
  if (when.not !== undefined) {
    const { test } = parts.inside(when.not, 'not')
    parts.add((command, scene) => !test(command, scene))
  }
  return allOf(parts.list)
}

type Found = { readonly keys?: Iterable<Key>; readonly screen?: Partial<Screen> }

/**
 * The fields of one `when`, compiled. Tests are made in functions that know no more than the test does: a test keeps alive all that the
 * functions around it know, and there it would be the whole document, for every rule.
 */
class Parts {
  readonly list: Compiled[] = []
  readonly #at: DocumentPath
  readonly #report: ReportAt
  readonly #depth: number

  constructor(at: DocumentPath, report: ReportAt, depth: number) {
    this.#at = at
    this.#report = report
    this.#depth = depth
  }

  add(test: Condition, ...found: readonly Found[]): void {
    const routes = (found.length > 0 ? found : [{}]).map(({ keys = EVERYWHERE, screen = {} }) => ({
      keys: new Set(keys),
      screen: { ...OPEN, ...screen },
      tests: [test],
    }))
    this.list.push({ test, routes })
  }

  /** A test of words that `segmentsOf` knows. */
  words(test: TextTest, field: string, of: (command: CommandFacts) => readonly Word[], found: Found = {}): void {
    const { matches, segments } = compileWordTest(test, [...this.#at, field], this.#report)
    this.add(someWord(matches, priceOf(test), of), { ...found, screen: { ...found.screen, segments } })
  }

  alternatives(given: readonly When[]): readonly Compiled[] {
    return given.map((each, index) => this.inside(each, 'any', index))
  }

  inside(inner: When, ...field: readonly (string | number)[]): Compiled {
    return compileCondition(inner, [...this.#at, ...field], this.#report, this.#depth + 1)
  }
}

function someWord(
  matches: WordTest['matches'],
  price: Price,
  of: (command: CommandFacts) => readonly Word[],
): Condition {
  return (command, scene) => {
    if (!scene.budget.take(sizeOf(command) * STEPS_PER_WORD_PASSED)) return false
    const given = of(command)
    if (given.length === 0) return false
    const context = pathContext(command.cwd, scene)
    return given.some((word) => affords(scene, word, price, context) && matches(word, context))
  }
}

const REDIRECTED = { keys: ['redirect'], screen: { shape: SHAPE.redirects } } as const
const IN_COMPANY = { screen: { shape: SHAPE.company } } as const

/** A test that lists whole words asks for one of them; any other for some word. */
function amongWords(test: TextTest, shape: number): { readonly screen: Partial<Screen> } {
  const exact =
    typeof test === 'string' || isListOfTexts(test) ? listOf(test) : test.is === undefined ? null : listOf(test.is)
  return { screen: exact === null ? { shape } : { shape, words: hashesOf(exact) } }
}

/** Programs before or behind a command: in the pipeline, or feeding what it runs. */
function compileNeighbours(side: 'from' | 'to', given: Names, at: DocumentPath, report: ReportAt): Compiled {
  const names = compileNames(given, at, report)
  const { only = false, self = false } =
    typeof given === 'object' && !Array.isArray(given) ? (given as Exclude<Names, string | readonly string[]>) : {}
  const keys = isGlobbed(names) || self ? EVERYWHERE : new Set(names.plain.map((name): Key => `${side} ${name}`))
  const test: Condition = (command, { budget, context }) => {
    const neighbours = command[side]
    if (neighbours.length === 0 || !budget.take(neighbours.length * STEPS_PER_NEIGHBOUR)) return false
    if (self) return command.program !== null && neighbours.includes(command.program)
    const named = (name: string): boolean => names.has(name, context.shell === 'powershell')
    return only ? neighbours.every(named) : neighbours.some(named)
  }
  return { test, routes: [{ keys, screen: { ...OPEN, shape: SHAPE[side] }, tests: [test] }] }
}

/** Commands in the substitutions of another: `brew` in `eval "$(brew shellenv)"`. */
export function innerCommands(command: CommandFacts, analysis: Analysis): readonly CommandFacts[] {
  return analysis.commands.filter(
    (each) =>
      each !== command &&
      each.context.includes('substitution') &&
      command.span.start <= each.span.start &&
      each.span.end <= command.span.end,
  )
}

function firstTwo(test: Condition, scene: Scene): readonly CommandFacts[] {
  let found = scene.others.get(test)
  if (found !== undefined) return found
  const all: CommandFacts[] = []
  for (const command of scene.analysis.commands) {
    if (!scene.budget.take(STEPS_PER_TEST)) break
    if (test(command, scene) && all.push(command) === 2) break
  }
  found = all
  scene.others.set(test, found)
  return found
}

/** Words that somebody has to look through to find those that a test is about. */
function sizeOf({ args, options, redirects }: CommandFacts): number {
  return args.length + options.length + redirects.length
}

function optional(word: Word | undefined | null): readonly Word[] {
  return word === undefined || word === null ? [] : [word]
}

/** Only a text with a slash in it can match: each of its globs has one outside of what may be left out. */
function asksForSlash(test: TextTest): boolean {
  if (typeof test === 'string' || isListOfTexts(test)) return listOf(test).every((text) => text.includes('/'))
  return test.glob !== undefined && listOf(test.glob).every((glob) => glob.includes('/') && !/[{[\\]/.test(glob))
}

function firstWord(text: string): string {
  return text.split(' ', 1)[0]!
}
