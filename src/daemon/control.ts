import type { Clock } from '../adapters/clock/clock.ts'
import type { ControlHandler } from '../adapters/unix-socket/control-server.ts'
import { CANARY_LINE } from '../core/event/canary.ts'
import { enforcedEffect } from '../core/policy/decision.ts'
import type { Decision } from '../core/policy/decision.ts'
import type { ControlRequest } from '../wire/control/request.ts'
import { okMessage } from '../wire/control/response.ts'
import type { ControlValues, DaemonStatus } from '../wire/control/response.ts'
import { judgeCanary } from './canaries.ts'
import { isoTime } from './daemon-status.ts'
import type { Judge } from './judge.ts'
import type { LiveSession } from './live-session.ts'
import { protectionOf } from './protection.ts'
import type { PolicyInForce } from './protection.ts'
import type { SessionTable } from './session-table.ts'
import type { ShellWatch } from './shell-watch.ts'

export type ControlParts = {
  readonly status: () => DaemonStatus
  readonly table: SessionTable
  readonly watch: ShellWatch
  readonly policy: () => PolicyInForce
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
  const { status, table, watch, policy, judge, explain, reload, flush, stop, clock, home } = parts
  switch (request.request) {
    case 'status':
      return status()
    case 'sessions':
      await watch.look()
      return {
        sessions: table.sessions.map((live) => sessionStatus(live, policy())),
        unhooked: watch.unhooked.map(({ shell, pid, tty, ageMs }) => ({ shell, pid, tty, ageMs: Math.round(ageMs) })),
      }
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

function sessionStatus(live: LiveSession, policy: PolicyInForce): ControlValues['sessions']['sessions'][number] {
  const { session, cwd, ledger, canary } = live
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
    ...protectionOf(live, policy),
    canary: canary === null ? null : { outcome: canary.outcome, at: isoTime(canary.atUs) },
  }
}
