import type { Paths } from '../core/paths.ts'
import type { CliIo } from './main.ts'
import type { Output } from './output.ts'

/** One option of a command: what the parser, the completions and the tests of the help texts know of it. */
export type OptionSpec = {
  readonly name: string
  readonly short?: string
  /** What its value is: one of these words, or completed as a file, a directory or not at all. Null: it has none. */
  readonly value: 'file' | 'directory' | 'text' | readonly string[] | null
  /** Several of these words may be given, separated by commas. */
  readonly list?: true
  readonly summary: string
}

export type CommandSpec = {
  readonly name: string
  readonly summary: string
  readonly options: readonly OptionSpec[]
  /** How its arguments are completed. */
  readonly operand: 'none' | 'line' | 'file' | 'directory' | 'command' | readonly string[]
  readonly operandsMin: number
  readonly operandsMax: number
  /** `cmdaid policy validate`: then the command itself does nothing. */
  readonly verbs: readonly CommandSpec[]
  /** Loads what runs it; null for what is not run from here. */
  readonly load: (() => Promise<{ readonly run: RunCommand }>) | null
}

export type Arguments = {
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly operands: readonly string[]
}

export type CommandContext = Arguments & {
  readonly spec: CommandSpec
  readonly output: Output
  readonly io: CliIo
  readonly paths: Paths
  readonly home: string
  /** Fires at SIGINT, and when nobody reads our output any more. */
  readonly signal: AbortSignal
}

/** Resolves with the exit status. May reject with a `CmdaidError`, which is then printed, with status 3. */
type RunCommand = (context: CommandContext) => Promise<number>

/** Exit statuses that all commands share. `check` and `verify` have their own besides. */
export const EXIT = { yes: 0, no: 1, usage: 2, cannotAnswer: 3, interrupted: 130 } as const
