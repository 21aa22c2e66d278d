import type { Analysis, CommandFacts } from '../shell/facts.ts'

/**
 * What a command must have for a condition to hold, in four machine words, and the same words of a command. Comparing them
 * rules out nearly every rule of a program without looking at the rule: the words of all rules lie side by side in one array, while
 * a rule's own closures and texts are spread over memory that has gone cold since the last line was judged.
 *
 * `program`, `flags` and `words` are sets of texts, one bit for each text's hash: the command must share a member with the
 * condition. `shape` is a set of `SHAPE` bits: the command must have all of them. A screen never rules out a command on which the
 * condition holds; the opposite happens, and costs one test.
 */
export type Screen = {
  readonly program: number
  readonly flags: number
  readonly words: number
  readonly shape: number
}

/** Set in every set of a command: a condition that asks for nothing particular has this bit alone. */
const ANYTHING = 1 << 31

export const OPEN: Screen = { program: ANYTHING, flags: ANYTHING, words: ANYTHING, shape: 0 }

export const SHAPE = {
  redirects: 1,
  from: 2,
  to: 4,
  via: 8,
  env: 16,
  dynamic: 32,
  context: 64,
  /** Another command stands in the line. */
  company: 128,
  operands: 256,
  args: 512,
  program: 1_024,
} as const

/** How many characters of a text its hash takes in. */
const HASHED_CHARACTERS = 12

/** One of 31 bits. */
export function bitOf(text: string): number {
  const { length } = text
  let hash = length
  const end = length < HASHED_CHARACTERS ? length : HASHED_CHARACTERS
  for (let at = 0; at < end; at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return 1 << ((hash >>> 0) % 31)
}

/** The set of some texts. */
export function bitsOf(texts: Iterable<string>): number {
  let bits = 0
  for (const text of texts) bits |= bitOf(text)
  return bits
}

/** How a program whose name begins like this is found: globs are told apart by two characters. */
export const PREFIX_CHARACTERS = 2

export function prefixBit(text: string): number {
  return bitOf(`${text.slice(0, PREFIX_CHARACTERS)}*`)
}

/** All of several conditions hold. Of two sets, the smaller one rules out more. */
export function screenOfAll(screens: readonly Screen[]): Screen {
  let { program, flags, words, shape } = OPEN
  for (const each of screens) {
    program = narrower(program, each.program)
    flags = narrower(flags, each.flags)
    words = narrower(words, each.words)
    shape |= each.shape
  }
  return { program, flags, words, shape }
}

/** At least one of several conditions holds. */
export function screenOfAny(screens: readonly Screen[]): Screen {
  const [first, ...others] = screens
  if (first === undefined) return OPEN
  let { program, flags, words, shape } = first
  for (const each of others) {
    program |= each.program
    flags |= each.flags
    words |= each.words
    shape &= each.shape
  }
  return { program, flags, words, shape }
}

function narrower(a: number, b: number): number {
  return population(a) <= population(b) ? a : b
}

/** Members of a set; one that takes in anything is larger than all others. */
function population(bits: number): number {
  if ((bits & ANYTHING) !== 0) return 32
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1
  return count
}

/** The four words of a command. */
export function screenOf(
  command: CommandFacts,
  analysis: Analysis,
  withoutVersion: (program: string) => string,
): Screen {
  const { program, options, args } = command
  let programs = ANYTHING
  if (program !== null) {
    const plain = withoutVersion(program)
    programs |= bitOf(program) | prefixBit(program)
    if (plain !== program) programs |= bitOf(plain)
  }
  let flags = ANYTHING
  for (const { name } of options) flags |= bitOf(name)
  let words = ANYTHING
  for (const { text } of args) words |= bitOf(text)
  for (const { text } of command.operands) words |= bitOf(text)
  const shape =
    (command.redirects.length > 0 ? SHAPE.redirects : 0) |
    (command.from.length > 0 ? SHAPE.from : 0) |
    (command.to.length > 0 ? SHAPE.to : 0) |
    (command.via.length > 0 ? SHAPE.via : 0) |
    (command.env.size > 0 ? SHAPE.env : 0) |
    (command.dynamic.length > 0 ? SHAPE.dynamic : 0) |
    (command.context.length > 0 ? SHAPE.context : 0) |
    (analysis.commands.length > 1 ? SHAPE.company : 0) |
    (command.operands.length > 0 ? SHAPE.operands : 0) |
    (args.length > 0 ? SHAPE.args : 0) |
    (program !== null ? SHAPE.program : 0)
  return { program: programs, flags, words, shape }
}

const WORDS_PER_SCREEN = 4

/** The screens of a list of conditions, side by side. */
export class Screens {
  readonly #words: Int32Array

  constructor(screens: readonly Screen[]) {
    this.#words = Int32Array.from(screens.flatMap(({ program, flags, words, shape }) => [program, flags, words, shape]))
  }

  /** Calls `found` with the number of each condition that may hold. */
  passing({ program, flags, words, shape }: Screen, found: (index: number) => void): void {
    const own = this.#words
    for (let at = 0; at < own.length; at += WORDS_PER_SCREEN) {
      const shaped = own[at + 3]!
      if (
        (program & own[at]!) !== 0 &&
        (flags & own[at + 1]!) !== 0 &&
        (words & own[at + 2]!) !== 0 &&
        (shape & shaped) === shaped
      )
        found(at / WORDS_PER_SCREEN)
    }
  }
}
