import { stat } from 'node:fs/promises'
import { ancestryReader } from '../../adapters/host-info/ancestry.ts'
import { readMachine } from '../../adapters/host-info/machine.ts'
import { controlCall } from '../../adapters/unix-socket/control-call.ts'
import { CmdaidError } from '../../core/errors.ts'
import { CONTROL_CLI_WAIT_MS, SHELL_PROOF_MS } from '../../core/limits.ts'
import type { DaemonStatus, SessionStatus, UnhookedShell } from '../../wire/control/response.ts'
import { HOOKED_SHELLS } from '../command-table.ts'
import { EXIT } from '../command.ts'
import type { CommandContext } from '../command.ts'
import { recordFacts } from '../daemon-facts.ts'
import { type Output, visible } from '../output.ts'
import { loadLine } from '../hook-file.ts'
import { proveShell } from '../shell-proof.ts'
import { inspectShell, type ShellSetup } from '../shell-setup.ts'

/** `mend` says what to do about it; null where there is nothing to do. */
type Finding = {
  readonly check: string
  readonly state: 'good' | 'problem' | 'note'
  readonly detail: string
  readonly mend: string | null
}

export async function run(context: CommandContext): Promise<number> {
  const { output, flags, values } = context
  if (flags.has('conformance')) {
    const { reportConformance } = await import('../conformance-report.ts')
    return reportConformance(context)
  }
  if (values.has('shell')) throw new CmdaidError('CMDAID_ERR_USAGE', '--shell goes with --conformance')
  const findings = [...(await daemonFindings(context)), ...(await shellFindings(context)), await machineFinding()]
  const healthy = findings.every(({ state }) => state !== 'problem')
  if (output.json) await output.data({ v: 1, healthy, findings })
  else await output.write(asText(findings, output))
  return healthy ? EXIT.yes : EXIT.no
}

async function daemonFindings({ paths, signal, io }: CommandContext): Promise<Finding[]> {
  const options = { timeoutMs: CONTROL_CLI_WAIT_MS, signal }
  const findings = [await directoryFinding(paths.runtimeDir, io.getuid?.() ?? -1)]
  try {
    const status = await controlCall(paths.controlSocket, { request: 'status' }, options)
    const canary = await controlCall(paths.controlSocket, { request: 'canary' }, options)
    findings.push(good('daemon', `serves as pid ${status.pid}`), ...statusFindings(status))
    findings.push(
      canary.denied
        ? good('canary', `\`${canary.line}\` is denied`)
        : canary.mode === 'monitor'
          ? note('canary', `\`${canary.line}\` would be denied; mode monitor stops nothing`)
          : problem(
              'canary',
              `\`${canary.line}\` got ${canary.effect}`,
              'restart the daemon; its policy is not what it says',
            ),
    )
  } catch (error) {
    if (!(error instanceof CmdaidError)) throw error
    findings.push(problem('daemon', `${error.message} [${error.code}]`, error.hint ?? 'restart the daemon'))
  }
  return findings
}

function statusFindings({ policy, audit, slotsExhausted, sessions }: DaemonStatus): Finding[] {
  const record = recordFacts(audit)
  return [
    policy.rejected === null
      ? good('policy', `mode ${policy.mode}, ${policy.rules} rules, ${policy.hash}`)
      : problem(
          'policy',
          `rejected at ${policy.rejected.at}: ${policy.rejected.detail}`,
          'correct the file; `cmdaid policy validate FILE` shows each error',
        ),
    record.degraded === null
      ? good('record', `${record.size} records in ${record.dir}`)
      : problem('record', record.degraded, 'docs/errors.md has the remedy of this code'),
    slotsExhausted
      ? problem(
          'sessions',
          `${sessions} sessions and none free: further shells run unchecked`,
          'close some shells, or raise the limit of open files',
        )
      : good('sessions', `${sessions} served`),
  ]
}

async function directoryFinding(dir: string, uid: number): Promise<Finding> {
  const found = await stat(dir).catch(() => null)
  if (found === null) return note('directory', `${dir} is not there; the daemon makes it`)
  return found.uid === uid && (found.mode & 0o077) === 0
    ? good('directory', `${dir} is yours alone`)
    : problem('directory', `${dir} is not yours alone`, `remove it, and start the daemon again`)
}

async function shellFindings(context: CommandContext): Promise<Finding[]> {
  const { io, home, paths, signal } = context
  const setups: ShellSetup[] = []
  for (const shell of HOOKED_SHELLS) setups.push(await inspectShell(shell, io.env, home))
  const known = await controlCall(
    paths.controlSocket,
    { request: 'sessions' },
    { timeoutMs: CONTROL_CLI_WAIT_MS, signal },
  ).catch(() => null)
  // Each shell reads its start files at its own pace; together they take as long as the slowest.
  const proofs = known === null ? [] : await Promise.all(setups.map((setup) => proofFinding(setup, context)))
  return [
    ...setups.flatMap((setup, at) => [setupFinding(setup), proofs[at] ?? null]).filter((finding) => finding !== null),
    ...(known?.unhooked ?? []).map(unhookedFinding),
    thisShell(io.ppid, known?.sessions ?? []),
  ]
}

/** What a new shell of the person's does. Null for one that is not there, or that loads no hook. */
async function proofFinding(
  { shell, program, loadedBy }: ShellSetup,
  { io, home, paths, signal }: CommandContext,
): Promise<Finding | null> {
  if (program === null || loadedBy === null) return null
  const { controlSocket } = paths
  const proof = await proveShell({ shell, program, env: io.env, home, controlSocket, signal })
  const restart = 'start one by hand and look at what its start files say'
  switch (proof.kind) {
    case 'answered':
      return answeredFinding(shell, proof.session)
    case 'silent':
      return problem(shell, 'a new one joined, but did not show that it stops lines', restart)
    case 'absent':
      return problem(shell, `a new one did not ask for anything within ${SHELL_PROOF_MS / 1_000} s`, restart)
    case 'ended':
      return problem(shell, `a new one ended at once with status ${proof.exitCode}`, restart)
    case 'not-started':
      return note(shell, `a new one was not tried: ${proof.error.message}`)
  }
}

function answeredFinding(shell: string, { state, why }: SessionStatus): Finding {
  switch (state) {
    case 'enforced':
      return good(shell, 'a new one refuses what it must refuse')
    case 'observing':
      return note(shell, 'a new one asks, and is told to run everything: mode monitor stops nothing')
    case 'degraded':
      return problem(shell, `a new one asks, and ${why ?? 'runs what it should refuse'}`, 'restart the daemon')
  }
}

function unhookedFinding({ shell, pid, tty }: UnhookedShell): Finding {
  return problem(
    'unhooked',
    `${shell}, pid ${pid}, ${tty ?? 'no terminal'}: its commands run unchecked`,
    'start it anew once its start files load the hook',
  )
}

function setupFinding({ shell, program, loadedBy, gone, loginMisses, startFile }: ShellSetup): Finding {
  if (program === null) return note(shell, 'not installed')
  if (loadedBy !== null) {
    const login =
      loginMisses === null ? '' : `; login shells read ${loginMisses}, which does not: see \`cmdaid install\``
    return good(shell, `${program}: ${loadedBy} loads the hook${login}`)
  }
  if (gone !== null) {
    const { file, missing } = gone
    return problem(
      shell,
      `${program}: ${file} loads ${missing}, which is not there`,
      '`cmdaid install` corrects its lines',
    )
  }
  const line = `add to the end of ${startFile}: ${loadLine(shell)}`
  return problem(shell, `${program}: no start file loads the hook`, `run \`cmdaid install\`, or ${line}`)
}

/** The nearest ancestor that is a shell: a script or `make` may stand between it and us. */
function thisShell(parent: number, sessions: readonly SessionStatus[]): Finding {
  const ancestors = ancestryReader()(parent)
  const pids = ancestors.length > 0 ? ancestors.map(({ pid }) => pid) : [parent]
  const session = sessions.find(({ pid }) => pid === pids.find((each) => sessions.some((known) => known.pid === each)))
  if (session !== undefined)
    return good('this shell', `${session.shell} ${session.shellVersion}, pid ${session.pid}, is protected`)
  const shell = ancestors.find(({ name }) => SHELL_NAMES.has(name.replace(/^-/, '')))
  const name = shell?.name.replace(/^-/, '')
  if (name === undefined) return note('this shell', 'no shell is among the processes that started this command')
  const hooked = HOOKED_SHELLS.find((each) => each === (name === 'pwsh' ? 'powershell' : name))
  return hooked !== undefined
    ? problem(
        'this shell',
        `${name}, pid ${shell?.pid}, is not protected`,
        `while the daemon runs: ${loadLine(hooked)}`,
      )
    : note('this shell', `${name}: not in this version, its commands run unchecked`)
}

const SHELL_NAMES: ReadonlySet<string> = new Set(['bash', 'zsh', 'fish', 'pwsh', 'sh', 'dash', 'ksh'])

/** What a report about a problem needs to say. */
async function machineFinding(): Promise<Finding> {
  const { system, kernel, architecture } = await readMachine()
  return note('machine', `${system}, ${architecture}, kernel ${kernel}, Node ${process.version}`)
}

function good(check: string, detail: string): Finding {
  return { check, state: 'good', detail, mend: null }
}

function note(check: string, detail: string): Finding {
  return { check, state: 'note', detail, mend: null }
}

function problem(check: string, detail: string, mend: string): Finding {
  return { check, state: 'problem', detail, mend }
}

function asText(findings: readonly Finding[], output: Output): string {
  const lines = findings.flatMap(({ check, state, detail, mend }) => [
    `${output.paint(COLOURS[state], state.padEnd(7))}  ${check.padEnd(10)}  ${visible(detail)}`,
    ...(mend === null ? [] : [`${' '.repeat(21)}mend: ${visible(mend)}`]),
  ])
  const problems = findings.filter(({ state }) => state === 'problem').length
  lines.push(
    '',
    problems === 0 ? 'Nothing to mend.' : problems === 1 ? '1 thing to mend.' : `${problems} things to mend.`,
  )
  return `${lines.join('\n')}\n`
}

const COLOURS = { good: 'green', problem: 'red', note: 'dim' } as const
