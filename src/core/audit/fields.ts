/**
 * The variable part of a leaf: `u8 tag | u8 enc | u16 length | bytes`, tags strictly ascending. A field is either always
 * plain or always a commitment: whoever reads a leaf never has to guess what 32 bytes mean.
 *
 * Plain is what an auditor needs and what names nobody. What a person typed, where, on which machine and why is only
 * committed to: the value lives in the openings and can be erased without breaking a proof.
 */
export type FieldType =
  | 'u8'
  /** One byte, 0 or 1. */
  | 'bool'
  | 'u32'
  | 'u64'
  /** 32 bytes. */
  | 'hash'
  /** 1 to 255 printable ASCII bytes. */
  | 'text'
  /** 1 or more × (u8 length | that many printable ASCII bytes). */
  | 'texts'
  /** 1 or more × u32. */
  | 'u32s'
  /** 1 or more × (u32 start | u32 end | u8 length | that many printable ASCII bytes); start ≤ end. */
  | 'redactions'
  /** 32 bytes of commitment; the value is free bytes. */
  | 'committed'

const TABLE = {
  command: { tag: 1, type: 'committed' },
  command_bytes: { tag: 2, type: 'u64' },
  command_sha256: { tag: 3, type: 'committed' },
  cwd: { tag: 4, type: 'committed' },
  hostname: { tag: 5, type: 'committed' },
  user: { tag: 6, type: 'committed' },
  reason: { tag: 7, type: 'committed' },
  source: { tag: 8, type: 'committed' },
  effect: { tag: 16, type: 'text' },
  risk: { tag: 17, type: 'text' },
  mode: { tag: 18, type: 'text' },
  rule: { tag: 19, type: 'text' },
  rules: { tag: 20, type: 'texts' },
  policy_hash: { tag: 21, type: 'hash' },
  shell: { tag: 22, type: 'text' },
  shell_version: { tag: 23, type: 'text' },
  actor_kind: { tag: 24, type: 'text' },
  actor_name: { tag: 25, type: 'text' },
  actor_evidence: { tag: 26, type: 'text' },
  outcome: { tag: 27, type: 'text' },
  exit_status: { tag: 28, type: 'u32' },
  pipe_statuses: { tag: 29, type: 'u32s' },
  duration_ms: { tag: 30, type: 'u64' },
  accepted: { tag: 31, type: 'bool' },
  redactions: { tag: 32, type: 'redactions' },
  cause: { tag: 33, type: 'text' },
  first_seq: { tag: 34, type: 'u32' },
  last_seq: { tag: 35, type: 'u32' },
  pid: { tag: 36, type: 'u32' },
  pid_start: { tag: 37, type: 'text' },
  tty: { tag: 38, type: 'text' },
  interactive: { tag: 39, type: 'bool' },
  version: { tag: 40, type: 'text' },
  origin: { tag: 64, type: 'text' },
  public_key: { tag: 65, type: 'hash' },
  previous_size: { tag: 66, type: 'u64' },
  previous_root: { tag: 67, type: 'hash' },
  count: { tag: 68, type: 'u64' },
  root: { tag: 69, type: 'hash' },
  segment: { tag: 70, type: 'u32' },
  file_sha256: { tag: 71, type: 'hash' },
  offset: { tag: 72, type: 'u64' },
  bytes: { tag: 73, type: 'u64' },
  from_us: { tag: 74, type: 'u64' },
  to_us: { tag: 75, type: 'u64' },
  target_seq: { tag: 76, type: 'u64' },
  target_tag: { tag: 77, type: 'u8' },
} as const satisfies Record<string, { readonly tag: number; readonly type: FieldType }>

export type FieldName = keyof typeof TABLE
export type FieldRule = { readonly name: FieldName; readonly tag: number; readonly type: FieldType }

export const FIELDS: readonly FieldRule[] = Object.entries(TABLE).map(([name, rule]) => ({
  name: name as FieldName,
  ...rule,
}))

export function fieldTag(name: FieldName): number {
  return TABLE[name].tag
}

export function fieldRule(name: FieldName): FieldRule {
  return { name, ...TABLE[name] }
}

const byTag: readonly (FieldRule | undefined)[] = Array.from({ length: 256 }, (_, tag) =>
  FIELDS.find((field) => field.tag === tag),
)

/** Null for a tag this version does not know. */
export function fieldOf(tag: number): FieldRule | null {
  return byTag[tag] ?? null
}
