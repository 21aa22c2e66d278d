import { CANARY_OUTCOMES } from '../core/event/canary.ts'
import type { Session } from '../core/event/event.ts'
import type { AttemptId, SessionId } from '../core/event/ids.ts'
import { OPEN_ATTEMPTS_MAX } from '../core/limits.ts'
import type { ActorKind, EvidenceGrade } from '../core/policy/decision.ts'
import type { ShellName } from '../core/shell/facts.ts'
import type { OpenAttempt } from './attempt-ledger.ts'
import type { CanaryReport } from './live-session.ts'

/** What a later daemon needs to go on with a session that it did not see begin. */
export type SavedSession = {
  readonly session: Session
  readonly cwd: string
  readonly lastSeq: number
  readonly open: readonly OpenAttempt[]
  readonly canary: CanaryReport | null
}

const SHELLS: readonly ShellName[] = ['bash', 'zsh', 'sh', 'fish', 'powershell']
const KINDS: readonly ActorKind[] = ['human', 'agent', 'ci', 'script', 'unknown']
const GRADES: readonly EvidenceGrade[] = ['verified', 'corroborated', 'claimed', 'unknown']
const ID = /^[0-9a-f]{32}$/

export function encodeSavedSession(saved: SavedSession): string {
  const open = saved.open.map((attempt) => ({ ...attempt, answeredNs: String(attempt.answeredNs) }))
  const canary = saved.canary === null ? null : { ...saved.canary, atUs: String(saved.canary.atUs) }
  return `${JSON.stringify({ v: 1, ...saved, open, canary })}\n`
}

/** Null for anything but what `encodeSavedSession` writes: the folder is the user's, and so may be the text. */
export function parseSavedSession(text: string): SavedSession | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(value) || value['v'] !== 1) return null
  const session = parseSession(value['session'])
  const { cwd, lastSeq, open } = value
  if (session === null || typeof cwd !== 'string' || !isCount(lastSeq) || !Array.isArray(open)) return null
  const attempts = open.slice(0, OPEN_ATTEMPTS_MAX).map(parseAttempt)
  if (!attempts.every((attempt) => attempt !== null)) return null
  return { session, cwd, lastSeq, open: attempts, canary: parseCanary(value['canary']) }
}

function parseSession(value: unknown): Session | null {
  if (!isRecord(value) || !isRecord(value['actor'])) return null
  const { id, shell, shellVersion, pid, pidStart, tty, interactive } = value
  const { kind, name, evidence } = value['actor']
  if (typeof id !== 'string' || !ID.test(id) || typeof shellVersion !== 'string' || !isCount(pid)) return null
  if (!isStringOrNull(pidStart) || !isStringOrNull(tty) || typeof interactive !== 'boolean' || !isStringOrNull(name)) {
    return null
  }
  const knownShell = SHELLS.find((known) => known === shell)
  const knownKind = KINDS.find((known) => known === kind)
  const knownGrade = GRADES.find((known) => known === evidence)
  if (knownShell === undefined || knownKind === undefined || knownGrade === undefined) return null
  const actor = { kind: knownKind, name, evidence: knownGrade }
  return { id: id as SessionId, shell: knownShell, shellVersion, pid, pidStart, tty, interactive, actor }
}

/** Null also for what an earlier daemon, which knew of no canaries, has saved. */
function parseCanary(value: unknown): CanaryReport | null {
  if (!isRecord(value)) return null
  const { outcome, atUs } = value
  const known = CANARY_OUTCOMES.find((each) => each === outcome)
  if (known === undefined || typeof atUs !== 'string' || !/^\d{1,19}$/.test(atUs)) return null
  return { outcome: known, atUs: BigInt(atUs) }
}

function parseAttempt(value: unknown): OpenAttempt | null {
  if (!isRecord(value)) return null
  const { attempt, sessionSeq, answeredNs, refused } = value
  if (typeof attempt !== 'string' || !ID.test(attempt) || !isCount(sessionSeq) || typeof refused !== 'boolean')
    return null
  if (typeof answeredNs !== 'string' || !/^\d{1,20}$/.test(answeredNs)) return null
  return { attempt: attempt as AttemptId, sessionSeq, answeredNs: BigInt(answeredNs), refused }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isStringOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}
