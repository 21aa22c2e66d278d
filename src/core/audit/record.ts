import { AUDIT_TEXT_BYTES_MAX } from '../limits.ts'
import type { AuditEvent, Session } from '../event/event.ts'
import type { Actor } from '../policy/decision.ts'
import { commitment, SALT_BYTES } from './commitment.ts'
import {
  clampU32,
  encodeRedactions,
  encodeText,
  encodeTexts,
  encodeU32,
  encodeU32s,
  encodeU64,
  encodeU8,
} from './field-values.ts'
import { fieldTag } from './fields.ts'
import type { FieldName } from './fields.ts'
import { hashBytes, sha256 } from './hash.ts'
import type { Hash } from './hash.ts'
import { LEAF_FLAGS } from './leaf.ts'
import type { LeafDraft, LeafField } from './leaf.ts'
import type { KindName } from './kinds.ts'

/** A record before it has a place in the log: no number, no predecessor, no salts. */
export type RecordDraft = {
  readonly kind: KindName
  readonly flags: number
  readonly wallUs: bigint
  readonly sessionId: Uint8Array
  readonly sessionSeq: number
  /** Null: the record belongs to no attempt and gets an id of its own. */
  readonly eventId: Uint8Array | null
  readonly plain: readonly LeafField[]
  /** Values that the leaf only commits to. */
  readonly committed: readonly { readonly name: FieldName; readonly value: Uint8Array }[]
}

/** What must be kept, apart from the log, for a commitment to be read. */
export type Opening = {
  readonly seq: number
  readonly tag: number
  readonly salt: Uint8Array
  readonly value: Uint8Array
}

/** Where in which log a record goes. */
export type RecordPlace = {
  readonly seq: number
  readonly prev: Hash
  readonly logId: Uint8Array
  readonly incarnation: number
  readonly bootId: Uint8Array
  readonly monoUs: bigint
}

/** The leaf of a draft at its place, and the openings that belong to it. `random` yields that many unpredictable bytes. */
export function placeRecord(
  draft: RecordDraft,
  place: RecordPlace,
  random: (bytes: number) => Uint8Array,
): { readonly leaf: LeafDraft; readonly openings: readonly Opening[] } {
  const openings: Opening[] = []
  const fields: LeafDraft['fields'][number][] = draft.plain.slice()
  for (const { name, value } of draft.committed) {
    const tag = fieldTag(name)
    const salt = random(SALT_BYTES)
    openings.push({ seq: place.seq, tag, salt, value })
    fields.push({ name, commitment: commitment(tag, salt, value) })
  }
  const { kind, flags, wallUs, sessionId, sessionSeq } = draft
  const { seq, prev, logId, incarnation, bootId, monoUs } = place
  const eventId = draft.eventId ?? random(ID_BYTES)
  const leaf = { kind, flags, seq, prev, logId, incarnation, bootId, wallUs, monoUs, sessionId, sessionSeq, eventId, fields } // prettier-ignore
  return { leaf, openings }
}

const ID_BYTES = 16
const NO_SESSION = new Uint8Array(ID_BYTES)

/** A record about the log itself: no session, no attempt. */
export function logRecord(
  kind: KindName,
  wallUs: bigint,
  plain: Readonly<Partial<Record<FieldName, Uint8Array>>>,
  committed: Readonly<Partial<Record<FieldName, string>>> = {},
): RecordDraft {
  return {
    kind,
    flags: 0,
    wallUs,
    sessionId: NO_SESSION,
    sessionSeq: 0,
    eventId: null,
    plain: Object.entries(plain).map(([name, bytes]) => ({ name: name as FieldName, bytes })),
    committed: Object.entries(committed).map(([name, value]) => ({ name: name as FieldName, value: valueOf(value) })),
  }
}

/** What the log says of an event. Total: whatever the event holds, a record comes out. */
export function recordOf(event: AuditEvent): RecordDraft {
  switch (event.kind) {
    case 'started':
      return startedRecord(event)
    case 'finished': {
      const { session, attempt, sessionSeq, outcome, exitStatus, pipeStatuses, durationMs, cwd, atUs } = event.finished
      const plain = [text('outcome', outcome)]
      if (exitStatus !== null) plain.push(field('exit_status', encodeU32(exitStatus)))
      if (pipeStatuses.length > 0) plain.push(field('pipe_statuses', encodeU32s(pipeStatuses)))
      if (durationMs !== null) plain.push(field('duration_ms', encodeU64(durationMs)))
      return {
        kind: 'PRECMD',
        flags: 0,
        wallUs: wall(atUs),
        sessionId: sessionIdBytes(session),
        sessionSeq: clampU32(sessionSeq),
        eventId: idBytes(attempt),
        plain,
        committed: [{ name: 'cwd', value: cwdValue(cwd) }],
      }
    }
    case 'answered':
      return {
        ...ofSession('ANSWER', event.session, event.atUs, event.reason === '' ? {} : { reason: event.reason }),
        sessionSeq: clampU32(event.sessionSeq),
        eventId: idBytes(event.attempt),
        plain: [field('accepted', encodeU8(event.accepted ? 1 : 0))],
      }
    case 'session.opened': {
      const { session, cwd, atUs } = event
      return {
        ...ofSession('SESSION_OPEN', session, atUs, { cwd }),
        plain: [
          text('shell', session.shell),
          text('shell_version', session.shellVersion),
          ...actorFields(session.actor),
          field('pid', encodeU32(session.pid)),
          ...(session.pidStart === null ? [] : [text('pid_start', session.pidStart)]),
          ...(session.tty === null ? [] : [text('tty', session.tty)]),
          field('interactive', encodeU8(session.interactive ? 1 : 0)),
        ],
      }
    }
    case 'session.closed':
      return { ...ofSession('SESSION_CLOSE', event.session, event.atUs, {}), plain: [text('cause', event.how)] }
    case 'session.gap':
      return {
        ...ofSession('SESSION_GAP', event.session, event.atUs, {}),
        plain: [
          text('cause', event.cause),
          field('first_seq', encodeU32(event.firstSeq)),
          field('last_seq', encodeU32(event.lastSeq)),
        ],
      }
    case 'session.canary':
      return { ...ofSession('CANARY', event.session, event.atUs, {}), plain: [text('outcome', event.outcome)] }
    case 'shell.unhooked':
      return {
        ...logRecord('SHELL_UNHOOKED', wall(event.atUs), {}),
        plain: [
          text('shell', event.shell),
          ...actorFields(event.actor),
          field('pid', encodeU32(event.pid)),
          ...(event.pidStart === null ? [] : [text('pid_start', event.pidStart)]),
          ...(event.tty === null ? [] : [text('tty', event.tty)]),
        ],
      }
    case 'policy':
      return logRecord(
        'POLICY',
        wall(event.atUs),
        { outcome: encodeText(event.outcome), ...policyHashField(event.policyHash) },
        { source: event.source, ...(event.detail === '' ? {} : { reason: event.detail }) },
      )
    case 'daemon.started':
      return logRecord('DAEMON_START', wall(event.atUs), {
        pid: encodeU32(event.pid),
        version: encodeText(event.version),
      })
    case 'daemon.stopped':
      return logRecord('DAEMON_STOP', wall(event.atUs), { cause: encodeText(event.cause) })
  }
}

function startedRecord({ started, decision, redactions }: Extract<AuditEvent, { kind: 'started' }>): RecordDraft {
  const { session } = started
  // The bytes are the truth, unless a secret was replaced: then only the text is without it.
  const whole = redactions.length > 0 ? Buffer.from(started.commandLine) : started.commandBytes
  const tooLong = whole.length > AUDIT_TEXT_BYTES_MAX
  const cut = tooLong || started.truncatedBytes > 0
  const plain = [
    text('effect', decision.effect),
    text('risk', decision.risk),
    text('mode', decision.mode),
    text('shell', session.shell),
    ...actorFields(session.actor),
  ]
  if (decision.rule !== null) plain.push(text('rule', decision.rule))
  if (decision.hits.length > 0) {
    plain.push(field('rules', encodeTexts([...new Set(decision.hits.map((hit) => hit.rule))])))
  }
  const policyHash = policyHashBytes(decision.policyHash)
  if (policyHash !== null) plain.push(field('policy_hash', policyHash))
  if (redactions.length > 0) plain.push(field('redactions', encodeRedactions(redactions)))
  if (cut) plain.push(field('command_bytes', encodeU64(whole.length + started.truncatedBytes)))
  const committed: RecordDraft['committed'][number][] = [
    { name: 'cwd', value: cwdValue(started.cwd) },
    { name: 'command', value: tooLong ? whole.subarray(0, AUDIT_TEXT_BYTES_MAX) : whole },
  ]
  if (cut) committed.push({ name: 'command_sha256', value: hashBytes(sha256(whole)) })
  if (decision.reason !== '') committed.push({ name: 'reason', value: valueOf(decision.reason) })
  return {
    kind: 'PREEXEC',
    flags: (cut ? LEAF_FLAGS.commandCut : 0) | (redactions.length > 0 ? LEAF_FLAGS.redacted : 0),
    wallUs: wall(started.atUs),
    sessionId: sessionIdBytes(session),
    sessionSeq: clampU32(started.sessionSeq),
    eventId: idBytes(started.attempt),
    plain,
    committed,
  }
}

function ofSession(
  kind: KindName,
  session: Session,
  atUs: bigint,
  committed: Readonly<Partial<Record<FieldName, string>>>,
): RecordDraft {
  return { ...logRecord(kind, wall(atUs), {}, committed), sessionId: sessionIdBytes(session) }
}

function actorFields(actor: Actor): LeafField[] {
  return [
    text('actor_kind', actor.kind),
    ...(actor.name === null ? [] : [text('actor_name', actor.name)]),
    text('actor_evidence', actor.evidence),
  ]
}

function policyHashField(policyHash: string): { policy_hash?: Buffer } {
  const bytes = policyHashBytes(policyHash)
  return bytes === null ? {} : { policy_hash: bytes }
}

const policyHashBytes = remembered((policyHash: string): Buffer | null => {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(policyHash)?.[1]
  return hex === undefined ? null : Buffer.from(hex, 'hex')
})

const cwdValue = remembered((cwd: string) => valueOf(cwd))
const bytesOfSessionId = remembered((id: string) => idBytes(id))

function sessionIdBytes(session: Session): Buffer {
  return bytesOfSessionId(session.id)
}

/** Records that follow each other say mostly the same: what the last few values became is kept. Nobody writes into it. */
function remembered<Value>(make: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, Value>()
  return (key) => {
    let value = known.get(key)
    if (value !== undefined) return value
    value = make(key)
    if (known.size >= REMEMBERED_MAX) known.clear()
    if (key.length <= REMEMBERED_CHARS_MAX) known.set(key, value)
    return value
  }
}

const REMEMBERED_MAX = 16
const REMEMBERED_CHARS_MAX = 256

const TEXTS = new Map<FieldName, (value: string) => LeafField>()

function text(name: FieldName, value: string): LeafField {
  let make = TEXTS.get(name)
  if (make === undefined) {
    make = remembered((known) => ({ name, bytes: encodeText(known) }))
    TEXTS.set(name, make)
  }
  return make(value)
}

function field(name: FieldName, bytes: Uint8Array): LeafField {
  return { name, bytes }
}

function valueOf(value: string): Buffer {
  return Buffer.from(value).subarray(0, AUDIT_TEXT_BYTES_MAX)
}

/** 16 bytes from 32 hex digits. An id of any other form is hashed: a record is never lost for the form of its id. */
function idBytes(id: string): Buffer {
  return /^[0-9a-f]{32}$/.test(id) ? Buffer.from(id, 'hex') : hashBytes(sha256(Buffer.from(id))).subarray(0, ID_BYTES)
}

function wall(atUs: bigint): bigint {
  return BigInt.asUintN(64, atUs)
}
