import type { ParsedScript } from 'unbash'
import { ANALYSIS_COMMANDS_MAX } from '../limits.ts'
import { changedTable, type AliasChange, type AliasTable } from './alias-table.ts'
import type { Budget } from './budget.ts'
import type { Analysis, AnalysisInput, CommandFacts, DynamicReason, ShellName, StdinSource, Word } from './facts.ts'
import type { Scope } from './scope.ts'
import type { Call, Inner } from './wrappers/inner.ts'
import type { Expansion } from './words.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A command's facts while what comes after it in the line may still add to them. */
export type Draft = Omit<Mutable<CommandFacts>, 'dynamic' | 'to'> & { dynamic: readonly DynamicReason[] }

/** What reads the output of a command. `names` is filled in once the readers are known. */
export type Downstream = { readonly names: string[]; readonly parent: Downstream | null }

/** What a command's standard input is connected to, other than what it inherits from the session. */
export type Input = {
  readonly source: StdinSource
  /** Programs that write to it, nearest first. */
  readonly names: readonly string[]
  /** All that will be read, when it can be computed; else null. */
  readonly text: () => string | null
}

export type Context = CommandFacts['context'][number]

/** Where in the walk we are: what the commands below a node have in common. */
export type Frame = Expansion & {
  readonly scope: Scope
  readonly via: readonly string[]
  readonly context: readonly Context[]
  readonly depth: number
  readonly input: Input | null
  readonly downstream: Downstream | null
  /** Assignments that wrappers made for what they run. */
  readonly env: ReadonlyMap<string, Word> | null
  /** Functions of the line whose bodies we are in, so that recursion ends. */
  readonly calls: readonly string[]
  /** False in a child process, whose variables are not the session's. */
  readonly ownProcess: boolean
  readonly shell: ShellName
  /** What the shell that reads the text replaces in it; null in a shell that has no aliases we know of. */
  readonly aliases: AliasTable | null
}

/** The state of one analysis. */
export type Run = {
  readonly input: AnalysisInput
  readonly drafts: Draft[]
  /** Parallel to `drafts`. */
  readonly downstreams: (Downstream | null)[]
  readonly reasons: Set<DynamicReason>
  readonly assignments: Map<string, Word>
  readonly budget: Budget
  /** What the line does to the aliases of its shell, last change of each name. */
  readonly aliasChanges: Map<string, AliasChange>
  /** The aliases of shells that the line starts: those that it makes itself, if it has been read for them. */
  readonly childAliases: AliasTable | null
  commandsLeft: number
  /** The walk over a tree of the bash family; held here so that the modules below it need not import it. */
  readonly walk: (run: Run, script: ParsedScript, frame: Frame) => void
  readonly languages: Languages
}

/** A shell that reads its text by a grammar of its own. */
export type Language = {
  readonly readText: (run: Run, draft: Draft | null, word: Word, frame: Frame, partial: boolean) => void
  readonly applyBuiltin: (run: Run, call: Call, frame: Frame) => void
  /** What a command runs besides itself. */
  readonly unwrap: (call: Call) => readonly Inner[]
}

export type Languages = Readonly<Record<'fish' | 'powershell', Language>>

/** Null for the shells of the bash family. */
export function languageOf({ languages }: Run, shell: ShellName): Language | null {
  return shell === 'fish' || shell === 'powershell' ? languages[shell] : null
}

export function newRun(
  input: AnalysisInput,
  budget: Budget,
  { walk, languages }: Pick<Run, 'walk' | 'languages'>,
  changes: ReadonlyMap<string, AliasChange> | null,
): Run {
  return {
    input,
    drafts: [],
    downstreams: [],
    reasons: new Set(),
    assignments: new Map(),
    budget,
    aliasChanges: new Map(),
    childAliases: changes === null ? null : changedTable(null, changes),
    commandsLeft: ANALYSIS_COMMANDS_MAX,
    walk,
    languages,
  }
}

export function addReason(run: Run, draft: Draft | null, reason: DynamicReason): void {
  run.reasons.add(reason)
  if (draft !== null && !draft.dynamic.includes(reason)) draft.dynamic = [...draft.dynamic, reason]
}

/** Takes characters of computed text from the budget; false, with the reason noted, when it is used up. */
export function spend(run: Run, draft: Draft | null, characters: number): boolean {
  if (run.budget.takeText(characters)) return true
  addReason(run, draft, 'too-long')
  return false
}

const NOBODY: readonly string[] = []

export function finish(run: Run): Analysis {
  const commands: CommandFacts[] = run.drafts.map((draft, index) => {
    const downstream = run.downstreams[index] ?? null
    return Object.assign(draft, { to: downstream === null ? NOBODY : readers(downstream, run.budget) })
  })
  if (run.budget.exhausted) run.reasons.add('too-long')
  return { commands, dynamic: [...run.reasons], assignments: run.assignments }
}

function readers(downstream: Downstream, budget: Budget): readonly string[] {
  if (downstream.parent === null) return downstream.names
  const names: string[] = []
  for (let end: Downstream | null = downstream; end !== null; end = end.parent) {
    if (!budget.take(1 + end.names.length / 16)) break
    names.push(...end.names)
  }
  return names
}

/** Programs found since `start` whose output goes there, in order. */
export function programsWritingTo(run: Run, start: number, downstream: Downstream): string[] {
  const names: string[] = []
  if (!run.budget.take((run.drafts.length - start) / 8)) return names
  for (let index = start; index < run.drafts.length; index += 1) {
    const program = run.drafts[index]?.program
    if (program == null) continue
    for (let end = run.downstreams[index] ?? null; end !== null; end = end.parent) {
      if (end !== downstream) continue
      names.push(program)
      break
    }
  }
  return names
}

/** The frame of a part that stands in a loop, a condition, a function … */
export function inside(frame: Frame, context: Context): Frame {
  return frame.context.includes(context) ? frame : { ...frame, context: [...frame.context, context] }
}

/** The parser could not make sense of some of it. */
export function isBroken(script: ParsedScript): boolean {
  return script.errors !== undefined && script.errors.length > 0
}
