import { CORE_CASES } from './cases.ts'
import type { ConformanceCase, Outcome } from './case.ts'
import { runCases } from './run-cases.ts'
import type { Bench } from './run-cases.ts'
import type { ShellSession } from './session.ts'

/** A daemon that can be brought into any state. It is not running yet. */
export type ControlledDaemon = {
  start(): Promise<void>
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>
  /** SIGSTOP, and SIGCONT. */
  freeze(): void
  thaw(): void
}

type Phase = {
  readonly id: string
  readonly title: string
  readonly prepare: (daemon: ControlledDaemon) => Promise<void> | void
  readonly expect: 'judged' | 'unjudged'
  /** Whether a few cases are enough: after a change that leaves the shell in a state that the others have seen. */
  readonly few?: true
  /** How often the person has been told by its end that lines run unchecked, and that they are checked again. */
  readonly told: { readonly lost: number; readonly back: number }
}

/** In this order, in one shell: lines run once whatever happens, are judged whenever they can be, and each change is told once. */
const PHASES: readonly Phase[] = [
  {
    id: 'daemon.absent',
    title: 'without a daemon lines run, and the shell says so once',
    prepare: () => undefined,
    expect: 'unjudged',
    told: { lost: 1, back: 0 },
  },
  {
    id: 'daemon.started',
    title: 'a daemon that starts later is asked without a new shell',
    prepare: (daemon) => daemon.start(),
    expect: 'judged',
    told: { lost: 1, back: 1 },
  },
  {
    id: 'daemon.stopped',
    title: 'a daemon that hangs loses no line, and is told of once',
    prepare: (daemon) => daemon.freeze(),
    expect: 'unjudged',
    told: { lost: 2, back: 1 },
  },
  {
    id: 'daemon.resumed',
    title: 'a daemon that comes back is asked again',
    prepare: (daemon) => daemon.thaw(),
    expect: 'judged',
    few: true,
    told: { lost: 2, back: 2 },
  },
  {
    id: 'daemon.killed',
    title: 'a daemon that is killed loses no line, and is told of once',
    prepare: (daemon) => daemon.kill(),
    expect: 'unjudged',
    told: { lost: 3, back: 2 },
  },
  {
    id: 'daemon.started-again',
    title: 'its successor is asked',
    prepare: (daemon) => daemon.start(),
    expect: 'judged',
    few: true,
    told: { lost: 3, back: 3 },
  },
  {
    id: 'daemon.replaced',
    title: 'a daemon that is replaced between two lines is not missed',
    prepare: async (daemon) => {
      await daemon.stop()
      await daemon.start()
    },
    expect: 'judged',
    few: true,
    told: { lost: 3, back: 3 },
  },
]

const FEW: ReadonlySet<string> = new Set(['line.allowed', 'line.refused', 'line.typed-ahead', 'state.status'])
/** Enough to see whether lines run once, keep their status, and are refused. */
export const FEW_CASES: readonly ConformanceCase[] = CORE_CASES.filter(({ id }) => FEW.has(id))

const LOST = ': commands run unchecked'
const BACK = 'cmdaid: commands are checked again'
/** Harmless lines typed until the hook notices that a daemon is back. */
const LINES_MAX = 200

/** Runs the core cases in every phase; stops at the first that fails, since the others begin where it ends. */
export async function runDaemonCases(
  bench: Bench,
  daemon: ControlledDaemon,
  { signal, onOutcome }: { readonly signal?: AbortSignal; readonly onOutcome?: (outcome: Outcome) => void } = {},
): Promise<readonly Outcome[]> {
  const session = await bench.open({})
  const outcomes: Outcome[] = []
  if (session === null) return outcomes
  try {
    for (const phase of PHASES) {
      signal?.throwIfAborted()
      const trouble = await runPhase(phase, bench, session, daemon)
      const { id, title } = phase
      const outcome: Outcome = { id, title, outcome: trouble === null ? 'passed' : 'failed', detail: trouble ?? '' }
      outcomes.push(outcome)
      onOutcome?.(outcome)
      if (trouble !== null) break
    }
    return outcomes
  } finally {
    await session[Symbol.asyncDispose]()
  }
}

async function runPhase(
  phase: Phase,
  bench: Bench,
  session: ShellSession,
  daemon: ControlledDaemon,
): Promise<string | null> {
  const before = told(session)
  await phase.prepare(daemon)
  // A daemon that wakes up needs its time; one that was replaced is not noticed at all.
  for (let lines = 0; phase.told.back > before.back && told(session).back < phase.told.back; lines += 1) {
    if (lines > LINES_MAX) return 'the hook does not say that lines are checked again'
    await session.line('say again')
  }
  const failed = (
    await runCases(phase.few === true ? FEW_CASES : CORE_CASES, bench, { expect: phase.expect, session })
  ).filter(({ outcome }) => outcome === 'failed')
  if (failed.length > 0) return failed.map(({ id, detail }) => `${id}: ${detail}`).join('\n')
  const after = told(session)
  return after.lost === phase.told.lost && after.back === phase.told.back
    ? null
    : `told ${after.lost} times that lines run unchecked and ${after.back} times that they are checked, ` +
        `instead of ${phase.told.lost} and ${phase.told.back} times`
}

function told({ terminal: { shown } }: ShellSession): { readonly lost: number; readonly back: number } {
  return { lost: shown.split(LOST).length - 1, back: shown.split(BACK).length - 1 }
}
