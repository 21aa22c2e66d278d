import { CONFORMANCE_SAID_WAIT_MS, CONFORMANCE_SHOWN_CHARS_MAX } from '../core/limits.ts'
import { appliesTo } from './case.ts'
import type { ConformanceCase, ConformanceShell, Outcome } from './case.ts'
import { DIALECTS } from './dialect.ts'
import type { SayLog, ShellSession } from './session.ts'

/** Where cases run: one shell of one version, with a daemon that the caller has chosen. */
export type Bench = {
  readonly shell: ConformanceShell
  readonly version: string
  readonly log: SayLog
  /** Opens a shell that is at its prompt with the hook loaded. Null: this bench cannot have such an rc file. */
  readonly open: (rc: { readonly before?: string; readonly after?: string }) => Promise<ShellSession | null>
}

export type RunOptions = {
  readonly expect?: Expectation
  /** The shell for the cases that share one: it stays open. After a failure in it nothing more is run there. */
  readonly session?: ShellSession
  readonly signal?: AbortSignal
  readonly onOutcome?: (outcome: Outcome) => void
}

/**
 * Runs the cases that are for this shell and version, in order. Cases that change nothing share one shell; after a
 * failure they get another one.
 */
export async function runCases(
  cases: readonly ConformanceCase[],
  bench: Bench,
  { expect = 'judged', session: given, signal, onOutcome }: RunOptions = {},
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  let shared: ShellSession | null = given ?? null
  try {
    for (const each of cases) {
      if (!appliesTo(each, bench.shell, bench.version)) continue
      signal?.throwIfAborted()
      let outcome: Outcome
      if (each.rc === undefined) {
        shared ??= await bench.open({})
        outcome = await runCase(each, bench, shared, expect)
        if (outcome.outcome === 'failed' && given !== undefined) {
          outcomes.push(outcome)
          onOutcome?.(outcome)
          break
        }
        if (outcome.outcome === 'failed' || shared?.terminal.exit != null) {
          await shared?.[Symbol.asyncDispose]()
          shared = null
        }
      } else {
        outcome = await runApart(each, bench, expect)
      }
      outcomes.push(outcome)
      onOutcome?.(outcome)
    }
  } finally {
    if (shared !== given) await shared?.[Symbol.asyncDispose]()
  }
  return outcomes
}

async function runApart(each: ConformanceCase, bench: Bench, expect: Expectation): Promise<Outcome> {
  let session: ShellSession | null
  try {
    session = await bench.open(each.rc ?? {})
  } catch (error) {
    return { id: each.id, title: each.title, outcome: 'failed', detail: messageOf(error) }
  }
  try {
    return await runCase(each, bench, session, expect)
  } finally {
    await session?.[Symbol.asyncDispose]()
  }
}

/** What must have run: by the verdicts (with or without the texts about them), as if there were none, or either. */
type Expectation = 'judged' | 'unexplained' | 'unjudged' | 'either'

/** One case in a shell that is at its prompt. */
async function runCase(
  each: ConformanceCase,
  { shell, log }: Bench,
  session: ShellSession | null,
  expect: Expectation,
): Promise<Outcome> {
  const named = { id: each.id, title: each.title }
  if (session === null) return { ...named, outcome: 'skipped', detail: 'needs an rc file of its own' }
  log.clear()
  const from = session.terminal.shown.length
  const judged = typeof each.ran === 'function' ? each.ran(shell) : each.ran
  const accepted = [
    ...(expect === 'unjudged' ? [] : [judged]),
    ...(expect === 'judged' || expect === 'unexplained' ? [] : [each.unjudged ?? judged]),
  ]
  let trouble: string | null = null
  try {
    const steps = typeof each.steps === 'function' ? each.steps(DIALECTS[shell].words, shell) : each.steps
    for (const step of steps) await session.step(step)
    // What runs in the background may still be on its way.
    await waitUntil(() => accepted.some((ran) => log.read().length >= ran.length))
  } catch (error) {
    trouble = messageOf(error)
  }
  const shown = session.terminal.shown.slice(from)
  trouble ??= difference(each, accepted, log.read(), shown, expect)
  return trouble === null
    ? { ...named, outcome: 'passed', detail: '' }
    : {
        ...named,
        outcome: 'failed',
        detail: `${trouble}\nran: ${JSON.stringify(log.read())}\nshown: ${legible(shown)}`,
      }
}

function difference(
  each: ConformanceCase,
  accepted: readonly (readonly string[])[],
  ran: readonly string[],
  shown: string,
  expect: Expectation,
): string | null {
  if (!accepted.some((expected) => JSON.stringify(expected) === JSON.stringify(ran))) {
    return `expected to run: ${accepted.map((expected) => JSON.stringify(expected)).join(' or ')}`
  }
  if (expect !== 'judged') return null
  const refusals = shown.split('cmdaid: denied:').length - 1
  if (each.refusals !== undefined && refusals !== each.refusals) {
    return `${refusals} refusals were explained instead of ${each.refusals}`
  }
  if (each.shows !== undefined && !each.shows.test(shown)) return `the terminal does not show ${each.shows}`
  if (each.hides?.test(shown) === true) return `the terminal shows ${each.hides}`
  return null
}

async function waitUntil(condition: () => boolean): Promise<void> {
  const end = Date.now() + CONFORMANCE_SAID_WAIT_MS
  while (!condition() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** What a terminal showed, as one line that no terminal obeys: its end, where the trouble is. */
function legible(shown: string): string {
  return JSON.stringify(shown.slice(-CONFORMANCE_SHOWN_CHARS_MAX))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
