import t, { type Test } from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import type { TemporaryHome } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import type { PtyShell } from '../../support/pty.ts'
import { forgetSaid, said } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'
import { count } from '../run-case.ts'
import { startPowerShell } from './start-powershell.ts'
import type { PowerShellOptions } from './start-powershell.ts'

export type World = { readonly home: TemporaryHome; readonly daemon: TestDaemon; readonly program: string }

/**
 * One behaviour of a hooked PowerShell. `DENYME` is refused, `WARNME` warned of, `CONFIRMME` asked about, and each of them, as
 * well as `say WORD…`, leaves a line behind if it ever runs: `said` is everything that ran, in order.
 */
export type PowerShellCase = {
  readonly title: string
  /** Lines to type, each at a prompt (a CR inside one goes on to its next line); or something that drives the shell itself. */
  readonly type: readonly string[] | ((pty: PtyShell, world: World) => Promise<void>)
  readonly said: readonly string[]
  /** How often an explanation of a refusal was shown. Not checked when absent. */
  readonly refusals?: number
  /** Checked on what the terminal has shown during this case. */
  readonly shows?: RegExp
  readonly hides?: RegExp
}

/** PowerShell's names have no case: the daemon compares them in small letters. */
export const POWERSHELL_POLICY = TEST_POLICY.replaceAll(/(?:DENY|CONFIRM|WARN)ME/g, (name) => name.toLowerCase())

/** A home and a daemon for a whole file of tests. */
export async function openWorld(program: string): Promise<World> {
  const home = makeTemporaryHome({ policy: POWERSHELL_POLICY })
  t.teardown(() => home[Symbol.dispose]())
  const daemon = await TestDaemon.start(home)
  t.teardown(() => daemon[Symbol.asyncDispose]())
  return { home, daemon, program }
}

/** Runs the cases one after the other in one shell. */
export async function runInOneShell(world: World, cases: readonly PowerShellCase[]): Promise<void> {
  const pty = await startPowerShell(world.program, world.home)
  t.teardown(() => pty[Symbol.asyncDispose]())
  for (const each of cases) await t.test(each.title, async (t) => runCase(t, pty, world, each))
}

/** Runs one case in a shell of its own. */
export async function runInOwnShell(world: World, options: PowerShellOptions, each: PowerShellCase): Promise<void> {
  await t.test(each.title, async (t) => {
    await using pty = await startPowerShell(world.program, world.home, options)
    await runCase(t, pty, world, each)
  })
}

async function runCase(t: Test, pty: PtyShell, world: World, each: PowerShellCase): Promise<void> {
  forgetSaid(world.home)
  const from = pty.transcript.length
  if (typeof each.type === 'function') await each.type(pty, world)
  else for (const line of each.type) await pty.line(line)
  // What runs in the background may still be on its way.
  await until('what should run to run', () => said(world.home).length >= each.said.length, {
    deadlineMs: 5_000,
    detail: () => pty.transcript.slice(from),
  })
  t.same(said(world.home), each.said, 'ran exactly what may run')
  const shown = pty.transcript.slice(from)
  const { refusals, shows, hides } = each
  if (refusals !== undefined) t.equal(count(shown, 'cmdaid: denied:'), refusals, 'refusals shown')
  if (shows !== undefined) t.match(shown, shows)
  if (hides !== undefined) t.notMatch(shown, hides)
  if (t.counts.fail > 0) t.comment(shown)
}
