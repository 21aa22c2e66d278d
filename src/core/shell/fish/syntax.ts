/** The tree of a fish text. Positions are UTF-16 offsets into it. */

export type FishScript = {
  readonly statements: readonly FishStatement[]
  /** Some of it is no fish: what was made of it is only a guess. */
  readonly broken: boolean
}

export type FishStatement = {
  readonly stages: readonly FishStage[]
  /** `and`, `&&`: runs if the one before succeeded; `or`, `||`: if it failed. */
  readonly join: 'and' | 'or' | null
  readonly background: boolean
}

/** One part of a pipeline. */
export type FishStage = {
  readonly node: FishNode
  readonly redirects: readonly FishRedirect[]
  readonly pos: number
  readonly end: number
}

export type FishNode =
  | { readonly type: 'command'; readonly env: readonly FishAssignment[]; readonly words: readonly FishWord[] }
  | { readonly type: 'block'; readonly kind: 'begin' | 'if' | 'while'; readonly body: readonly FishStatement[] }
  /** A part of an `if` that begins with `else`. */
  | { readonly type: 'for'; readonly name: string; readonly values: readonly FishWord[]; readonly body: FishBody }
  | { readonly type: 'switch'; readonly words: readonly FishWord[]; readonly cases: readonly FishBody[] }
  | {
      readonly type: 'function'
      readonly name: FishWord | null
      readonly words: readonly FishWord[]
      readonly body: FishBody
    }

export type FishBody = { readonly statements: readonly FishStatement[]; readonly pos: number; readonly end: number }

export type FishAssignment = { readonly name: string; readonly value: FishWord }

export type FishRedirect = {
  readonly operator: string
  readonly fd: number | null
  readonly target: FishWord | null
  readonly pos: number
  readonly end: number
}

export type FishWord = { readonly pos: number; readonly end: number; readonly parts: readonly FishPart[] }

export type FishPart =
  /** `glob`: its `*` and `?` are active. */
  | { readonly type: 'text'; readonly text: string; readonly quoted: boolean; readonly glob: boolean }
  /** `$x`, `$$x` (depth 2), `$x[1]`. */
  | {
      readonly type: 'variable'
      readonly name: string
      readonly depth: number
      readonly index: FishWord | null
      readonly quoted: boolean
    }
  | {
      readonly type: 'substitution'
      readonly script: FishScript
      readonly index: FishWord | null
      readonly quoted: boolean
      readonly pos: number
      readonly end: number
    }
  | { readonly type: 'braces'; readonly items: readonly FishWord[] }
  | { readonly type: 'tilde'; readonly user: string }
