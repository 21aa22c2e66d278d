import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAuditStore } from '../../src/adapters/audit-store/open.ts'
import { verifyLog } from '../../src/adapters/audit-store/verify-log.ts'
import type { AttemptId, SessionId } from '../../src/core/event/ids.ts'
import type { AuditEvent, Session } from '../../src/core/event/event.ts'
import { distribution, type Figure } from './figures.ts'
import { everydayLines } from './many-rules.ts'

const EVENTS_VERIFIED = 200_000
const id = (): string => randomBytes(16).toString('hex')

const SESSION: Session = {
  id: id() as SessionId,
  shell: 'bash',
  shellVersion: '5.2.15',
  pid: process.pid,
  pidStart: '1',
  tty: 'pts/0',
  interactive: true,
  actor: { kind: 'human', name: null, evidence: 'unknown' },
}

function started(commandLine: string, sessionSeq: number): AuditEvent {
  return {
    kind: 'started',
    started: {
      kind: 'command.started',
      session: SESSION,
      attempt: id() as AttemptId,
      sessionSeq,
      commandLine,
      commandBytes: Buffer.from(commandLine),
      truncatedBytes: 0,
      cwd: '/home/user/src/project',
      atUs: BigInt(Date.now()) * 1000n,
    },
    decision: {
      effect: 'allow',
      risk: 'safe',
      mode: 'enforce',
      rule: null,
      reason: '',
      hits: [],
      policyHash: `sha256:${'0'.repeat(64)}`,
    },
    redactions: [],
  }
}

/** What taking an event in costs, how long it takes until it is durable, and how fast a log is verified. */
export async function benchAudit(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cmdaid-bench-'))
  try {
    const dir = join(folder, 'audit')
    const lines = everydayLines(EVENTS_VERIFIED)
    const enqueued: number[] = []
    const durable: number[] = []
    {
      await using store = await openAuditStore({
        dir,
        now: () => BigInt(Date.now()) * 1000n,
        version: 'bench',
        hostname: 'bench',
        user: 'bench',
      })
      for (let n = 0; n < 400; n++) {
        const event = started(lines[n] ?? '', n + 1)
        const start = process.hrtime.bigint()
        store.append(event)
        const taken = process.hrtime.bigint()
        await store.flush()
        if (n < 100) continue
        enqueued.push(Number(taken - start) / 1000)
        durable.push(Number(process.hrtime.bigint() - start) / 1e6)
      }
      for (let n = 400; n < EVENTS_VERIFIED; n++) {
        store.append(started(lines[n] ?? '', n + 1))
        if (n % 500 === 0) await store.flush()
      }
    }
    const start = performance.now()
    const report = await verifyLog({ dir, openings: false })
    const seconds = (performance.now() - start) / 1000
    if (report.records < EVENTS_VERIFIED || report.verdict !== 'UNANCHORED') throw new Error(report.explanation)
    return [
      { name: 'take an event in, after the verdict', unit: 'µs', value: distribution(enqueued) },
      { name: 'until an event is durable', unit: 'ms', value: distribution(durable), budget: 'p50 < 1, p99 < 10' },
      {
        name: `verify a log of ${EVENTS_VERIFIED.toLocaleString('en')} events, without openings`,
        unit: 'per s',
        value: report.records / seconds,
        budget: '> 500,000',
      },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
