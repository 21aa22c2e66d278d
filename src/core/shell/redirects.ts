import type { HereDoc, Redirection } from 'unbash'
import { DYNAMIC, type Redirect, type StdinSource, type Word } from './facts.ts'
import { affordsParts } from './lazy.ts'
import { outputOf } from './producers.ts'
import type { Frame, Input } from './run.ts'
import { expandParts, expandText, spanOf } from './words.ts'

const STEPS_PER_REDIRECT = 1

/** Redirections as facts, and what they connect standard input to (the last one wins). */
export function readRedirects(
  redirections: readonly Redirection[],
  frame: Frame,
): { readonly redirects: readonly Redirect[]; readonly input: Input | null } {
  const redirects: Redirect[] = []
  let input: Input | null = null
  for (const node of redirections) {
    if (!frame.budget.take(STEPS_PER_REDIRECT)) break
    const fd =
      node.descriptor === undefined || node.descriptor.type === 'FileDescriptorVariable' ? null : node.descriptor.value
    const target = node.type === 'HereDoc' ? hereDocument(node, frame) : targetOf(node, frame)
    redirects.push({ operator: node.operator, fd, target })
    if (fd !== null && fd !== 0) continue
    if (node.type === 'HereDoc') input = literal('here-document', target)
    else if (node.type === 'HereString') input = literal('here-string', { ...target, text: `${target.text}\n` })
    else if (node.operator === '<' || node.operator === '<>') input = fromFile(node, frame)
  }
  return { redirects, input }
}

function targetOf(node: Exclude<Redirection, HereDoc>, frame: Frame): Word {
  if (node.target === undefined) return { text: DYNAMIC, dynamic: true, glob: false, span: spanOf(frame, node) }
  return expandText(node.target, frame)
}

/** The body, with its expansions made unless the delimiter was quoted. */
function hereDocument(node: HereDoc, frame: Frame): Word {
  const { body } = node
  const span = spanOf(frame, node)
  if (!affordsParts(body.text, frame.budget)) return { text: DYNAMIC, dynamic: true, glob: false, span }
  const text =
    body.parts === undefined
      ? { text: body.text, dynamic: body.text.includes(DYNAMIC), glob: false, span }
      : expandParts(body.parts, frame, span)
  return node.operator === '<<-' ? { ...text, text: text.text.replaceAll(/^\t+/gm, '') } : text
}

function literal(source: StdinSource, word: Word): Input {
  return { source, names: [], text: () => word.text }
}

/** `< file` says nothing of what is read; `< <(…)` does when the script's output can be computed. */
function fromFile(node: Exclude<Redirection, HereDoc>, frame: Frame): Input {
  const [part] = (frame.budget.exhausted ? undefined : node.target?.parts) ?? []
  if (part?.type !== 'ProcessSubstitution') return { source: 'file', names: [], text: () => null }
  const { script } = part
  return {
    source: 'process-substitution',
    names: [],
    text: () => (script === undefined ? null : outputOf(script, frame)),
  }
}
