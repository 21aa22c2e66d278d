import type { Analysis, CommandFacts } from '../shell/facts.ts'
import { namesFile } from './file-access.ts'
import { segmentsOf } from './segments.ts'
import { textHash } from './text-hash.ts'

/** Hashes of texts (`textHash`), or of what paths are known by (`hashesOfPath`), each once; null: anything will do. */
type Hashes = readonly number[] | null

/**
 * What a command must have for a condition to hold, and the same of a command. Comparing them rules out nearly every rule of a program
 * without looking at the rule: what is compared first lies side by side for all rules, while a rule's own closures and texts are
 * spread over memory that has gone cold since the last line was judged.
 *
 * Of `program`, `flags`, `words` and `segments` the command must share a member with the condition; `shape` is a set of `SHAPE` bits, all
 * of which the command must have. A screen never rules out a command on which the condition holds; the opposite happens, and costs one
 * test.
 */
export type Screen = {
  readonly program: Hashes
  readonly flags: Hashes
  readonly words: Hashes
  readonly segments: Hashes
  readonly shape: number
}

export const OPEN: Screen = { program: null, flags: null, words: null, segments: null, shape: 0 }

export const SHAPE = {
  /** To or from a file, or of a text; not from one descriptor to another. */
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
  /** The program is written with a path. */
  slash: 2_048,
} as const

/** How a program whose name begins like this is found: globs are told apart by two characters. */
export const PREFIX_CHARACTERS = 2

export function prefixHash(text: string): number {
  return textHash(`${text.slice(0, PREFIX_CHARACTERS)}*`)
}

export function hashesOf(texts: Iterable<string>): readonly number[] {
  return [...new Set([...texts].map(textHash))]
}

/** Larger sets of a condition are not looked through, */
const HASHES_MAX = 256
/** nor are larger ones of a command: one bit for each member has to do. */
const COMMAND_HASHES_MAX = 16

/** All of several conditions hold. Of two sets, the smaller one rules out more. */
export function screenOfAll(screens: readonly Screen[]): Screen {
  let { program, flags, words, segments, shape } = OPEN
  for (const each of screens) {
    program = smaller(program, each.program)
    flags = smaller(flags, each.flags)
    words = smaller(words, each.words)
    segments = smaller(segments, each.segments)
    shape |= each.shape
  }
  return { program, flags, words, segments, shape }
}

/** At least one of several conditions holds. */
export function screenOfAny(screens: readonly Screen[]): Screen {
  const [first, ...others] = screens
  if (first === undefined) return OPEN
  let { program, flags, words, segments, shape } = first
  for (const each of others) {
    program = union(program, each.program)
    flags = union(flags, each.flags)
    words = union(words, each.words)
    segments = union(segments, each.segments)
    shape &= each.shape
  }
  return { program, flags, words, segments, shape }
}

function smaller(a: Hashes, b: Hashes): Hashes {
  return a === null || (b !== null && b.length < a.length) ? b : a
}

function union(a: Hashes, b: Hashes): Hashes {
  if (a === null || b === null) return null
  const both = [...new Set([...a, ...b])]
  return both.length > HASHES_MAX ? null : both
}

/** In every set of a command: a condition that asks for nothing particular has this bit alone. */
const ANYTHING = 1 << 31

/** One of 31 bits for each member. */
function bitsOf(hashes: Hashes): number {
  if (hashes === null) return ANYTHING
  let bits = 0
  for (const hash of hashes) bits |= 1 << ((hash >>> 0) % 31)
  return bits
}

/** What screens are compared with: the same of a command. */
export class CommandScreen {
  /** The sets as one bit for each member. */
  readonly programBits: number
  readonly flagBits: number
  readonly wordBits: number
  readonly shape: number
  readonly program: Hashes
  readonly flags: Hashes
  readonly words: Hashes
  readonly #command: CommandFacts
  readonly #home: string | null
  #segments: Hashes | undefined

  /**
   * @param home - the user's, absolute; null when unknown
   * @param withoutVersion - the name of a program less its version
   */
  constructor(
    command: CommandFacts,
    analysis: Analysis,
    home: string | null,
    withoutVersion: (program: string) => string,
  ) {
    const { program, path, options, args, operands, redirects } = command
    const programs: number[] = []
    if (program !== null) {
      const plain = withoutVersion(program)
      programs.push(textHash(program), prefixHash(program))
      if (plain !== program) programs.push(textHash(plain))
    }
    this.program = programs
    this.programBits = bitsOf(programs) | ANYTHING
    const flags = options.map(({ name }) => textHash(name))
    this.flags = flags.length > COMMAND_HASHES_MAX ? null : flags
    this.flagBits = bitsOf(flags) | ANYTHING
    const words = [...args, ...operands].map(({ text }) => textHash(text))
    this.words = words.length > 2 * COMMAND_HASHES_MAX ? null : words
    this.wordBits = bitsOf(words) | ANYTHING
    this.shape =
      (redirects.some(namesFile) ? SHAPE.redirects : 0) |
      (command.from.length > 0 ? SHAPE.from : 0) |
      (command.to.length > 0 ? SHAPE.to : 0) |
      (command.via.length > 0 ? SHAPE.via : 0) |
      (command.env.size > 0 ? SHAPE.env : 0) |
      (command.dynamic.length > 0 ? SHAPE.dynamic : 0) |
      (command.context.length > 0 ? SHAPE.context : 0) |
      (analysis.commands.length > 1 ? SHAPE.company : 0) |
      (operands.length > 0 ? SHAPE.operands : 0) |
      (args.length > 0 ? SHAPE.args : 0) |
      (program !== null ? SHAPE.program : 0) |
      (path !== null && path.text.includes('/') ? SHAPE.slash : 0)
    this.#command = command
    this.#home = home
  }

  /** Found out when the first screen asks for them. */
  get segments(): Hashes {
    if (this.#segments === undefined) this.#segments = segmentsOf(this.#command, this.#home)
    return this.#segments
  }
}

const WORDS_PER_SCREEN = 5

/**
 * The screens of a list of conditions: five words of each side by side, the sets as bits; and behind all of them, for a screen whose fifth
 * word is not 0, the members of its four sets, each set behind its size. 0 is one that takes in anything.
 */
export class Screens {
  readonly #words: readonly number[]
  readonly #end: number

  constructor(screens: readonly Screen[]) {
    this.#end = screens.length * WORDS_PER_SCREEN
    const behind: number[] = []
    const rows = screens.flatMap(({ program, flags, words, segments, shape }) => {
      const sets = [program, flags, words, segments]
      const at = sets.every((set) => set === null) ? 0 : this.#end + behind.length
      if (at > 0) for (const set of sets) behind.push(set?.length ?? 0, ...(set ?? []))
      return [bitsOf(program), bitsOf(flags), bitsOf(words), shape, at]
    })
    // A typed array of its own for each list would be three times as large.
    this.#words = [...rows, ...behind]
  }

  /** Calls `found` with the number of each condition that may hold. */
  passing(command: CommandScreen, found: (index: number) => void): void {
    const { programBits, flagBits, wordBits, shape } = command
    const own = this.#words
    for (let at = 0; at < this.#end; at += WORDS_PER_SCREEN) {
      const shaped = own[at + 3]!
      if (
        (programBits & own[at]!) !== 0 &&
        (flagBits & own[at + 1]!) !== 0 &&
        (wordBits & own[at + 2]!) !== 0 &&
        (shape & shaped) === shaped &&
        this.#shares(own[at + 4]!, command)
      )
        found(at / WORDS_PER_SCREEN)
    }
  }

  /** Whether the command has a member of each set at `at`. */
  #shares(at: number, command: CommandScreen): boolean {
    if (at === 0) return true
    const own = this.#words
    const flags = at + 1 + own[at]!
    const words = flags + 1 + own[flags]!
    const segments = words + 1 + own[words]!
    return (
      this.#hasOneOf(at, command.program) &&
      this.#hasOneOf(flags, command.flags) &&
      this.#hasOneOf(words, command.words) &&
      (own[segments] === 0 || this.#hasOneOf(segments, command.segments))
    )
  }

  #hasOneOf(at: number, hashes: Hashes): boolean {
    const own = this.#words
    const size = own[at]!
    if (size === 0 || hashes === null) return true
    for (let each = at + 1; each <= at + size; each += 1) if (hashes.includes(own[each]!)) return true
    return false
  }
}
