import type { Clock } from '../adapters/clock/clock.ts'
import type { ControlHandler } from '../adapters/unix-socket/control-server.ts'
import { CANARY_LINE } from '../core/event/canary.ts'
import { enforcedEffect } from '../core/policy/decision.ts'
import type { Decision } from '../core/policy/decision.ts'
import type { ControlRequest } from '../wire/control/request.ts'
import { okMessage } from '../wire/control/response.ts'
import type { ControlValues, DaemonStatus } from '../wire/control/response.ts'
import { judgeCanary } from './canaries.ts'
import type { Judge } from './judge.ts'
import type { SessionTable } from './session-table.ts'

export type ControlParts = {
  readonly status: () => DaemonStatus
  readonly table: SessionTable
  readonly judge: Judge
  readonly explain: (decision: Decision, line: string) => string
  readonly reload: () => Promise<ControlValues['reload']>
  readonly flush: () => Promise<void>
  readonly stop: (cause: string) => void
  readonly clock: Clock
  readonly home: string
}

/** What the daemon answers to programs of its user (docs/format/control.md). */
export function controlHandler(parts: ControlParts): ControlHandler {
  return async (request) => okMessage(await answer(parts, request))
}

async function answer(parts: ControlParts, request: ControlRequest): Promise<ControlValues[ControlRequest['request']]> {
  const { status, table, judge, explain, reload, flush, stop, clock, home } = parts
  switch (request.request) {
    case 'status':
      return status()
    case 'sessions':
      return { sessions: table.sessions.map(sessionStatus) }
    case 'check': {
      const { line, shell, cwd, actor } = request
      const before = clock.monotonicNs()
      const decision = judge({ line, shell, cwd, home, actor, interactive: actor.kind === 'human', aliases: null })
      const evaluateNs = Number(clock.monotonicNs() - before)
      return { decision, explanation: explain(decision, line), evaluateNs }
    }
    case 'reload':
      return reload()
    case 'canary': {
      const decision = judgeCanary(judge, home)
      const { effect, mode } = decision
      return { line: CANARY_LINE, denied: enforcedEffect(decision) === 'deny', effect, mode }
    }
    case 'flush':
      await flush()
      return { flushed: true }
    case 'stop':
      // After the answer is on its way.
      setImmediate(() => stop('control'))
      return { stopping: true }
  }
}

function sessionStatus({
  session,
  cwd,
  ledger,
}: SessionTable['sessions'][number]): ControlValues['sessions']['sessions'][number] {
  const { id, shell, shellVersion, pid, tty, interactive, actor } = session
  return {
    id,
    shell,
    shellVersion,
    pid,
    tty,
    interactive,
    actor,
    cwd,
    lastSeq: ledger.lastSeq,
    openAttempts: ledger.open.length,
  }
}
