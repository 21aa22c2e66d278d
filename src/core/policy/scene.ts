import { DECISION_STEPS_MAX } from '../limits.ts'
import { Budget } from '../shell/budget.ts'
import type { Analysis, CommandFacts, ShellName, Word } from '../shell/facts.ts'
import type { Actor } from './decision.ts'
import type { TextTest } from './document.ts'
import type { KnownPaths, PathContext } from './path.ts'

/** What a decision knows besides the line itself. Nothing that changes while a policy is in force: shells remember what was allowed (ADR 0007). */
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

export type Price = {
  /** How much longer the test looks at a character than a plain comparison does. */
  readonly factor: number
  /** It is about paths, which have to be taken apart. */
  readonly path: boolean
}

/** Pays for one test of one word; a glob is compared place by place with every pattern. */
export function affords({ budget }: Scene, word: Word, { factor, path }: Price, { known, cwd }: PathContext): boolean {
  const { length } = word.text
  // What a path costs covers a directory of some depth.
  const deep = path && !word.text.startsWith('/') ? Math.max(0, (cwd?.length ?? 0) - DIRECTORY_CHARACTERS) : 0
  return (
    budget.take(STEPS_PER_TEST) &&
    budget.takeText(length * (word.glob ? GLOB_FACTOR : factor)) &&
    (!path || known.has(word) || budget.take(STEPS_PER_PATH + (length + deep) / 8))
  )
}

export function priceOf(test: TextTest): Price {
  if (typeof test === 'string' || isListOfTexts(test)) return { factor: 0, path: false }
  const inner = test.not === undefined ? { factor: 0, path: false } : priceOf(test.not)
  return {
    factor: Math.max(inner.factor, test.re !== undefined ? REGEX_FACTOR : test.path !== undefined ? 0.25 : 1),
    path: inner.path || test.path !== undefined,
  }
}

export function isListOfTexts(test: object): test is readonly string[] {
  return Array.isArray(test)
}

export const STEPS_PER_TEST = 1
export const STEPS_PER_NEIGHBOUR = 0.25
export const STEPS_PER_WORD_PASSED = 0.5
/** A path is taken apart once for all rules, with the directory it starts from up to this length. */
const DIRECTORY_CHARACTERS = 256
const STEPS_PER_PATH = 12
const GLOB_FACTOR = 128
const REGEX_FACTOR = 8

export function pathContext(cwd: string | null, { context, paths }: Scene): PathContext {
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
