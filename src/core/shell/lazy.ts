import type { Budget } from './budget.ts'

/**
 * The parser takes words and arithmetic apart when somebody first asks for their parts, and looks through all that an
 * opener may hold for each of them. Ask here before asking it; a refusal means that the parts must not be touched.
 */

/** Parts of a word or of a here-document. `${…}` is taken apart with all that it holds, once for each that it is in. */
export function affordsParts(text: string, budget: Budget): boolean {
  if (budget.exhausted) return false
  for (let at = text.indexOf('${'); at !== -1; at = text.indexOf('${', at + 2)) {
    if (!budget.take((endOf(text, at + 2) - at) / CHARACTERS_PER_STEP_IN_PARAMETERS)) return false
  }
  return true
}

/** The expression between `((` and `))`. */
export function affordsExpression(node: { readonly pos: number; readonly end: number }, budget: Budget): boolean {
  const length = node.end - node.pos
  // The parser recurses for each operator: what nobody would write must not take the whole stack.
  return budget.take(length / CHARACTERS_PER_STEP_IN_ARITHMETIC + length ** 2 / 8_192)
}

/** The script of a substitution. */
export function affordsScript(node: { readonly pos: number; readonly end: number }, budget: Budget): boolean {
  return budget.take((node.end - node.pos) / CHARACTERS_PER_STEP_IN_SCRIPTS)
}

const CHARACTERS_PER_STEP_IN_PARAMETERS = 128
const CHARACTERS_PER_STEP_IN_ARITHMETIC = 32
const CHARACTERS_PER_STEP_IN_SCRIPTS = 64

/** Where a `${` certainly ends: at its brace when nothing stands before that which could hold one, else at the end of the text. */
function endOf(text: string, from: number): number {
  for (let index = from; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === 125) return index + 1
    if (code === 36 || code === 34 || code === 39 || code === 92 || code === 96 || code === 123) break
  }
  return text.length
}
