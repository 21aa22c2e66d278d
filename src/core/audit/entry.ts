import { isUtf8 } from 'node:buffer'
import type { Redaction } from '../event/event.ts'
import { EFFECTS } from '../policy/decision.ts'
import type { Effect } from '../policy/decision.ts'
import { decodeNumber, decodeRedactions, decodeText, decodeTexts, decodeU32s } from './field-values.ts'
import { fieldRule } from './fields.ts'
import type { FieldName } from './fields.ts'
import { hashHex } from './hash.ts'
import type { Hash } from './hash.ts'
import type { KindName } from './kinds.ts'
import { leafField } from './leaf.ts'
import type { Leaf } from './leaf.ts'

/**
 * A record for people and programs: what `cmdaid log --json` prints, one object a line. `docs/format/event.md` documents
 * it. A value that the record only commits to is null when its opening cannot be read, and its name is in `withheld`.
 */
export type AuditEntry = {
  readonly v: 1
  readonly seq: number
  readonly record: KindName
  readonly event_id: string
  /** RFC 3339 in UTC with microseconds. */
  readonly timestamp: string
  readonly event_type: EventType
  readonly machine: { readonly machine_id: string; readonly hostname: string | null }
  readonly user: { readonly user_id: string | null }
  readonly command: EntryCommand | null
  readonly policy_evaluation: EntryPolicy | null
  readonly execution: EntryExecution | null
  readonly context: {
    readonly session_id: string | null
    readonly parent_process: string | null
    readonly cmdai_version: string | null
    readonly policy_version: string | null
  }
  readonly session_seq: number | null
  readonly attempt_id: string | null
  readonly actor: { readonly kind: string; readonly name: string | null; readonly evidence: string } | null
  readonly redactions: readonly Redaction[]
  /** Fields of the record that have no place above, by their names in the format. */
  readonly details: Readonly<Record<string, string | number | boolean | readonly string[] | readonly number[] | null>>
  /** Names of values that cannot be read here: erased, or the openings are elsewhere. */
  readonly withheld: readonly string[]
  readonly leaf_hash: string
}

export type EventType =
  | 'command_started'
  | 'command_blocked'
  | 'policy_violation'
  | 'command_answered'
  | 'command_executed'
  | 'command_ended'
  | 'session_opened'
  | 'session_closed'
  | 'session_gap'
  | 'canary_answered'
  | 'canary_failed'
  | 'shell_unhooked'
  | 'policy_updated'
  | 'policy_rejected'
  | 'daemon_started'
  | 'daemon_stopped'
  | 'events_lost'
  | 'redacted'
  | 'log_started'
  | 'log_opened'
  | 'log_closed'
  | 'log_recovered'
  | 'log_segment_sealed'

export type EntryCommand = {
  /** The command line as UTF-8; null when withheld, or when the record is not about a text. */
  readonly text: string | null
  /** The bytes, when they are not UTF-8 and `text` therefore is not exact. */
  readonly text_base64: string | null
  readonly source: 'manual' | 'agent' | 'ci' | 'script' | 'unknown' | null
  readonly working_directory: string | null
  readonly shell: string | null
  /** Length of the whole command when only its beginning was kept; null when `text` is all of it. */
  readonly cut_from_bytes: number | null
}

export type EntryPolicy = {
  /** What the policy says. */
  readonly decision: string
  /** What happened: `decision` in mode `enforce`, `allow` in mode `monitor`. */
  readonly enforced: string
  readonly mode: string
  readonly rule: string | null
  readonly reason: string | null
  readonly violated_rules: readonly string[]
  readonly risk_level: string
}

export type EntryExecution = {
  readonly allowed: boolean | null
  readonly outcome: string | null
  readonly exit_code: number | null
  readonly pipe_exit_codes: readonly number[]
  readonly duration_ms: number | null
}

/** Where the values behind the commitments come from. Null: not readable here. */
export type OpeningLookup = {
  value(seq: number, name: FieldName): Uint8Array | null
  /** The newest value of this field at or before that record. */
  latest(seq: number, name: FieldName): Uint8Array | null
}

export function entryOf(leaf: Leaf, hash: Hash, machineId: string, openings: OpeningLookup): AuditEntry {
  const withheld: string[] = []
  const used = new Set<FieldName>()
  const has = (name: FieldName): boolean => leafField(leaf, name) !== null
  const plain = (name: FieldName): Uint8Array | null => {
    used.add(name)
    return leafField(leaf, name)
  }
  const text = (name: FieldName): string | null => mapped(plain(name), decodeText)
  const number = (name: FieldName): number | null => mapped(plain(name), decodeNumber)
  const value = (name: FieldName): Uint8Array | null => {
    used.add(name)
    if (!has(name)) return null
    const bytes = openings.value(leaf.seq, name)
    if (bytes === null) withheld.push(name)
    return bytes
  }
  const valueText = (name: FieldName): string | null => mapped(value(name), utf8)
  const session = isZero(leaf.sessionId) ? null : hex(leaf.sessionId)
  const actorKind = text('actor_kind')
  const commandBytes = value('command')
  const isCommand = leaf.kind === 'PREEXEC' || leaf.kind === 'PRECMD' || leaf.kind === 'ANSWER'

  const policy = policyOf(leaf, text, valueText, plain)
  const entry = {
    v: 1 as const,
    seq: leaf.seq,
    record: leaf.kind,
    event_id: hex(leaf.eventId),
    timestamp: timestampOf(leaf.wallUs),
    event_type: eventType(leaf, policy),
    machine: { machine_id: machineId, hostname: ownOrLatest('hostname') },
    user: { user_id: ownOrLatest('user') },
    command:
      isCommand || has('shell')
        ? {
            text: mapped(commandBytes, utf8),
            text_base64: commandBytes === null || isUtf8(commandBytes) ? null : view(commandBytes).toString('base64'),
            source: actorKind === null ? null : sourceOf(actorKind),
            working_directory: valueText('cwd'),
            shell: text('shell'),
            cut_from_bytes: number('command_bytes'),
          }
        : null,
    policy_evaluation: policy,
    execution: executionOf(leaf, text, number, plain, policy),
    context: {
      session_id: session,
      parent_process: null,
      cmdai_version: text('version'),
      policy_version: mapped(plain('policy_hash'), (bytes) => `sha256:${hex(bytes)}`),
    },
    session_seq: leaf.sessionSeq === 0 ? null : leaf.sessionSeq,
    attempt_id: isCommand ? hex(leaf.eventId) : null,
    actor:
      actorKind === null
        ? null
        : { kind: actorKind, name: text('actor_name'), evidence: text('actor_evidence') ?? 'unknown' },
    redactions: mapped(plain('redactions'), decodeRedactions) ?? [],
    details: {} as Record<string, string | number | boolean | readonly string[] | readonly number[] | null>,
    withheld,
    leaf_hash: hashHex(hash),
  }
  for (const { name, bytes } of leaf.fields) {
    if (used.has(name)) continue
    entry.details[name] = fieldRule(name).type === 'committed' ? valueOf(name) : plainValue(name, bytes)
  }
  return entry

  /** The host and the user are told once per start; every record after it is by the same. */
  function ownOrLatest(name: FieldName): string | null {
    return has(name) ? valueText(name) : mapped(openings.latest(leaf.seq, name), utf8)
  }

  /** Hashes are bytes, everything else is text. */
  function valueOf(name: FieldName): string | null {
    const bytes = value(name)
    return name === 'command_sha256' ? mapped(bytes, hex) : mapped(bytes, utf8)
  }
}

type ReadText = (name: FieldName) => string | null

function policyOf(
  leaf: Leaf,
  text: ReadText,
  valueText: ReadText,
  plain: (name: FieldName) => Uint8Array | null,
): EntryPolicy | null {
  if (leaf.kind !== 'PREEXEC') return null
  const decision = text('effect') ?? ''
  const mode = text('mode') ?? ''
  return {
    decision,
    enforced: mode === 'enforce' ? decision : 'allow',
    mode,
    rule: text('rule'),
    reason: valueText('reason'),
    violated_rules: mapped(plain('rules'), decodeTexts) ?? [],
    risk_level: text('risk') ?? '',
  }
}

function executionOf(
  leaf: Leaf,
  text: ReadText,
  number: (name: FieldName) => number | null,
  plain: (name: FieldName) => Uint8Array | null,
  policy: EntryPolicy | null,
): EntryExecution | null {
  const none = { outcome: null, exit_code: null, pipe_exit_codes: [], duration_ms: null }
  switch (leaf.kind) {
    case 'PREEXEC':
      return { ...none, allowed: policy === null ? null : allowed(policy.enforced) }
    case 'ANSWER':
      return { ...none, allowed: number('accepted') === 1 }
    case 'PRECMD': {
      const outcome = text('outcome')
      return {
        allowed: outcome === 'denied' ? false : outcome === 'finished' ? true : null,
        outcome,
        exit_code: number('exit_status'),
        pipe_exit_codes: mapped(plain('pipe_statuses'), decodeU32s) ?? [],
        duration_ms: number('duration_ms'),
      }
    }
    case 'GENESIS':
    case 'START':
    case 'STOP':
    case 'LOSS':
    case 'RECOVERED':
    case 'SEGMENT_SEAL':
    case 'REDACT':
    case 'SESSION_OPEN':
    case 'SESSION_CLOSE':
    case 'SESSION_GAP':
    case 'CANARY':
    case 'SHELL_UNHOOKED':
    case 'POLICY':
    case 'DAEMON_START':
    case 'DAEMON_STOP':
      return null
  }
}

/** Whether it may run as it stands; null while somebody has still to answer. */
function allowed(enforced: string): boolean | null {
  if (enforced === 'deny') return false
  return enforced === 'allow' || enforced === 'warn' ? true : null
}

function eventType(leaf: Leaf, policy: EntryPolicy | null): EventType {
  switch (leaf.kind) {
    case 'PREEXEC': {
      if (policy?.enforced === 'deny') return 'command_blocked'
      const strictness = EFFECTS.indexOf(policy?.decision as Effect)
      return policy?.mode === 'monitor' && strictness > EFFECTS.indexOf('warn') ? 'policy_violation' : 'command_started'
    }
    case 'ANSWER':
      return 'command_answered'
    case 'PRECMD':
      return decodeText(leafField(leaf, 'outcome') ?? new Uint8Array(0)) === 'finished'
        ? 'command_executed'
        : 'command_ended'
    case 'SESSION_OPEN':
      return 'session_opened'
    case 'SESSION_CLOSE':
      return 'session_closed'
    case 'SESSION_GAP':
      return 'session_gap'
    case 'CANARY':
      return decodeText(leafField(leaf, 'outcome') ?? new Uint8Array(0)) === 'failed'
        ? 'canary_failed'
        : 'canary_answered'
    case 'SHELL_UNHOOKED':
      return 'shell_unhooked'
    case 'POLICY':
      return decodeText(leafField(leaf, 'outcome') ?? new Uint8Array(0)) === 'rejected'
        ? 'policy_rejected'
        : 'policy_updated'
    case 'DAEMON_START':
      return 'daemon_started'
    case 'DAEMON_STOP':
      return 'daemon_stopped'
    case 'LOSS':
      return 'events_lost'
    case 'REDACT':
      return 'redacted'
    case 'GENESIS':
      return 'log_started'
    case 'START':
      return 'log_opened'
    case 'STOP':
      return 'log_closed'
    case 'RECOVERED':
      return 'log_recovered'
    case 'SEGMENT_SEAL':
      return 'log_segment_sealed'
  }
}

function sourceOf(actorKind: string): EntryCommand['source'] {
  switch (actorKind) {
    case 'human':
      return 'manual'
    case 'agent':
    case 'ci':
    case 'script':
      return actorKind
    default:
      return 'unknown'
  }
}

function plainValue(
  name: FieldName,
  bytes: Uint8Array,
): string | number | boolean | readonly string[] | readonly number[] {
  switch (fieldRule(name).type) {
    case 'u8':
    case 'u32':
    case 'u64':
      return decodeNumber(bytes)
    case 'bool':
      return bytes[0] === 1
    case 'text':
      return decodeText(bytes)
    case 'texts':
      return decodeTexts(bytes)
    case 'u32s':
      return decodeU32s(bytes)
    case 'hash':
    case 'committed':
    case 'redactions':
      return hex(bytes)
  }
}

const US_PER_DAY = 86_400_000_000n

/** Written out by hand: a `Date` has no microseconds, and ends long before a u64 of them does. */
function timestampOf(wallUs: bigint): string {
  const [year, month, day] = civil(Number(wallUs / US_PER_DAY))
  const inDay = Number(wallUs % US_PER_DAY)
  const two = (value: number): string => String(value).padStart(2, '0')
  const seconds = Math.floor(inDay / 1_000_000)
  const time = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${time}.${String(inDay % 1_000_000).padStart(6, '0')}Z`
}

/** Year, month and day of the proleptic Gregorian calendar, `days` after 1970-01-01. Eras of 400 years begin on 1 March. */
function civil(days: number): [number, number, number] {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const leapDays = Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day]
}

function mapped<In, Out>(value: In | null, map: (value: In) => Out): Out | null {
  return value === null ? null : map(value)
}

function utf8(bytes: Uint8Array): string {
  return view(bytes).toString('utf8')
}

function hex(bytes: Uint8Array): string {
  return view(bytes).toString('hex')
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}
