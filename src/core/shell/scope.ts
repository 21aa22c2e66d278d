import type { Word } from './facts.ts'
import type { Frame, Run } from './run.ts'

/** What is known of a variable. `items` is set for arrays; `text` is then the first item, as the shell has it. */
export type Value = {
  readonly text: string
  readonly dynamic: boolean
  readonly glob: boolean
  readonly items: readonly Word[] | null
}

/** A variable that the line itself has unset. */
export const UNSET: Value = { text: '', dynamic: false, glob: false, items: null }

/** A function that the line defines. */
export type KnownFunction = {
  /** Characters of its body. */
  readonly length: number
  /** Walks the body once more, for a call. */
  readonly walk: (run: Run, frame: Frame) => void
}

/**
 * The state of one shell process as far as the line itself made it: variables, functions, working directory, positional
 * parameters. What the session held before is not known; `get` answers `undefined` for it. A subshell or a conditional
 * part works on a fork, so that its changes can be dropped or merged.
 */
export class Scope {
  readonly #parent: Scope | null
  #variables: Map<string, Value> | null = null
  #functions: Map<string, KnownFunction> | null = null
  /** Null when not known. */
  cwd: string | null
  oldCwd: string | null
  /** `$1` and so on; null at a prompt, where they are empty unless someone ran `set --` before. */
  positionals: readonly Word[] | null
  /** True once something that could not be read ran in this process: from then on no earlier value is certain. */
  opaque: boolean

  constructor(parent: Scope | null, cwd: string | null) {
    this.#parent = parent
    this.cwd = cwd
    this.oldCwd = parent?.oldCwd ?? null
    this.positionals = parent?.positionals ?? null
    this.opaque = parent?.opaque ?? false
  }

  fork(): Scope {
    return new Scope(this, this.cwd)
  }

  get(name: string): Value | undefined {
    const own = this.#variables?.get(name)
    if (own !== undefined) return own
    return this.#parent?.get(name)
  }

  set(name: string, value: Value): void {
    this.#variables ??= new Map()
    this.#variables.set(name, value)
  }

  function(name: string): KnownFunction | undefined {
    return this.#functions?.get(name) ?? this.#parent?.function(name)
  }

  define(name: string, known: KnownFunction): void {
    this.#functions ??= new Map()
    this.#functions.set(name, known)
  }

  changeDirectory(to: string | null): void {
    this.oldCwd = this.cwd
    this.cwd = to
  }

  /**
   * Takes over what a fork changed. `assumed` says that the fork most likely ran to its end (`cd /x && …`): then its
   * directory counts. A variable that had another value before is no longer known; one that had none in this line keeps
   * the new value as a guess, because the session may have held something else. True when something known was lost.
   */
  merge(fork: Scope, assumed: boolean, guess: (value: Value) => Value, unknown: Value): boolean {
    let lost = false
    if (fork.#variables !== null) {
      for (const [name, value] of fork.#variables) {
        const before = this.get(name)
        if (before === undefined) this.set(name, guess(value))
        else if (before.text !== value.text || before.items !== value.items) {
          lost ||= before !== unknown
          this.set(name, unknown)
        }
      }
    }
    if (fork.#functions !== null) for (const [name, known] of fork.#functions) this.define(name, known)
    if (fork.cwd !== this.cwd) {
      lost = true
      this.oldCwd = fork.oldCwd
      this.cwd = assumed ? fork.cwd : null
    }
    if (fork.opaque) this.opaque = true
    return lost
  }
}
