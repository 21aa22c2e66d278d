import type { CommandFacts, DynamicReason, ShellName, StdinSource } from '../shell/facts.ts'
import type { ActorKind, Effect, Mode, NonInteractive, Risk } from './decision.ts'
import type { DocumentPath, Position } from './diagnostic.ts'

/** What `policy-v1.schema.json` admits, as types. `docs/format/policy.md` says what each field means. */
export type PolicyContent = {
  readonly version: string | number
  readonly organization?: string
  readonly effective_date?: string
  readonly mode?: Mode
  readonly non_interactive?: NonInteractive
  readonly allow_cache?: boolean
  readonly extends?: readonly (string | PackReference)[]
  readonly safety?: {
    readonly risk_tolerance?: RiskTolerance
    readonly require_approval_for?: readonly string[]
    readonly blocked_patterns?: readonly string[]
    readonly additional_dangerous_paths?: readonly string[]
  }
  readonly rules?: readonly RuleContent[]
  readonly exceptions?: readonly ExceptionContent[]
  readonly allowed_tools?: readonly unknown[]
  readonly inference?: object
  readonly approvals?: object
  readonly audit?: object
  readonly compliance?: object
}

export type RiskTolerance = 'low' | 'strict' | 'medium' | 'moderate' | 'high' | 'permissive'
export type PackReference = { readonly pack: string; readonly digest?: string }

export type RuleContent = {
  readonly id: string
  readonly effect: Effect | { readonly human: Effect; readonly agent: Effect }
  readonly risk: Risk
  readonly when: When
  readonly reason: string
  readonly suggest?: string
  readonly owner?: string
  readonly url?: string
  readonly tags?: readonly string[]
  readonly scope?: Scope
  readonly final?: boolean
  readonly match: readonly string[]
  readonly not_match: readonly string[]
}

export type ExceptionContent = {
  readonly id: string
  readonly silences: readonly string[]
  readonly when: When
  readonly reason: string
  readonly owner?: string
  readonly url?: string
  readonly scope?: Scope
  readonly match: readonly string[]
  readonly not_match: readonly string[]
}

/** Where and for whom a rule or an exception counts. Every given field must hold. */
export type Scope = {
  readonly actors?: readonly ActorKind[]
  readonly agents?: readonly string[]
  readonly shells?: readonly ShellName[]
  readonly directories?: readonly string[]
}

export type When = {
  readonly program?: Names
  readonly path?: TextTest
  readonly subcommand?: string | readonly string[]
  readonly flags?: Presence
  readonly flag_value?: Readonly<Record<string, TextTest>>
  readonly operand?: TextTest
  readonly last_operand?: TextTest
  readonly operands?: { readonly min?: number; readonly max?: number }
  readonly argument?: TextTest
  readonly redirect?: { readonly write?: TextTest; readonly read?: TextTest; readonly here?: TextTest }
  readonly reads?: TextTest
  readonly writes?: TextTest
  readonly deletes?: TextTest
  readonly env?: Readonly<Record<string, TextTest>>
  readonly assignment?: Readonly<Record<string, TextTest>>
  readonly from?: Names
  readonly to?: Names
  readonly stdin?: readonly StdinSource[]
  readonly via?: Presence
  readonly cwd?: TextTest
  readonly actor?: readonly ActorKind[]
  readonly dynamic?: readonly DynamicReason[]
  readonly context?: CommandFacts['context']
  readonly inner?: When
  readonly with?: readonly When[]
  readonly any?: readonly When[]
  readonly all?: readonly When[]
  readonly not?: When
}

/** Program names, as they are, as globs, or as a class of programs. */
export type Names =
  | string
  | readonly string[]
  | {
      readonly name?: string | readonly string[]
      readonly class?: string | readonly string[]
      readonly only?: boolean
      readonly self?: true
    }

/** A bare string or list means `is`. Every given field must hold; within a list one is enough. */
export type TextTest =
  | string
  | readonly string[]
  | {
      readonly is?: string | readonly string[]
      readonly glob?: string | readonly string[]
      readonly path?: string | readonly string[]
      readonly starts_with?: string | readonly string[]
      readonly contains?: string | readonly string[]
      readonly re?: string
      readonly not?: TextTest
    }

/** A bare string or list means `any`. */
export type Presence =
  | string
  | readonly string[]
  | { readonly any?: readonly string[]; readonly all?: readonly string[]; readonly none?: readonly string[] }

/** Who speaks: an exception may silence only what speaks with no more authority than itself. */
export type Authority = 'organisation' | 'user'

/** One document after parsing. `locate` finds a place of `content` in the file, for diagnostics. */
export type PolicyDocument = {
  readonly file: string
  readonly content: PolicyContent
  readonly locate: (path: DocumentPath) => Position
}

/** A document, and in whose name it is loaded. Packs speak with the authority of the document that extends them. */
export type PolicySource = {
  readonly authority: Authority
  /** Of a pack only rules, exceptions and `safety` count: it cannot set the mode. */
  readonly kind: 'document' | 'pack'
  readonly document: PolicyDocument
}
