import type { AuditStore } from '../adapters/audit-store/store.ts'
import type { SlotPool } from '../adapters/session-fifo/slot-pool.ts'
import type { ControlServer } from '../adapters/unix-socket/control-server.ts'
import type { Paths } from '../core/paths.ts'
import type { DaemonStatus } from '../wire/control/response.ts'
import type { PipelineCounters } from './pipeline.ts'
import type { PolicyState } from './policy-state.ts'
import type { SessionTable } from './session-table.ts'

export type DaemonStatusParts = {
  readonly pid: number
  readonly version: string
  readonly startedUs: bigint
  readonly paths: Paths
  readonly policy: PolicyState
  readonly pool: SlotPool
  readonly control: ControlServer
  readonly table: SessionTable
  readonly counters: PipelineCounters
  readonly audit: AuditStore
}

/** A snapshot of everything that `cmdaid status` shows, as plain data. */
export function daemonStatus(parts: DaemonStatusParts): DaemonStatus {
  const { pid, version, startedUs, paths, policy, pool, control, table, counters, audit } = parts
  const { degraded, ...record } = audit.state()
  return {
    pid,
    version,
    startedAt: isoTime(startedUs),
    runtimeDir: paths.runtimeDir,
    generation: policy.generation,
    residentBytes: process.memoryUsage.rss(),
    sessions: table.sessions.length,
    slotsFree: pool.freeCount,
    slotsExhausted: pool.full,
    controlConnections: control.connections,
    controlRefused: control.refused,
    counters: { ...counters },
    policy: policy.status,
    audit: {
      dir: paths.auditDir,
      ...record,
      degraded:
        degraded === null ? null : { code: degraded.code, message: degraded.message, since: isoTime(degraded.sinceUs) },
    },
  }
}

/** RFC 3339 in UTC, milliseconds. */
export function isoTime(us: bigint): string {
  return new Date(Number(us / 1_000n)).toISOString()
}
