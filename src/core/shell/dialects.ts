import { forEachChild, parse, type ParsedScript, type SyntaxNode } from 'unbash'
import { ANALYSIS_COMMENT_READINGS_MAX } from '../limits.ts'
import type { Budget } from './budget.ts'
import type { ShellName } from './facts.ts'
import { affordsExpression, affordsParts } from './lazy.ts'

/**
 * Whether a text that the bash grammar accepts may mean something else in the shell that will read it. For bash and sh:
 * never. For zsh, forms are listed whose bash reading would hide a command; a line with one of them is reported as
 * `parse-error` rather than half understood.
 */
export function isDoubtful(shell: ShellName, script: ParsedScript, budget: Budget): boolean {
  switch (shell) {
    case 'bash':
    case 'sh':
      return false
    case 'zsh':
      return hasDoubtfulZsh(script, budget)
    case 'fish':
    case 'powershell':
      // They have grammars of their own.
      return false
  }
}

const STEPS_PER_NODE = 0.125

/** Looks at every word for expansions that only zsh has. */
function hasDoubtfulZsh(node: SyntaxNode, budget: Budget): boolean {
  if (!budget.take(STEPS_PER_NODE)) return true
  if (node.type === 'ParameterExpansion' && isDoubtfulParameter(node)) return true
  // `*(e:'rm x':)` runs code for every file; the bash grammar takes it for a pattern.
  if (node.type === 'ExtendedGlob' && /e[^\w.)]|[+]\w/.test(node.pattern)) return true
  if (node.type === 'Word') {
    // `$=x`, `$~x`, `$^x` expand; `$x[1]` is a subscript; `=(…)` runs.
    if (/\$[=~^]+[\w{(]|\$\w+\[|=\(/.test(node.text) && !node.text.startsWith("'")) return true
    if (!affordsParts(node.text, budget)) return true
    if (node.parts === undefined) return false
  }
  if (node.type === 'HereDocBody' && !affordsParts(node.text, budget)) return true
  if ((node.type === 'ArithmeticExpansion' || node.type === 'ArithmeticCommand') && !affordsExpression(node, budget))
    return true
  let found = false
  forEachChild(node, (child) => {
    found ||= hasDoubtfulZsh(child, budget)
  })
  return found
}

function isDoubtfulParameter(node: Extract<SyntaxNode, { readonly type: 'ParameterExpansion' }>): boolean {
  const { text, operation } = node
  if (/^\$\{[=~^]*\(([^)]*)\)/.exec(text)?.[1]?.includes('e') === true) return true
  const runs = text.includes('$(') || text.includes('`') || text.includes('<(') || text.includes('=(')
  if (!runs) return false
  // An operation the parser knows has had its substitutions visited; anything else has not.
  return operation === undefined || operation.type === 'Unknown' || text.startsWith('${$') || text.startsWith('${(')
}

/**
 * The line as an interactive zsh reads it, where `#` is an ordinary character unless the user has turned comments on: what
 * follows it may run. Each `#` that the parser took for a comment is replaced by `_`, so that positions stay what they are.
 * Null when there is no end to them, or when the budget does not pay for another reading of `steps`.
 */
export function withoutComments(
  text: string,
  first: ParsedScript,
  steps: number,
  budget: Budget,
): { text: string; script: ParsedScript } | null {
  if (!/(?:^|[\s;&|(])#/.test(text)) return { text, script: first }
  let read = { text, script: first }
  for (let reading = 0; reading < ANALYSIS_COMMENT_READINGS_MAX; reading += 1) {
    const at = firstComment(read.text, read.script)
    if (at === -1) return read
    if (!budget.take(steps)) return null
    const replaced = `${read.text.slice(0, at)}_${read.text.slice(at + 1)}`
    read = { text: replaced, script: parse(replaced) }
  }
  return null
}

/** The first `#` at the start of a word that no word, here-document or arithmetic covers; -1 when there is none. */
function firstComment(text: string, script: ParsedScript): number {
  const covered: { readonly pos: number; readonly end: number }[] = []
  cover(script, covered)
  covered.sort((a, b) => a.pos - b.pos)
  const pattern = /(?<=^|[\s;&|()])#/g
  let range = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    while (range < covered.length && (covered[range]?.end ?? 0) <= match.index) range += 1
    const next = covered[range]
    if (next === undefined || next.pos > match.index) return match.index
  }
  return -1
}

function cover(node: SyntaxNode, covered: { readonly pos: number; readonly end: number }[]): void {
  if (
    node.type === 'Word' ||
    node.type === 'HereDocBody' ||
    node.type === 'ArithmeticCommand' ||
    node.type === 'Assignment'
  ) {
    covered.push(node)
    return
  }
  if (node.type === 'HereDoc' && node.closing !== undefined) covered.push(node.closing)
  forEachChild(node, (child) => cover(child, covered))
}
