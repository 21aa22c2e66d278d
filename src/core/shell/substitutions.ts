import { forEachChild, type SyntaxNode } from 'unbash'
import type { Span } from './facts.ts'
import { spanOf } from './words.ts'
import { affordsExpression, affordsParts, affordsScript } from './lazy.ts'
import { outputOf } from './producers.ts'
import { addReason, inside, isBroken, programsWritingTo, type Downstream, type Frame, type Run } from './run.ts'

/** What the substitutions in the words of one command connect it to. */
export type Feeds = {
  /** Where the output of `$(…)` goes: into the command's words. */
  readonly words: Downstream
  /** Where the output of `<(…)` goes: into a file the command may read. */
  readonly files: Downstream
  /** Programs that write there, nearest first. */
  readonly intoWords: string[]
  readonly intoFiles: string[]
  /** Who writes to `>(…)`, nearest first: the command itself. Filled in before its words are visited. */
  readonly writers: string[]
  /** What each `<(…)` writes, when it can be computed, and where it stands. */
  readonly fileTexts: (Span & { readonly text: () => string | null })[]
}

export function newFeeds(): Feeds {
  return {
    words: { names: [], parent: null },
    files: { names: [], parent: null },
    intoWords: [],
    intoFiles: [],
    writers: [],
    fileTexts: [],
  }
}

/**
 * Walks the scripts of every substitution below a node, in whatever position: words, quotes, parameter operations, array
 * indexes, arithmetic, tests, here-document bodies.
 */
export function visitSubstitutions(run: Run, node: SyntaxNode, frame: Frame, feeds: Feeds | null): void {
  if (run.budget.exhausted) return
  const { type } = node
  if (type === 'CommandExpansion' || type === 'ArithmeticCommandExpansion' || type === 'ProcessSubstitution') {
    visitScript(run, node, frame, feeds)
    return
  }
  // Most words have no parts; asking for the children of a leaf would only cost time.
  if (type === 'Literal' || type === 'SimpleExpansion' || type === 'SingleQuoted') return
  if ((type === 'Word' || type === 'HereDocBody') && !(holdsScript(node.text) && affordsParts(node.text, run.budget)))
    return
  if ((type === 'ArithmeticExpansion' || type === 'ArithmeticCommand') && !affordsExpression(node, run.budget)) return
  if (type === 'Word' && node.parts === undefined) return
  forEachChild(node, (child) => visitSubstitutions(run, child, frame, feeds))
}

/** Whether a substitution may stand in a word: most words with parts are only quoted, or hold a variable. */
export function holdsScript(text: string): boolean {
  return text.includes('(') || text.includes('`') || text.includes('${')
}

type Substitution = Extract<SyntaxNode, { readonly script: unknown }>

function visitScript(run: Run, node: Substitution, frame: Frame, feeds: Feeds | null): void {
  if (!affordsScript(node, run.budget)) return
  const { script } = node
  if (script === undefined) return
  const writesOut = node.type === 'ProcessSubstitution' && node.operator === '<'
  const readsIn = node.type === 'ProcessSubstitution' && node.operator === '>'
  const downstream: Downstream = (readsIn ? frame.downstream : writesOut ? feeds?.files : feeds?.words) ?? {
    names: [],
    parent: null,
  }
  if (isBroken(script)) addReason(run, null, 'parse-error')
  if (writesOut) feeds?.fileTexts.push({ ...spanOf(frame, node), text: () => outputOf(script, frame) })
  const start = run.drafts.length
  const inner = inside(frame, 'substitution')
  run.walk(run, script, {
    ...inner,
    // A backtick script with escapes has offsets of its own: its commands stand where the substitution stands.
    span: script.source === undefined ? frame.span : spanOf(frame, node),
    source: script.source ?? frame.source,
    pieces: script.source === undefined ? frame.pieces : null,
    scope: frame.scope.fork(),
    downstream,
    input: readsIn ? { source: 'process-substitution', names: feeds?.writers ?? [], text: () => null } : frame.input,
    depth: frame.depth + 1,
    ownProcess: false,
  })
  if (feeds === null || readsIn) return
  const writers = programsWritingTo(run, start, downstream).reverse()
  ;(writesOut ? feeds.intoFiles : feeds.intoWords).push(...writers)
}
