import type { FieldName } from './fields.ts'

/**
 * What a record can say, with its number in the leaf and the fields it may carry. Numbers are never reused; a reader
 * that meets an unknown one stops with `UNSUPPORTED` instead of skipping it.
 */
const TABLE = {
  /** The first record: who signs this log. */
  GENESIS: { code: 1, required: ['origin', 'public_key'], optional: [] },
  /** The store was opened, and what it found. */
  START: {
    code: 2,
    required: ['cause', 'hostname', 'user', 'pid', 'version', 'previous_size', 'previous_root'],
    optional: [],
  },
  /** The store was closed in order. */
  STOP: { code: 3, required: [], optional: [] },
  /** Records that were dropped before they could be kept. */
  LOSS: { code: 4, required: ['cause', 'count', 'from_us', 'to_us'], optional: [] },
  /** Bytes behind the last whole frame that were cut off at a start, and kept aside. */
  RECOVERED: { code: 5, required: ['segment', 'offset', 'bytes'], optional: [] },
  /** Last record of a segment. */
  SEGMENT_SEAL: { code: 6, required: ['count', 'root', 'segment', 'file_sha256'], optional: [] },
  /** An opening was deleted on purpose. */
  REDACT: { code: 7, required: ['reason', 'target_seq', 'target_tag'], optional: [] },

  /** A command line was about to run, and what was decided about it. */
  PREEXEC: {
    code: 16,
    required: ['command', 'cwd', 'effect', 'risk', 'mode', 'shell', 'actor_kind', 'actor_evidence'],
    optional: ['command_bytes', 'command_sha256', 'reason', 'rule', 'rules', 'policy_hash', 'actor_name', 'redactions'],
  },
  /** What the person answered to a `confirm`. */
  ANSWER: { code: 17, required: ['accepted'], optional: ['reason'] },
  /** How an attempt ended. */
  PRECMD: { code: 18, required: ['cwd', 'outcome'], optional: ['exit_status', 'pipe_statuses', 'duration_ms'] },
  SESSION_OPEN: {
    code: 19,
    required: ['cwd', 'shell', 'shell_version', 'actor_kind', 'actor_evidence', 'pid', 'interactive'],
    optional: ['actor_name', 'pid_start', 'tty'],
  },
  SESSION_CLOSE: { code: 20, required: ['cause'], optional: [] },
  /** Command lines of a session that nobody asked about. */
  SESSION_GAP: { code: 21, required: ['cause', 'first_seq', 'last_seq'], optional: [] },
  POLICY: { code: 22, required: ['outcome', 'source'], optional: ['reason', 'policy_hash'] },
  DAEMON_START: { code: 23, required: ['pid', 'version'], optional: [] },
  DAEMON_STOP: { code: 24, required: ['cause'], optional: [] },
  /** What a session saw of the line that must be refused. */
  CANARY: { code: 25, required: ['outcome'], optional: [] },
  /** A shell in a terminal whose lines nobody asks about. */
  SHELL_UNHOOKED: {
    code: 26,
    required: ['shell', 'actor_kind', 'actor_evidence', 'pid'],
    optional: ['actor_name', 'pid_start', 'tty'],
  },
} as const satisfies Record<
  string,
  { readonly code: number; readonly required: readonly FieldName[]; readonly optional: readonly FieldName[] }
>

export type KindName = keyof typeof TABLE

export type KindRule = {
  readonly name: KindName
  readonly code: number
  readonly required: readonly FieldName[]
  readonly optional: readonly FieldName[]
}

export const KINDS: readonly KindRule[] = Object.entries(TABLE).map(([name, rule]) => ({
  name: name as KindName,
  ...rule,
}))

export function kindCode(name: KindName): number {
  return TABLE[name].code
}

const byCode: readonly (KindRule | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  KINDS.find((kind) => kind.code === code),
)

/** Null for a number this version does not know. */
export function kindOf(code: number): KindRule | null {
  return byCode[code] ?? null
}
