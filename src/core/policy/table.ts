import type { Analysis, CommandFacts } from '../shell/facts.ts'
import type { ActorKind, Effect, Mode, NonInteractive, Risk, RuleId } from './decision.ts'
import type { PolicyDiagnostic } from './diagnostic.ts'
import type { Authority } from './document.ts'
import type { Key } from './filing.ts'
import { withoutVersion } from './program-class.ts'
import type { Condition } from './scene.ts'
import { CommandScreen, SHAPE, type Screens } from './screen.ts'

export type CompiledRule = {
  readonly id: RuleId
  /** Effects after the documents' safety settings have raised them. */
  readonly effect: { readonly human: Effect; readonly agent: Effect }
  readonly risk: Risk
  readonly reason: string
  readonly suggest: string | null
  readonly owner: string | null
  readonly url: string | null
  readonly tags: readonly string[]
  readonly final: boolean
  readonly authority: Authority
  readonly file: string
  readonly scope: CompiledScope | null
  readonly test: Condition
}

export type CompiledException = {
  readonly id: string
  readonly scope: CompiledScope | null
  readonly test: Condition
  readonly reason: string
  readonly file: string
  readonly authority: Authority
  readonly silences: readonly RuleId[]
}

export type CompiledScope = {
  readonly actors: ReadonlySet<ActorKind> | null
  readonly agents: ReadonlySet<string> | null
  readonly shells: ReadonlySet<string> | null
  readonly directories: ((cwd: string, home: string | null) => boolean) | null
}

/** A rule, and one way for it to hold. */
export type Candidate = { readonly rule: CompiledRule; readonly test: Condition }

/** What is filed under one key, and the screens in the same order. */
export type FiledRules = { readonly candidates: readonly Candidate[]; readonly screens: Screens }

/** All rules and exceptions in force, filed by what a command must have for them to matter. Never changed once made. */
export type CompiledPolicy = {
  /** `sha256:<64 hex>` over the documents, packs included. */
  readonly hash: string
  readonly mode: Mode
  readonly nonInteractive: NonInteractive
  /** A shell may run a line again that was allowed under this policy, in the same directory, without waiting for the answer. */
  readonly allowCache: boolean
  readonly organization: string | null
  /** The files it was made of, in the order they were given. */
  readonly files: readonly string[]
  /** Warnings and notes: nothing that refuses a document. */
  readonly diagnostics: readonly PolicyDiagnostic[]
  readonly rules: readonly CompiledRule[]
  readonly exceptions: readonly CompiledException[]
  readonly table: ReadonlyMap<Key, FiledRules>
  readonly exceptionsOf: ReadonlyMap<RuleId, readonly CompiledException[]>
}

/**
 * The rules that may match this command of a line, by the ways in which they may. What looks at every rule of a key are a few machine
 * words of each, side by side.
 */
export function candidates(
  policy: CompiledPolicy,
  command: CommandFacts,
  analysis: Analysis,
  home: string | null,
): readonly Candidate[] {
  const { table } = policy
  const screen = new CommandScreen(command, analysis, home, withoutVersion)
  const found: Candidate[] = []
  const file = (key: Key): void => {
    const filed = table.get(key)
    filed?.screens.passing(screen, (index) => {
      const candidate = filed.candidates[index]!
      if (!found.includes(candidate)) found.push(candidate)
    })
  }
  file('*')
  if (command.program !== null) {
    const { program, subcommand } = command
    fileProgram(program, subcommand, file)
    const plain = withoutVersion(program)
    if (plain !== program) fileProgram(plain, subcommand, file)
  }
  if ((screen.shape & SHAPE.redirects) !== 0) file('redirect')
  for (const name of command.env.keys()) file(`env ${name}`)
  fileNames('from', command.from, file)
  fileNames('to', command.to, file)
  for (const reason of command.dynamic) file(`dynamic ${reason}`)
  return found
}

function fileProgram(program: string, subcommand: string | null, file: (key: Key) => void): void {
  file(`program ${program}`)
  if (subcommand !== null) file(`subcommand ${program} ${subcommand}`)
}

function fileNames(side: 'from' | 'to', names: readonly string[], file: (key: Key) => void): void {
  for (const name of names) {
    file(`${side} ${name}`)
    const plain = withoutVersion(name)
    if (plain !== name) file(`${side} ${plain}`)
  }
}
