import { createHash, createPrivateKey } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditEvent, Session } from '../../../src/core/event/event.ts'
import type { AttemptId, SessionId } from '../../../src/core/event/ids.ts'
import type { Decision, RuleId } from '../../../src/core/policy/decision.ts'
import { openAuditStore } from '../../../src/adapters/audit-store/open.ts'
import type { AuditStoreOptions } from '../../../src/adapters/audit-store/open.ts'
import type { AuditStore } from '../../../src/adapters/audit-store/store.ts'

/** A folder that is gone when the test is over. */
export function temporaryFolder(t: { teardown(handler: () => void): unknown }): string {
  const dir = mkdtempSync(join(tmpdir(), 'cmdaid-audit-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export const T0 = 1_767_225_600_000_000n // 2026-01-01T00:00:00Z

/** Nothing by chance: each answer of the clock is a millisecond later, each salt the next block of a stream. */
export function fixedOptions(dir: string): AuditStoreOptions {
  let wall = T0
  let mono = 5_000_000n
  let block = 0
  return {
    dir,
    now: () => (wall += 1_000n),
    monotonic: () => (mono += 1_000n),
    random: (bytes) => createHash('sha256').update(`salt ${block++}`).digest().subarray(0, bytes),
    bootId: Buffer.alloc(16, 0xb0),
    pid: 4_711,
    version: '0.1.0',
    hostname: 'host.example',
    user: 'alice',
    // Checkpoints are signed where a test asks for them, not when a timer says so.
    checkpointDelayMs: 3_600_000,
    retryMs: 5,
  }
}

export function openFixed(dir: string, more: Partial<AuditStoreOptions> = {}): Promise<AuditStore> {
  return openAuditStore({ ...fixedOptions(dir), ...more })
}

/** The Ed25519 key whose seed is SHA-256 of this name, as the device key of the log in `dir`. */
export function plantDeviceKey(dir: string, name: string): void {
  const seed = createHash('sha256').update(name).digest()
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  mkdirSync(join(dir, 'keys'), { recursive: true, mode: 0o700 })
  const path = join(dir, 'keys', 'device.key')
  writeFileSync(path, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  chmodSync(path, 0o600)
}

export const HUMAN: Session = {
  id: '0123456789abcdef0123456789abcdef' as SessionId,
  shell: 'bash',
  shellVersion: '5.2.21',
  pid: 1_234,
  pidStart: '8675309',
  tty: '/dev/pts/3',
  interactive: true,
  actor: { kind: 'human', name: null, evidence: 'verified' },
}

export const ALLOW: Decision = {
  effect: 'allow',
  risk: 'safe',
  mode: 'enforce',
  rule: null,
  reason: '',
  hits: [],
  policyHash: `sha256:${'5a'.repeat(32)}`,
}

export const DENY: Decision = {
  effect: 'deny',
  risk: 'critical',
  mode: 'enforce',
  rule: 'filesystem.recursive-root' as RuleId,
  reason: 'deletes everything under /',
  hits: [
    {
      rule: 'filesystem.recursive-root' as RuleId,
      effect: 'deny',
      risk: 'critical',
      reason: 'deletes everything under /',
      suggest: null,
      owner: null,
      url: null,
      span: { start: 0, end: 8 },
      route: [],
      resolved: 'rm -rf /',
    },
  ],
  policyHash: `sha256:${'5a'.repeat(32)}`,
}

export function attemptId(n: number): AttemptId {
  return n.toString(16).padStart(32, '0') as AttemptId
}

export type StartedEvent = Extract<AuditEvent, { kind: 'started' }>

/** The n-th command line of a session. */
export function started(n: number, line = `echo ${n}`, decision = ALLOW, session = HUMAN): StartedEvent {
  return {
    kind: 'started',
    started: {
      kind: 'command.started',
      session,
      attempt: attemptId(n),
      sessionSeq: n,
      commandLine: line,
      commandBytes: Buffer.from(line),
      truncatedBytes: 0,
      cwd: '/home/alice/src',
      atUs: T0 + BigInt(n) * 1_000n,
    },
    decision,
    redactions: [],
  }
}

export function finished(n: number, exitStatus: number | null = 0, session = HUMAN): AuditEvent {
  return {
    kind: 'finished',
    finished: {
      kind: 'command.finished',
      session,
      attempt: attemptId(n),
      sessionSeq: n,
      outcome: exitStatus === null ? 'unknown' : 'finished',
      exitStatus,
      pipeStatuses: exitStatus === null ? [] : [exitStatus],
      durationMs: exitStatus === null ? null : 12,
      cwd: '/home/alice/src',
      atUs: T0 + BigInt(n) * 1_000n + 500n,
    },
  }
}

export function sessionOpened(session = HUMAN): AuditEvent {
  return { kind: 'session.opened', session, cwd: '/home/alice', atUs: T0 }
}

/** One event of every kind, in an order in which they could come. */
export function oneOfEach(): AuditEvent[] {
  const hash = `sha256:${'5a'.repeat(32)}`
  return [
    { kind: 'daemon.started', version: '0.1.0', pid: 4_711, atUs: T0 },
    { kind: 'policy', outcome: 'loaded', policyHash: hash, source: '/home/alice/.config/cmdaid', detail: '', atUs: T0 },
    sessionOpened(),
    started(1),
    finished(1),
    started(2, 'rm -rf /', DENY),
    { ...finished(2, null) },
    {
      ...started(3, 'curl -H "Authorization: [secret:bearer]" example.org'),
      redactions: [{ tag: 'bearer', start: 24, end: 39 }],
    },
    {
      kind: 'answered',
      session: HUMAN,
      attempt: attemptId(3),
      sessionSeq: 3,
      accepted: true,
      reason: 'ticket 42',
      atUs: T0 + 3_500n,
    },
    finished(3, 22),
    { kind: 'session.gap', session: HUMAN, firstSeq: 4, lastSeq: 5, cause: 'timeout', atUs: T0 + 6_000n },
    started(6, "printf 'é \u202e \u001b[31m'", ALLOW),
    {
      kind: 'policy',
      outcome: 'rejected',
      policyHash: '',
      source: 'policy.yaml',
      detail: 'line 3: no',
      atUs: T0 + 7_000n,
    },
    { kind: 'session.closed', session: HUMAN, how: 'bye', atUs: T0 + 8_000n },
    { kind: 'daemon.stopped', cause: 'SIGTERM', atUs: T0 + 9_000n },
  ]
}

/** Events of the kinds by which shells show, or fail to show, that their lines are stopped. */
export function proofsOfLife(): AuditEvent[] {
  const script: Session = {
    ...HUMAN,
    id: 'fedcba9876543210fedcba9876543210' as SessionId,
    tty: null,
    interactive: false,
    actor: { kind: 'script', name: null, evidence: 'corroborated' },
  }
  return [
    { kind: 'daemon.started', version: '0.1.0', pid: 4_711, atUs: T0 },
    sessionOpened(),
    { kind: 'session.canary', session: HUMAN, outcome: 'enforced', atUs: T0 + 1_000n },
    { kind: 'session.canary', session: HUMAN, outcome: 'observing', atUs: T0 + 2_000n },
    { kind: 'session.canary', session: HUMAN, outcome: 'failed', atUs: T0 + 3_000n },
    sessionOpened(script),
    started(1, 'git fetch --all', ALLOW, script),
    { kind: 'session.closed', session: script, how: 'bye', atUs: T0 + 5_000n },
    {
      kind: 'shell.unhooked',
      shell: 'zsh',
      pid: 5_150,
      pidStart: '8675310',
      tty: '/dev/pts/4',
      actor: { kind: 'agent', name: 'codex', evidence: 'corroborated' },
      atUs: T0 + 6_000n,
    },
    {
      kind: 'shell.unhooked',
      shell: 'powershell',
      pid: 5_151,
      pidStart: null,
      tty: null,
      actor: { kind: 'human', name: null, evidence: 'claimed' },
      atUs: T0 + 7_000n,
    },
  ]
}
