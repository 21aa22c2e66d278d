/** `cmdaid doctor --conformance`: the cases of the conformance suite in the person's own shells, against a private daemon. */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CONFORMANCE_CASES } from '../conformance/cases.ts'
import type { Outcome } from '../conformance/case.ts'
import { runDaemonCases } from '../conformance/daemon-cases.ts'
import { NOT_COVERED } from '../conformance/not-covered.ts'
import { ownBench } from '../conformance/own-bench.ts'
import { PrivateDaemon } from '../conformance/private-daemon.ts'
import { makePrivateHome } from '../conformance/private-home.ts'
import { runCases } from '../conformance/run-cases.ts'
import { CmdaidError } from '../core/errors.ts'
import { HOOKED_SHELLS } from './command-table.ts'
import { EXIT } from './command.ts'
import type { CommandContext } from './command.ts'
import { type Output, visible } from './output.ts'
import { findProgram, HOOK_SUFFIX, PROGRAMS } from './shell-setup.ts'
import type { ShellToHook } from './shell-setup.ts'

/** `error`: the cases could not be tried there, and why; null when they were. */
type ShellReport = {
  readonly shell: ShellToHook
  readonly program: string
  readonly version: string
  /** Whether the start files load the hook; where they do not, the suite loads it after them. */
  readonly hooked: boolean | null
  readonly error: string | null
  readonly outcomes: readonly Outcome[]
}

/** Exit: 0 every case is met, 1 one is not, 3 nothing could be tried. */
export async function reportConformance(context: CommandContext): Promise<number> {
  const { io, output, values } = context
  const wanted = HOOKED_SHELLS.filter((shell) => (values.get('shell') ?? shell) === shell)
  const reports: ShellReport[] = []
  for (const shell of wanted) {
    const program = await findProgram(PROGRAMS[shell], io.env['PATH'] ?? '')
    if (program !== null) reports.push(await tryShell(context, shell, program))
  }
  if (reports.length === 0) {
    throw new CmdaidError('CMDAID_ERR_USAGE', `there is no ${wanted.join(', ')} in PATH`, {
      hint: 'install one of them, or name another with --shell',
    })
  }
  const met = reports.every(({ error, outcomes }) => error === null && outcomes.every(passed))
  if (output.json) await output.data({ v: 1, met, shells: reports, notCovered: NOT_COVERED })
  else await output.write(summary(reports))
  return met ? EXIT.yes : EXIT.no
}

async function tryShell(
  { io, home: personHome, output, signal }: CommandContext,
  shell: ShellToHook,
  program: string,
): Promise<ShellReport> {
  const hook = fileURLToPath(new URL(`../../shell-hooks/cmdaid.${HOOK_SUFFIX[shell]}`, import.meta.url))
  const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url))
  if (!existsSync(hook))
    return { shell, program, version: '', hooked: null, error: `${hook} is not there`, outcomes: [] }
  using home = makePrivateHome(personHome, io.env)
  await using daemon = new PrivateDaemon(main, home)
  // The program may end before this function does: what it has made goes first.
  const abandon = (): void => {
    void daemon[Symbol.asyncDispose]()
    home[Symbol.dispose]()
  }
  signal.addEventListener('abort', abandon, { once: true })
  const bench = ownBench(shell, program, hook, home)
  const outcomes: Outcome[] = []
  const onOutcome = (outcome: Outcome): void => {
    outcomes.push(outcome)
    if (!output.json) void output.write(row(outcome, output))
  }
  let error: string | null = null
  if (!output.json) await output.line(`${shell} ${bench.version}  ${visible(program)}`)
  try {
    await runDaemonCases(bench, daemon, { signal, onOutcome })
    await daemon.stop()
    await daemon.start()
    await runCases(CONFORMANCE_CASES, bench, { signal, onOutcome })
  } catch (thrown) {
    if (thrown instanceof CmdaidError) throw thrown
    signal.throwIfAborted()
    error = thrown instanceof Error ? thrown.message : String(thrown)
    if (!output.json) await output.line(`  ${output.paint('red', 'error  ')}  ${visible(error)}`)
  } finally {
    signal.removeEventListener('abort', abandon)
  }
  return { shell, program, version: bench.version, hooked: bench.hooked(), error, outcomes }
}

function row({ id, title, outcome, detail }: Outcome, output: Output): string {
  const line = `  ${output.paint(COLOURS[outcome], WORDS[outcome])}  ${id.padEnd(28)}  ${title}\n`
  if (detail === '') return line
  const lines = detail.split('\n').map((text) => `${' '.repeat(11)}${visible(text)}\n`)
  return line + (outcome === 'failed' ? lines.join('') : '')
}

const WORDS = { passed: 'met    ', failed: 'NOT MET', skipped: 'not run' } as const
const COLOURS = { passed: 'green', failed: 'red', skipped: 'dim' } as const

function summary(reports: readonly ShellReport[]): string {
  const lines = reports.map(({ shell, version, hooked, error, outcomes }) => {
    const count = (wanted: Outcome['outcome']): number => outcomes.filter(({ outcome }) => outcome === wanted).length
    const loaded = hooked === false ? '; its start files do not load the hook, so it was loaded after them' : ''
    return error === null
      ? `${shell} ${version}: ${count('passed')} met, ${count('failed')} not met, ${count('skipped')} not run${loaded}`
      : `${shell} ${version}: ended early: ${visible(error)}`
  })
  return `\n${lines.join('\n')}\n\nNot covered:\n${NOT_COVERED.map((text) => `  ${text}\n`).join('')}`
}

function passed({ outcome }: Outcome): boolean {
  return outcome !== 'failed'
}
