import type { AndOr, Command, CompoundList, ParsedScript, PipelineNode, Redirection, Statement } from 'unbash'
import { ANALYSIS_PRODUCER_DEPTH_MAX } from '../limits.ts'
import { DYNAMIC, type Word } from './facts.ts'
import { affordsParts } from './lazy.ts'
import { PASSES_UNKNOWN, textProgram } from './text-programs.ts'
import { expandParts, expandText, expandWord, type Expansion } from './words.ts'

/**
 * What a script prints, when it is made of programs whose output can be computed (`$(echo rm)`, `$(printf %s rm)`); else
 * null. Nothing is run, and nothing that the script changes is kept.
 */
export function outputOf(script: ParsedScript, expansion: Expansion): string | null {
  if (expansion.producing >= ANALYSIS_PRODUCER_DEPTH_MAX || (script.errors?.length ?? 0) > 0) return null
  const inner: Expansion = { ...expansion, scope: expansion.scope.fork(), producing: expansion.producing + 1 }
  return outputOfStatements(script.commands, null, inner)
}

/** What the first stages of a pipeline hand to the next one; else null. */
export function outputOfStages(
  stages: readonly PipelineNode[],
  expansion: Expansion,
  input: string | null,
): string | null {
  if (expansion.producing >= ANALYSIS_PRODUCER_DEPTH_MAX) return null
  const inner: Expansion = { ...expansion, scope: expansion.scope.fork(), producing: expansion.producing + 1 }
  // A stage that is not known does not matter to one that reads nothing (`x | echo y | sh`).
  let text = input
  for (const stage of stages) text = outputOfNode(stage, text, inner)
  return text
}

function outputOfStatements(
  statements: readonly Statement[],
  input: string | null,
  expansion: Expansion,
): string | null {
  let output = ''
  for (const { command } of statements) {
    const text = outputOfNode(command, input, expansion)
    if (text === null) return null
    output += text
  }
  return output
}

function outputOfNode(
  node: PipelineNode | AndOr | CompoundList,
  input: string | null,
  expansion: Expansion,
): string | null {
  if (node.type === 'Command') return outputOfCommand(node, input, expansion)
  if (node.type === 'Subshell' || node.type === 'BraceGroup')
    return outputOfStatements(node.body.commands, input, expansion)
  if (node.type === 'Pipeline') {
    let text = input
    for (const stage of node.commands) text = outputOfNode(stage, text, expansion)
    return text
  }
  if (node.type !== 'AndOr' || node.operators.includes('||')) return null
  let output = ''
  for (const command of node.commands) {
    const text = outputOfNode(command, input, expansion)
    if (text === null) return null
    output += text
  }
  return output
}

const STEPS_PER_COMMAND = 3

function outputOfCommand(node: Command, inherited: string | null, expansion: Expansion): string | null {
  if (!expansion.budget.take(STEPS_PER_COMMAND)) return null
  const words: Word[] = []
  if (node.name === undefined) return assignments(node, expansion)
  expandWord(node.name, expansion, words)
  let input: string | null | undefined = inherited
  for (const child of node.prefix) if (child.type !== 'Assignment') input = redirected(child, input, expansion)
  for (const child of node.suffix) {
    if (child.type === 'Word') expandWord(child, expansion, words)
    else if (child.type === 'Assignment') return null
    else input = redirected(child, input, expansion)
  }
  while ((words[0]?.text === 'command' || words[0]?.text === 'builtin') && !words[1]?.text.startsWith('-'))
    words.shift()
  const [name, ...rest] = words
  if (name === undefined || name.dynamic) return null
  const base = name.text.slice(name.text.lastIndexOf('/') + 1)
  const program = textProgram(base)
  if (program === undefined || input === undefined) return null
  const unknown = rest.some(({ dynamic, glob }) => dynamic || glob) || input?.includes(DYNAMIC) === true
  if (unknown && !PASSES_UNKNOWN.has(base)) return null
  // Without any input a program that reads some would wait for the terminal.
  if (input === null && !PASSES_UNKNOWN.has(base) && base !== 'basename' && base !== 'dirname') return null
  if (input === null && base === 'cat') return null
  const args = rest.map(({ text }) => text)
  const output = program(args, input ?? '', expansion.shell)
  if (input !== null && !expansion.budget.takeText(input.length)) return null
  return output !== null && expansion.budget.takeText(output.length) ? output : null
}

/** `x=rm; echo $x` within the script. */
function assignments(node: Command, expansion: Expansion): string | null {
  for (const child of node.prefix) {
    if (
      child.type !== 'Assignment' ||
      child.value.type !== 'Word' ||
      child.index !== undefined ||
      child.append === true
    )
      return null
    const { text, dynamic, glob } = expandText(child.value, expansion)
    expansion.scope.set(child.name, { text, dynamic, glob, items: null })
  }
  return ''
}

/** The new standard input; undefined when it, or where the output goes, is not known. */
function redirected(
  node: Redirection,
  input: string | null | undefined,
  expansion: Expansion,
): string | null | undefined {
  const fd =
    node.descriptor === undefined || node.descriptor.type === 'FileDescriptorVariable' ? null : node.descriptor.value
  if (node.type === 'HereString')
    return node.target === undefined ? undefined : `${expandText(node.target, expansion).text}\n`
  if (node.type === 'HereDoc') {
    if (!affordsParts(node.body.text, expansion.budget)) return undefined
    const { parts, text, pos, end } = node.body
    const body = parts === undefined ? text : expandParts(parts, expansion, { start: pos, end }).text
    return node.operator === '<<-' ? body.replaceAll(/^\t+/gm, '') : body
  }
  // `2>/dev/null` and `2>&1` leave the output where it is.
  if (fd === 2) return input
  if (node.target === undefined || !affordsParts(node.target.text, expansion.budget)) return undefined
  const [part] = node.target.parts ?? []
  if (node.operator === '<' && part?.type === 'ProcessSubstitution' && part.script !== undefined) {
    return outputOf(part.script, expansion) ?? undefined
  }
  return undefined
}
