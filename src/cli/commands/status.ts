import { controlCall } from '../../adapters/unix-socket/control-call.ts'
import { CmdaidError } from '../../core/errors.ts'
import { CONTROL_CLI_WAIT_MS } from '../../core/limits.ts'
import type { ControlValues, DaemonStatus, SessionStatus, UnhookedShell } from '../../wire/control/response.ts'
import { EXIT } from '../command.ts'
import type { CommandContext } from '../command.ts'
import { recordFacts } from '../daemon-facts.ts'
import { type Output, visible } from '../output.ts'
import { sessionLines } from '../session-table.ts'

export async function run({ output, paths, signal }: CommandContext): Promise<number> {
  const options = { timeoutMs: CONTROL_CLI_WAIT_MS, signal }
  try {
    const daemon = await controlCall(paths.controlSocket, { request: 'status' }, options)
    const { sessions, unhooked } = await controlCall(paths.controlSocket, { request: 'sessions' }, options)
    const wrong = [...troubles(daemon), ...shellTroubles(sessions, unhooked)]
    if (output.json) await output.data({ v: 1, running: true, troubles: wrong, ...daemon, sessions, unhooked })
    else await output.write(asText(daemon, { sessions, unhooked }, wrong, output))
    return wrong.length === 0 ? EXIT.yes : EXIT.no
  } catch (error) {
    if (!(error instanceof CmdaidError) || error.code !== 'CMDAID_ERR_DAEMON_NOT_RUNNING') throw error
    const { code, message, hint } = error
    if (output.json) await output.data({ v: 1, running: false, troubles: [message], error: { code, message, hint } })
    else {
      await output.line(`daemon    ${output.paint('red', 'not running')}: commands run unchecked`)
      output.say(`cmdaid: hint: ${visible(hint ?? '')}`)
    }
    return EXIT.no
  }
}

/** What a person should know before anything else; empty when all is well. */
export function troubles({ policy, audit, slotsExhausted }: DaemonStatus): string[] {
  const found: string[] = []
  if (policy.rejected !== null) found.push('the policy on disk was rejected; an older one is in force')
  const { degraded } = recordFacts(audit)
  if (degraded !== null) found.push(`the record cannot be written: ${degraded}`)
  if (slotsExhausted) found.push('no session is free: further shells run unchecked')
  return found
}

/** A shell that has only just begun is no trouble yet. */
function shellTroubles(sessions: readonly SessionStatus[], unhooked: readonly UnhookedShell[]): string[] {
  const degraded = sessions.filter(
    ({ state, canary, lastSeq }) => state === 'degraded' && (canary !== null || lastSeq > 0),
  )
  return [
    ...(degraded.length === 0 ? [] : [`${shells(degraded.length)} not known to stop lines`]),
    ...(unhooked.length === 0 ? [] : [`${shells(unhooked.length)} without a hook: commands run unchecked there`]),
  ]
}

function shells(count: number): string {
  return count === 1 ? 'one shell is' : `${count} shells are`
}

function asText(
  daemon: DaemonStatus,
  { sessions, unhooked }: ControlValues['sessions'],
  wrong: readonly string[],
  output: Output,
): string {
  const { policy, audit, counters } = daemon
  const record = recordFacts(audit)
  const lines = [
    row(
      'daemon',
      `${output.paint('green', 'running')}, pid ${daemon.pid}, version ${visible(daemon.version)}, since ${daemon.startedAt}`,
    ),
    row('', `${visible(daemon.runtimeDir)}, ${(daemon.residentBytes / 1_048_576).toFixed(0)} MiB`),
    row('policy', `mode ${policy.mode}, ${policy.rules} rules, since ${policy.loadedAt}`),
    row('', policy.hash),
    row('record', `${record.size} records in ${visible(record.dir)}`),
    ...(record.head === null ? [] : [row('', `signed up to ${record.head.size}, head ${record.head.root}`)]),
    row(
      'asked',
      Object.entries(counters)
        .map(([name, count]) => `${name} ${count}`)
        .join(', '),
    ),
    row('sessions', `${sessions.length}, ${daemon.slotsFree} free`),
    ...sessionLines(sessions, unhooked, output).map((line) => row('', line)),
    ...wrong.map((text) => row('trouble', output.paint('red', visible(text)))),
    ...(policy.rejected === null ? [] : policy.rejected.detail.split('\n').map((text) => row('', visible(text)))),
  ]
  return `${lines.join('\n')}\n`
}

function row(name: string, text: string): string {
  return `${name.padEnd(8)}  ${text}`
}
