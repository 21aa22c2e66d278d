import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { openAuditStore } from '../adapters/audit-store/open.ts'
import { systemClock } from '../adapters/clock/clock.ts'
import { ancestryReader } from '../adapters/host-info/ancestry.ts'
import { findShells } from '../adapters/host-info/find-shells.ts'
import { isAlive } from '../adapters/host-info/process-info.ts'
import { InstanceLock } from '../adapters/instance-lock/instance-lock.ts'
import type { Log } from '../adapters/log/log.ts'
import { removeAllowMarkers, writeAllowMarker } from '../adapters/runtime-dir/allow-marker.ts'
import { removeNonInteractive, writeNonInteractive } from '../adapters/runtime-dir/non-interactive-file.ts'
import { ensurePrivateDir, whyUnsafe } from '../adapters/runtime-dir/private-dir.ts'
import { readReady, removeReady, writeReady } from '../adapters/runtime-dir/ready-file.ts'
import type { ServiceManager } from '../adapters/service-manager/notify.ts'
import { SlotPool } from '../adapters/session-fifo/slot-pool.ts'
import { ControlServer } from '../adapters/unix-socket/control-server.ts'
import { CmdaidError } from '../core/errors.ts'
import { REST_EVENTS_MAX, SESSION_POLL_MS, SHELL_SCAN_MS, WARM_UP_MS } from '../core/limits.ts'
import type { Paths } from '../core/paths.ts'
import { evaluate } from '../core/policy/evaluate.ts'
import { explanationFor } from '../core/policy/explain.ts'
import { redact } from '../core/redaction/redact.ts'
import { Canaries } from './canaries.ts'
import { controlHandler } from './control.ts'
import { daemonStatus } from './daemon-status.ts'
import { totalJudge } from './judge.ts'
import type { Judge } from './judge.ts'
import { logFields } from './log-fields.ts'
import { collectAndCompact, MemoryReturn } from './memory-return.ts'
import { Pipeline, newCounters } from './pipeline.ts'
import { PolicyState } from './policy-state.ts'
import { Recording } from './recording.ts'
import { SessionSaver } from './session-saver.ts'
import { isServedElsewhere } from './served-elsewhere.ts'
import { SessionTable } from './session-table.ts'
import { ShellWatch } from './shell-watch.ts'
import { Turns } from './turns.ts'
import { warmUp, warmUpFor, warmUpSlowly } from './warm-up.ts'

export type DaemonConfig = {
  readonly paths: Paths
  readonly home: string
  readonly pid: number
  readonly version: string
  readonly log: Log
  readonly supervisor: ServiceManager
  /** Fires once, with the cause as its reason: the run ends. */
  readonly signal: AbortSignal
  /** Fires `signal`. */
  readonly stop: (cause: string) => void
  /** Called with what SIGHUP does, as soon as there is something to reload. */
  readonly onReloadable: (reload: () => void) => void
  readonly onReady: () => void
}

/**
 * The daemon from start to end. Opened in the order in which things depend on each other and closed in reverse: shells
 * first, the record last, the lock after everything. What arrived is judged and recorded before the record closes.
 */
export async function run(config: DaemonConfig): Promise<void> {
  const { paths, home, pid, version, log, supervisor, signal } = config
  const uid = process.getuid?.() ?? -1
  const clock = systemClock()
  const startedUs = clock.nowUs()
  ensurePrivateDir(paths.runtimeDir)
  ensurePrivateDir(paths.stateDir)
  using _lock = InstanceLock.acquire(paths.runtimeDir, pid)
  removeReady(paths.runtimeDir)
  removeNonInteractive(paths.runtimeDir)
  removeAllowMarkers(paths.runtimeDir)

  await using recording = new Recording(
    openAuditStore({
      dir: paths.auditDir,
      now: clock.nowUs,
      version,
      hostname: hostname(),
      user: userInfo().username,
      nextTurn: () => turns.next(),
    }),
  )
  const turns = new Turns(() => recording.queued >= REST_EVENTS_MAX)
  const { append } = recording
  append({ kind: 'daemon.started', version, pid, atUs: startedUs })

  const memory = new MemoryReturn(() => {
    const tookMs = collectAndCompact()
    if (tookMs === null) return
    log.for('daemon').info({ ms: Math.round(tookMs) }, 'memory given back')
    // The collector takes with it what compiled code was made for.
    void warmUpSlowly(warmUpAgain(), signal)
  })
  let serving = false
  const announce = (generation: number): void => {
    const now = { pid, generation }
    try {
      writeNonInteractive(paths.runtimeDir, policy.current.nonInteractive)
      if (policy.current.allowCache) writeAllowMarker(paths.runtimeDir, now)
      writeReady(paths.runtimeDir, now)
    } finally {
      // Last: a shell that finds its marker gone reads `ready` and looks for the next one.
      removeAllowMarkers(paths.runtimeDir, now)
    }
  }
  await using policy = await PolicyState.open({
    paths,
    append,
    clock,
    log: log.for('policy'),
    onGeneration: (generation) => {
      memory.littered()
      if (!serving) return
      try {
        announce(generation)
      } catch (error) {
        // The policy itself is in force; a line that a shell remembers although it is refused now is recorded as not asked.
        log.for('daemon').error(logFields(error), 'cannot tell shells of the new policy')
      }
    },
  })

  const counters = newCounters()
  const sessionLog = log.for('sessions')
  const judge = totalJudge(
    (input) => evaluate(policy.current, input),
    () => policy.current.hash,
    (error) => sessionLog.error(logFields(error), 'the engine failed on a line'),
  )
  const judgeScript: Judge = (input) =>
    policy.current.nonInteractive === 'observe' ? { ...judge(input), mode: 'monitor' } : judge(input)
  const pipeline = new Pipeline({
    judge,
    judgeScript,
    explain: explanationFor,
    redact,
    append,
    clock,
    home,
    counters,
    turns,
  })
  const canaries = new Canaries({ judge, explain: explanationFor, append, clock, home })
  const ancestry = ancestryReader()
  const table = new SessionTable({
    pipeline,
    canaries,
    append,
    clock,
    ancestry,
    log: sessionLog,
    counters,
  })
  await using saver = new SessionSaver({
    takeChanges: async () => {
      await pipeline.settleSlowly()
      return table.takeChanges()
    },
    flush: async () => (await recording.opened()).flush(),
    onError: (error) => sessionLog.warn(logFields(error), 'cannot save sessions'),
  })
  const opening = SlotPool.open({
    dir: join(paths.runtimeDir, 's'),
    isAlive,
    onFrame: (slot, frame) => {
      table.onFrame(slot, frame)
      saver.poke()
      memory.heard()
    },
    onFault: (slot, fault) => table.onFault(slot, fault),
    onAdopted: (slot, shell) => table.adopt(slot, shell),
    onError: (error) => sessionLog.error(logFields(error), 'cannot make session slots'),
  })
  // While another process makes the FIFOs and another thread opens the record, this one gets its code compiled.
  const warmUpAgain = (): Generator<undefined, void> => warmUp({ judge, explain: explanationFor, redact, home })
  const warming = warmUpAgain()
  await warmUpFor(warming, WARM_UP_MS, () => performance.now())
  await using pool = await opening
  table.attach(pool)
  const audit = await recording.opened()

  using watch = new ShellWatch({
    find: () => findShells(uid),
    hooked: () => new Set(table.sessions.map(({ session }) => session.pid)),
    isElsewhere: (shellPid) => isServedElsewhere(shellPid, { uid, runtimeDir: paths.runtimeDir, home }),
    append,
    ancestry,
    clock,
    onError: (error) => sessionLog.warn(logFields(error), 'cannot look for shells without a hook'),
  })
  await using control = await ControlServer.open({
    path: paths.controlSocket,
    handle: controlHandler({
      status: () => {
        pipeline.settle()
        return daemonStatus({ pid, version, startedUs, paths, policy, pool, control, table, counters, audit })
      },
      table,
      watch,
      policy: () => policy.current,
      judge,
      explain: explanationFor,
      reload: () => policy.reload(),
      flush: () => {
        pipeline.settle()
        return audit.flush()
      },
      stop: config.stop,
      clock,
      home,
    }),
    onError: (error) => log.for('control').warn(logFields(error), 'a control connection failed'),
  })
  const watching = setInterval(() => void watch.look(), SHELL_SCAN_MS)
  const lost = { why: null as string | null }
  const sweeping = setInterval(() => {
    // Somebody has taken the folder or what is in it away: no shell finds us any more, and a supervisor starts one that makes it anew.
    lost.why ??= whyUnsafe(paths.runtimeDir) ?? (readReady(paths.runtimeDir)?.pid === pid ? null : '`ready` is gone')
    if (lost.why !== null) return config.stop('the runtime directory is gone')
    table.sweep()
    pool.sweep()
    saver.poke()
    memory.look()
  }, SESSION_POLL_MS)

  serving = true
  announce(policy.generation)
  config.onReady()
  config.onReloadable(() => {
    void reloadOnHangup(supervisor, policy)
  })
  log.for('daemon').info({ sessions: table.sessions.length }, 'ready')
  void supervisor.ready(`serving ${paths.runtimeDir}`)
  void warmUpSlowly(warming, signal)
  await aborted(signal)

  // Shells that start now find nobody, instead of somebody who is leaving.
  removeReady(paths.runtimeDir)
  removeNonInteractive(paths.runtimeDir)
  removeAllowMarkers(paths.runtimeDir)
  serving = false
  clearInterval(sweeping)
  clearInterval(watching)
  void supervisor.stopping()
  log.for('daemon').info({ cause: String(signal.reason) }, 'stopping')
  pipeline.settle()
  append({ kind: 'daemon.stopped', cause: String(signal.reason), atUs: clock.nowUs() })
  if (lost.why !== null) {
    throw new CmdaidError('CMDAID_ERR_DIR_UNSAFE', `cannot go on with ${paths.runtimeDir}: ${lost.why}`, {
      hint: 'start the daemon again: it makes the directory anew',
    })
  }
}

async function reloadOnHangup(supervisor: ServiceManager, policy: PolicyState): Promise<void> {
  await supervisor.reloading()
  const { taken } = await policy.reload()
  await supervisor.ready(taken ? 'policy reloaded' : 'policy refused, the last good one stays')
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
