import { EXPLANATION_BYTES_MAX } from '../limits.ts'
import { type Decision, type RuleHit, enforcedEffect } from './decision.ts'
import { ENGLISH, type Label, type Messages } from './messages.ts'

/** Hits shown below the one that decided. The rest is counted; `cmdaid explain` shows them all. */
const OTHER_HITS_SHOWN = 3

/**
 * What a person reads when a rule matched: which, why, who owns it, whom to ask, what to do next; a warning in one line. Every line begins
 * with `cmdaid:` and ends with a newline; at most `EXPLANATION_BYTES_MAX` bytes; nothing in it can move a cursor. Empty when nothing
 * matched. The same text for everybody: it has no colours that an agent or a file would have to take out.
 */
export function explanationFor(decision: Decision, line: string, messages: Messages = ENGLISH): string {
  const [winner, ...others] = decision.hits
  if (winner === undefined) return ''
  const { label, warning } = messages
  const head = headline(decision, messages)
  if (decision.effect === 'warn')
    return bounded([asRow(`${head}: ${warning(winner.reason, winner.suggest, winner.rule)}`)])
  const rows: (readonly [Label, string])[] = [
    ['rule', messages.risk(winner.rule, winner.risk)],
    ['matched', matchedForm(winner, messages)],
  ]
  if (winner.suggest !== null) rows.push(['instead', winner.suggest])
  if (winner.owner !== null) rows.push(['owner', winner.owner])
  if (winner.url !== null) rows.push(['see', winner.url])
  const different = others.filter(({ rule }) => rule !== winner.rule)
  for (const hit of different.slice(0, OTHER_HITS_SHOWN))
    rows.push(['also', `${hit.rule}  ${hit.effect}: ${hit.reason}`])
  if (different.length > OTHER_HITS_SHOWN) rows.push(['also', messages.more(different.length - OTHER_HITS_SHOWN)])
  if (decision.effect === 'deny') rows.push(['ask', messages.askException(winner.owner, winner.rule)])
  if (decision.effect === 'approve') rows.push(['ask', messages.askApproval(winner.owner, winner.rule)])
  rows.push(['next', nextStep(decision, line, messages)])
  const width = Math.max(...Object.values(label).map((name) => name.length))
  return bounded([
    asRow(`${head}: ${winner.reason}`),
    ...rows.map(([name, value]) => asRow(`  ${label[name].padEnd(width)}  ${value}`)),
  ])
}

/** The same as data: part of the stable `--json` output. */
export function explanationData(decision: Decision): {
  readonly effect: string
  readonly enforced: string
  readonly risk: string
  readonly mode: string
  readonly rule: string | null
  readonly reason: string
  readonly policy: string
  readonly hits: readonly RuleHit[]
} {
  const { effect, risk, mode, rule, reason, policyHash, hits } = decision
  return { effect, enforced: enforcedEffect(decision), risk, mode, rule, reason, policy: policyHash, hits }
}

function headline({ mode, effect }: Decision, { headline: names, wouldBe }: Messages): string {
  return mode === 'monitor' && effect !== 'allow' && effect !== 'warn' ? wouldBe(names[effect]) : names[effect]
}

function matchedForm({ resolved, route }: RuleHit, { wholeLine }: Messages): string {
  return route.length > 1 ? `${resolved}  (${route.join(' → ')})` : resolved === '' ? wholeLine : resolved
}

function nextStep({ effect, mode }: Decision, line: string, messages: Messages): string {
  const explain = `cmdaid explain -- ${shellQuote(line, messages)}`
  return mode === 'enforce' && effect === 'confirm' ? messages.stateWhy(explain) : explain
}

function asRow(text: string): string {
  return `cmdaid: ${escapeControls(text)}\n`
}

/** One line, so that it can be copied; a long or multi-line command is asked for in words instead. */
function shellQuote(line: string, { withTheLine }: Messages): string {
  return line.length > 200 || /[\n\r]/.test(line) ? withTheLine : `'${line.replaceAll("'", `'\\''`)}'`
}

/** C0, C1, DEL, and the marks that reorder text: none may reach a terminal from a command line. */
function escapeControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replace(/[\u0000-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g, (character) => {
    const code = character.codePointAt(0)!
    return code === 10
      ? '\\n'
      : code === 9
        ? '\\t'
        : code < 256
          ? `\\x${code.toString(16).padStart(2, '0')}`
          : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** Whole lines as long as they fit, each cut so that one long command cannot push out what to do next. */
function bounded(lines: readonly string[]): string {
  const share = Math.floor(EXPLANATION_BYTES_MAX / lines.length)
  return lines.map((line) => (Buffer.byteLength(line) <= share ? line : `${cutToBytes(line, share - 4)}…\n`)).join('')
}

function cutToBytes(text: string, bytes: number): string {
  const cut = Buffer.from(text).subarray(0, bytes)
  // A character cut in half becomes U+FFFD, which is three bytes again: leave it out.
  return cut.toString().replace(/\uFFFD+$/, '')
}
