import type { Redirect } from '../facts.ts'
import type { Frame, Input, Run } from '../run.ts'
import type { Feeds } from '../substitutions.ts'
import type { PsExpression, PsRedirect, PsStatement } from './syntax.ts'

/** What a command needs of the walk that it is a part of. */
export type Visitor = {
  readonly visit: (run: Run, expression: PsExpression, frame: Frame, feeds: Feeds | null) => void
  readonly walk: (run: Run, statements: readonly PsStatement[], frame: Frame) => void
  readonly redirects: (
    run: Run,
    nodes: readonly PsRedirect[],
    frame: Frame,
    feeds: Feeds | null,
  ) => { readonly redirects: readonly Redirect[]; readonly input: Input | null }
}
