import { join } from 'node:path'
import { systemClock } from '../adapters/clock/clock.ts'
import { ancestryReader } from '../adapters/host-info/ancestry.ts'
import { isAlive } from '../adapters/host-info/process-info.ts'
import { InstanceLock } from '../adapters/instance-lock/instance-lock.ts'
import type { Log } from '../adapters/log/log.ts'
import { ensurePrivateDir } from '../adapters/runtime-dir/private-dir.ts'
import { removeReady, writeReady } from '../adapters/runtime-dir/ready-file.ts'
import { SlotPool } from '../adapters/session-fifo/slot-pool.ts'
import type { AuditEvent } from '../core/event/event.ts'
import { SESSION_POLL_MS } from '../core/limits.ts'
import type { Paths } from '../core/paths.ts'
import { Pipeline } from './pipeline.ts'
import type { PipelineCounters } from './pipeline.ts'
import { provisionalExplanation, provisionalJudge } from './provisional-judge.ts'
import { SessionTable } from './session-table.ts'

export type DaemonConfig = {
  readonly paths: Paths
  readonly home: string
  readonly pid: number
  readonly version: string
  readonly log: Log
  /** Called once everything serves. */
  readonly onReady: () => void
}

/** Opened in the order things depend on each other, closed in reverse: intake first, record last. Ends when `signal` fires. */
export async function run(config: DaemonConfig, signal: AbortSignal): Promise<void> {
  const { paths, log } = config
  const clock = systemClock()
  const counters: PipelineCounters = { asked: 0, refused: 0, warned: 0, undelivered: 0, unasked: 0, faults: 0 }
  ensurePrivateDir(paths.runtimeDir)
  ensurePrivateDir(paths.stateDir)
  using _lock = InstanceLock.acquire(paths.runtimeDir, config.pid)
  removeReady(paths.runtimeDir)
  const append = (_event: AuditEvent): void => undefined
  const pipeline = new Pipeline({
    judge: provisionalJudge,
    explain: provisionalExplanation,
    redact: (text) => ({ text, redactions: [] }),
    append,
    clock,
    home: config.home,
    counters,
  })
  const table = new SessionTable({
    pipeline,
    append,
    clock,
    ancestry: ancestryReader(),
    log: log.for('sessions'),
    onFaultCounted: () => {
      counters.faults += 1
    },
  })
  await using pool = await SlotPool.open({
    dir: join(paths.runtimeDir, 's'),
    isAlive,
    onFrame: (slot, frame) => table.onFrame(slot, frame),
    onFault: (slot, fault) => table.onFault(slot, fault),
    onAdopted: (slot, pid) => table.adopt(slot, pid),
    onError: (error) => log.for('sessions').error({ err: error }, 'cannot make session slots'),
  })
  table.attach(pool)
  const sweeping = setInterval(() => {
    table.sweep()
    pool.sweep()
  }, SESSION_POLL_MS)
  writeReady(paths.runtimeDir, { pid: config.pid, generation: 1 })
  config.onReady()
  try {
    await aborted(signal)
  } finally {
    clearInterval(sweeping)
    removeReady(paths.runtimeDir)
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
