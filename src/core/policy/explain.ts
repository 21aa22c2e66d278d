import { EXPLANATION_BYTES_MAX } from '../limits.ts'
import { type Decision, type RuleHit, enforcedEffect } from './decision.ts'

/** Hits shown below the one that decided. The rest is counted; `cmdaid explain` shows them all. */
const OTHER_HITS_SHOWN = 3

/**
 * What a person reads when a rule matched: which, why, who owns it, what to do next. Every line begins with `cmdaid:` and
 * ends with a newline; at most `EXPLANATION_BYTES_MAX` bytes; nothing in it can move a cursor. Empty when nothing matched.
 */
export function explanationFor(decision: Decision, line: string): string {
  const [winner, ...others] = decision.hits
  if (winner === undefined) return ''
  const rows: (readonly [string, string])[] = [
    ['rule', `${winner.rule}  (risk ${winner.risk})`],
    ['matched', matchedForm(winner)],
  ]
  if (winner.suggest !== null) rows.push(['instead', winner.suggest])
  if (winner.owner !== null) rows.push(['owner', winner.owner])
  if (winner.url !== null) rows.push(['see', winner.url])
  const different = others.filter(({ rule }) => rule !== winner.rule)
  for (const hit of different.slice(0, OTHER_HITS_SHOWN))
    rows.push(['also', `${hit.rule}  ${hit.effect}: ${hit.reason}`])
  if (different.length > OTHER_HITS_SHOWN) rows.push(['also', `${different.length - OTHER_HITS_SHOWN} more`])
  rows.push(['next', nextStep(decision, line)])
  const text = [
    `${headline(decision)}: ${winner.reason}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(7)}  ${value}`),
  ]
  return bounded(text.map((row) => `cmdaid: ${escapeControls(row)}\n`))
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

function headline(decision: Decision): string {
  if (decision.mode === 'monitor' && decision.effect !== 'allow' && decision.effect !== 'warn')
    return `would be ${HEADLINES[decision.effect]} (monitor mode)`
  return HEADLINES[decision.effect]
}

const HEADLINES = {
  allow: 'allowed',
  warn: 'warning',
  confirm: 'needs your reason',
  approve: 'needs an approval',
  deny: 'denied',
} as const

function matchedForm({ resolved, route }: RuleHit): string {
  return route.length > 1 ? `${resolved}  (${route.join(' → ')})` : resolved === '' ? 'the line as a whole' : resolved
}

function nextStep({ effect, mode }: Decision, line: string): string {
  const explain = `cmdaid explain -- ${shellQuote(line)}`
  if (mode === 'monitor' || effect === 'allow' || effect === 'warn') return explain
  if (effect === 'confirm') return `state why, and it runs; or ${explain}`
  return effect === 'approve' ? `ask for an approval; ${explain}` : explain
}

/** One line, so that it can be copied; a long or multi-line command is asked for in words instead. */
function shellQuote(line: string): string {
  return line.length > 200 || /[\n\r]/.test(line) ? "'…'  (with the line)" : `'${line.replaceAll("'", `'\\''`)}'`
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
