/** The tree of a PowerShell text. Positions are UTF-16 offsets into it. */

export type PsPlace = { readonly pos: number; readonly end: number }

export type PsScript = {
  readonly statements: readonly PsStatement[]
  /** Some of it is no PowerShell: what was made of it is only a guess. */
  readonly broken: boolean
}

export type PsStatement =
  | (PsPlace & {
      readonly type: 'pipeline'
      readonly stages: readonly PsStage[]
      /** `&&`: runs if the one before succeeded; `||`: if it failed. */
      readonly join: 'and' | 'or' | null
      readonly background: boolean
    })
  | (PsPlace & {
      readonly type: 'assignment'
      readonly target: PsExpression
      readonly operator: string
      readonly value: PsStatement
    })
  /** Everything with blocks. `heads` run first, each of the `bodies` runs perhaps (`if`), or again and again (`loop`). */
  | (PsPlace & {
      readonly type: 'compound'
      readonly kind: 'if' | 'loop' | 'plain'
      readonly heads: readonly PsStatement[]
      readonly bodies: readonly (readonly PsStatement[])[]
      /** The variable of a `foreach`, which takes the values of the first head. */
      readonly variable: string | null
    })
  | (PsPlace & { readonly type: 'function'; readonly name: string; readonly body: readonly PsStatement[] })

export type PsStage = PsCommand | PsValue

export type PsCommand = PsPlace & {
  readonly type: 'command'
  readonly name: PsExpression
  /** `&`, `.`: the name is an expression. */
  readonly invoked: boolean
  readonly args: readonly PsArgument[]
  readonly redirects: readonly PsRedirect[]
}

export type PsValue = PsPlace & {
  readonly type: 'value'
  readonly expression: PsExpression
  readonly redirects: readonly PsRedirect[]
}

export type PsArgument =
  /** `-Name`, `-Name:value`. */
  | (PsPlace & { readonly type: 'parameter'; readonly name: string; readonly value: PsExpression | null })
  | (PsPlace & { readonly type: 'value'; readonly expression: PsExpression })
  /** `@variable`. */
  | (PsPlace & { readonly type: 'splat'; readonly name: string })

export type PsRedirect = PsPlace & {
  readonly operator: string
  readonly fd: number | null
  readonly target: PsExpression | null
}

export type PsExpression = PsPlace &
  (
    | { readonly type: 'text'; readonly parts: readonly (string | PsExpression)[]; readonly quoted: boolean }
    | { readonly type: 'variable'; readonly name: string }
    /** `(…)`, `$(…)`, `@(…)`. */
    | { readonly type: 'statements'; readonly statements: readonly PsStatement[] }
    | { readonly type: 'block'; readonly statements: readonly PsStatement[] }
    | {
        readonly type: 'hash'
        readonly entries: readonly { readonly key: PsExpression; readonly value: PsStatement }[]
      }
    | { readonly type: 'type'; readonly name: string }
    | {
        readonly type: 'member'
        readonly target: PsExpression
        readonly name: PsExpression
        readonly static: boolean
        /** Null: not called. */
        readonly args: readonly PsExpression[] | null
      }
    | { readonly type: 'index'; readonly target: PsExpression; readonly index: PsExpression }
    | { readonly type: 'unary'; readonly operator: string; readonly operand: PsExpression }
    | { readonly type: 'cast'; readonly to: string; readonly operand: PsExpression }
    | { readonly type: 'binary'; readonly operator: string; readonly left: PsExpression; readonly right: PsExpression }
    | { readonly type: 'list'; readonly items: readonly PsExpression[] }
  )
