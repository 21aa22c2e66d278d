import { DECISION_STEPS_MAX, POLICY_CONDITION_DEPTH_MAX } from '../limits.ts'
import { Budget } from '../shell/budget.ts'
import type { Analysis, CommandFacts, ShellName, Word } from '../shell/facts.ts'
import type { Actor } from './decision.ts'
import type { DocumentPath } from './diagnostic.ts'
import type { Names, Presence, TextTest, When } from './document.ts'
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
import { compileTextGlob } from './glob.ts'
import type { KnownPaths, PathContext } from './path.ts'
import { PROGRAM_CLASSES, type ProgramClass, withoutVersion } from './program-class.ts'
import {
  OPEN,
  PREFIX_CHARACTERS,
  SHAPE,
  type Screen,
  bitOf,
  bitsOf,
  prefixBit,
  screenOfAll,
  screenOfAny,
} from './screen.ts'
import { type ReportAt, type WordTest, compileWordTest, listOf } from './word-test.ts'

/** What a decision knows besides the line itself. */
export type DecisionContext = {
  readonly actor: Actor
  readonly shell: ShellName
  /** For patterns that begin with `~`. Null when unknown. */
  readonly home: string | null
  /** A person can be asked. Without one, `confirm` becomes `approve`. */
  readonly interactive: boolean
}

/** One line being judged: the same for all its commands. */
export type Scene = {
  readonly analysis: Analysis
  readonly context: DecisionContext
  /** Paths taken apart so far, by the directory they start from; belongs to this one decision. */
  readonly paths: Map<string | null, Map<Word, KnownPaths>>
  /** Of each condition of a `with`, the first two commands that fulfil it: one of them is another than any given one. */
  readonly others: Map<Condition, readonly CommandFacts[]>
  /** What judging this line may still cost. Once it is exhausted no test means anything. */
  readonly budget: Budget
}

export function sceneOf(analysis: Analysis, context: DecisionContext): Scene {
  return { analysis, context, paths: new Map(), others: new Map(), budget: new Budget(DECISION_STEPS_MAX) }
}

export type Condition = (command: CommandFacts, scene: Scene) => boolean

/**
 * Where a rule is filed: a command on which it matches is sure to have one of these keys. `*` is for all commands.
 * `keysOfCommand` in `table.ts` gives the keys of a command.
 */
export type Key =
  | `program ${string}`
  | `subcommand ${string} ${string}`
  | `env ${string}`
  | `assignment ${string}`
  | `from ${string}`
  | `to ${string}`
  | `dynamic ${string}`
  | 'redirect'
  | '*'

export type Compiled = {
  readonly test: Condition
  readonly keys: ReadonlySet<Key>
  /** What a command must have for `test` to hold. */
  readonly screen: Screen
}

const EVERYWHERE: ReadonlySet<Key> = new Set(['*'])

/** Compiles one `when`. All its fields must hold. */
export function compileCondition(when: When, at: DocumentPath, report: ReportAt, depth = 0): Compiled {
  if (depth > POLICY_CONDITION_DEPTH_MAX) {
    report(at, {
      code: 'CMDAID_ERR_POLICY_VALUE',
      message: `conditions are nested deeper than ${POLICY_CONDITION_DEPTH_MAX} levels`,
      hint: 'join nested `all` and `any` lists',
    })
    return { test: () => false, keys: EVERYWHERE, screen: OPEN }
  }
  const parts = new Parts(at, report, depth)

  if (when.program !== undefined) {
    const names = compileNames(when.program, [...at, 'program'], report)
    const subcommands = when.subcommand === undefined ? null : listOf(when.subcommand)
    const keys =
      names.plain === null
        ? EVERYWHERE
        : names.plain.flatMap((name): Key[] =>
            subcommands === null
              ? [`program ${name}`]
              : subcommands.map((sub): Key => `subcommand ${name} ${firstWord(sub)}`),
          )
    parts.add(({ program }, { context }) => program !== null && names.has(program, context.shell === 'powershell'), {
      keys,
      screen: { program: names.bits, shape: SHAPE.program },
    })
  }
  if (when.subcommand !== undefined) {
    const paths = listOf(when.subcommand).map((text) => text.split(' '))
    parts.add(({ operands }) => paths.some((path) => path.every((name, index) => operands[index]?.text === name)), {
      screen: { words: bitsOf(paths.map((path) => path.at(-1) ?? '')), shape: SHAPE.operands },
    })
  }
  if (when.path !== undefined) parts.words(when.path, 'path', ({ path }) => (path === null ? [] : [path]))
  if (when.flags !== undefined) {
    const present = compilePresence(when.flags)
    parts.add(({ flags }) => present.holds((name) => flags.has(name)), { screen: { flags: present.bits } })
  }
  if (when.via !== undefined) {
    const present = compilePresence(when.via)
    parts.add(({ via }) => present.holds((name) => via.includes(name)), {
      screen: present.bits === OPEN.flags ? {} : { shape: SHAPE.via },
    })
  }
  for (const [name, test] of Object.entries(when.flag_value ?? {})) {
    const matches = compileWordTest(test, [...at, 'flag_value', name], report)
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
      { screen: { flags: bitOf(name) } },
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
    parts.words(test, 'env', ({ env }) => optional(env.get(name)), {
      keys: [`env ${name}`],
      screen: { shape: SHAPE.env },
    })
  }
  for (const [name, test] of Object.entries(when.assignment ?? {})) {
    const matches = compileWordTest(test, [...at, 'assignment', name], report)
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
    const matches = compileWordTest(when.cwd, [...at, 'cwd'], report)
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
  if (when.any !== undefined) {
    const options = parts.alternatives(when.any)
    parts.add((command, scene) => options.some(({ test }) => test(command, scene)), {
      keys: options.flatMap(({ keys }) => [...keys]),
      screen: screenOfAny(options.map(({ screen }) => screen)),
    })
  }
  if (when.not !== undefined) {
    const { test } = parts.inside(when.not, 'not')
    parts.add((command, scene) => !test(command, scene))
  }
  return joined(parts.list)
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

  add(test: Condition, { keys = EVERYWHERE, screen = {} }: Found = {}): void {
    this.list.push({ test, keys: new Set(keys), screen: { ...OPEN, ...screen } })
  }

  words(test: TextTest, field: string, of: (command: CommandFacts) => readonly Word[], found?: Found): void {
    this.add(someWord(compileWordTest(test, [...this.#at, field], this.#report), priceOf(test), of), found)
  }

  alternatives(given: readonly When[]): readonly Compiled[] {
    return given.map((each, index) => this.inside(each, 'any', index))
  }

  inside(inner: When, ...field: readonly (string | number)[]): Compiled {
    return compileCondition(inner, [...this.#at, ...field], this.#report, this.#depth + 1)
  }
}

function someWord(matches: WordTest, price: Price, of: (command: CommandFacts) => readonly Word[]): Condition {
  return (command, scene) => {
    if (!scene.budget.take(sizeOf(command) * STEPS_PER_WORD_PASSED)) return false
    const given = of(command)
    if (given.length === 0) return false
    const context = pathContext(command.cwd, scene)
    return given.some((word) => affords(scene, word, price, context) && matches(word, context))
  }
}

function joined(parts: readonly Compiled[]): Compiled {
  return {
    test: conjunction(parts.map(({ test }) => test)),
    keys: narrowest(parts.map(({ keys }) => keys)),
    screen: screenOfAll(parts.map(({ screen }) => screen)),
  }
}

const REDIRECTED = { keys: ['redirect'], screen: { shape: SHAPE.redirects } } as const
const IN_COMPANY = { screen: { shape: SHAPE.company } } as const

/** A test that lists whole words asks for one of them; any other for some word. */
function amongWords(test: TextTest, shape: number): { readonly screen: Partial<Screen> } {
  const exact =
    typeof test === 'string' || isListOfTexts(test) ? listOf(test) : test.is === undefined ? null : listOf(test.is)
  return { screen: exact === null ? { shape } : { shape, words: bitsOf(exact) } }
}

/** Programs before or behind a command: in the pipeline, or feeding what it runs. */
function compileNeighbours(side: 'from' | 'to', given: Names, at: DocumentPath, report: ReportAt): Compiled {
  const names = compileNames(given, at, report)
  const { only = false, self = false } =
    typeof given === 'object' && !Array.isArray(given) ? (given as Exclude<Names, string | readonly string[]>) : {}
  const keys = names.plain === null || self ? EVERYWHERE : new Set(names.plain.map((name): Key => `${side} ${name}`))
  return {
    keys,
    screen: { ...OPEN, shape: SHAPE[side] },
    test(command, { budget, context }) {
      const neighbours = command[side]
      if (neighbours.length === 0 || !budget.take(neighbours.length * STEPS_PER_NEIGHBOUR)) return false
      if (self) return command.program !== null && neighbours.includes(command.program)
      const named = (name: string): boolean => names.has(name, context.shell === 'powershell')
      return only ? neighbours.every(named) : neighbours.some(named)
    },
  }
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

type Price = {
  /** How much longer the test looks at a character than a plain comparison does. */
  readonly factor: number
  /** It is about paths, which have to be taken apart. */
  readonly path: boolean
}

/** Pays for one test of one word; a glob is compared place by place with every pattern. */
function affords({ budget }: Scene, word: Word, { factor, path }: Price, { known }: PathContext): boolean {
  const { length } = word.text
  return (
    budget.take(STEPS_PER_TEST) &&
    budget.takeText(length * (word.glob ? GLOB_FACTOR : factor)) &&
    (!path || known.has(word) || budget.take(STEPS_PER_PATH + length / 8))
  )
}

function priceOf(test: TextTest): Price {
  if (typeof test === 'string' || isListOfTexts(test)) return { factor: 0, path: false }
  const inner = test.not === undefined ? { factor: 0, path: false } : priceOf(test.not)
  return {
    factor: Math.max(inner.factor, test.re !== undefined ? REGEX_FACTOR : test.path !== undefined ? 0.25 : 1),
    path: inner.path || test.path !== undefined,
  }
}

function isListOfTexts(test: object): test is readonly string[] {
  return Array.isArray(test)
}

/** Words that somebody has to look through to find those that a test is about. */
function sizeOf({ args, options, redirects }: CommandFacts): number {
  return args.length + options.length + redirects.length
}

export const STEPS_PER_TEST = 1
const STEPS_PER_NEIGHBOUR = 0.25
const STEPS_PER_WORD_PASSED = 0.5
/** A path is taken apart once for all rules. */
const STEPS_PER_PATH = 12
const GLOB_FACTOR = 128
const REGEX_FACTOR = 8

function pathContext(cwd: string | null, { context, paths }: Scene): PathContext {
  let known = paths.get(cwd)
  if (known === undefined) {
    known = new Map()
    paths.set(cwd, known)
  }
  return { cwd, home: context.home, known }
}

/** A word that stands for a text known in full, in no particular place. */
export function knownWord(text: string): Word {
  return { text, dynamic: false, glob: false, span: { start: 0, end: 0 } }
}

type CompiledNames = {
  /** @param folded - the shell takes small letters for large ones, and the program's are small */
  readonly has: (program: string, folded: boolean) => boolean
  /** The names themselves, or null when a glob is among them. */
  readonly plain: readonly string[] | null
  /** For `Screen.program`. */
  readonly bits: number
}

export function compileNames(names: Names, at: DocumentPath, report: ReportAt): CompiledNames {
  const given =
    typeof names === 'string' || Array.isArray(names)
      ? { name: names as string | readonly string[] }
      : (names as Exclude<Names, string | readonly string[]>)
  const plain = new Set<string>(listOf(given.class ?? []).flatMap((name) => PROGRAM_CLASSES[name as ProgramClass]))
  const globs: { matches: (text: string) => boolean }[] = []
  let prefixes = 0
  for (const name of listOf(given.name ?? [])) {
    if (!/[*?[{]/.test(name) || name === '[') {
      plain.add(name)
      continue
    }
    const glob = compileTextGlob(name)
    if (glob.ok) {
      globs.push(glob.value)
      prefixes |=
        /^[\w.-]/.test(name) && !/[*?[{\\]/.test(name.slice(0, PREFIX_CHARACTERS)) ? prefixBit(name) : OPEN.program
    } else
      report(at, {
        code: 'CMDAID_ERR_POLICY_GLOB',
        message: `the glob \`${name}\` cannot be read: ${glob.error}`,
        hint: null,
      })
  }
  const small = new Set([...plain].map((name) => name.toLowerCase()).filter((name) => !plain.has(name)))
  return {
    has: (program, folded) =>
      plain.has(program) ||
      plain.has(withoutVersion(program)) ||
      globs.some((glob) => glob.matches(program)) ||
      (folded && small.has(program)),
    plain: globs.length > 0 ? null : [...plain, ...small],
    bits: bitsOf(plain) | bitsOf(small) | prefixes,
  }
}

type CompiledPresence = {
  readonly holds: (has: (name: string) => boolean) => boolean
  /** For `Screen.flags`. */
  readonly bits: number
}

function compilePresence(presence: Presence): CompiledPresence {
  const { any, all, none } =
    typeof presence === 'string' || Array.isArray(presence)
      ? { any: listOf(presence as string | readonly string[]), all: undefined, none: undefined }
      : (presence as Exclude<Presence, string | readonly string[]>)
  const [first] = all ?? []
  return {
    holds: (has) =>
      (any === undefined || any.some(has)) &&
      (all === undefined || all.every(has)) &&
      (none === undefined || !none.some(has)),
    bits: first !== undefined ? bitOf(first) : any !== undefined ? bitsOf(any) : OPEN.flags,
  }
}

/**
 * Of several conditions that must all hold, the keys that find the fewest commands. An assignment belongs to the line: a
 * command can fulfil such a condition without having the key, so that it narrows nothing down beside other conditions.
 */
function narrowest(sets: readonly ReadonlySet<Key>[]): ReadonlySet<Key> {
  const ofLine = sets.flatMap((keys) => [...keys].filter(isOfLine))
  if (ofLine.length > 0 && sets.every((keys) => [...keys].every(isOfLine))) return sets[0] ?? EVERYWHERE
  if (ofLine.length > 0 && sets.length === 1) return sets[0] ?? EVERYWHERE
  const ofCommand = sets.filter((keys) => !keys.has('*') && ![...keys].some(isOfLine))
  const best = ofCommand.toSorted((a, b) => cost(a) - cost(b))[0]
  return best ?? new Set<Key>(['*', ...ofLine])
}

function isOfLine(key: Key): boolean {
  return key.startsWith('assignment ')
}

/** A redirection is found on more commands than a name is. */
function cost(keys: ReadonlySet<Key>): number {
  return keys.size + (keys.has('redirect') ? 1_000 : 0)
}

function conjunction(tests: readonly Condition[]): Condition {
  if (tests.length === 1) return tests[0]!
  return (command, scene) => {
    for (const test of tests) if (!test(command, scene)) return false
    return true
  }
}

function filed(programs: readonly string[], ...others: readonly Key[]): readonly Key[] {
  return [...programs.map((name): Key => `program ${name}`), ...others]
}

function optional(word: Word | undefined): readonly Word[] {
  return word === undefined ? [] : [word]
}

function firstWord(text: string): string {
  return text.split(' ', 1)[0]!
}
