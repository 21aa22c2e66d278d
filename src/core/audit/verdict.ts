/** What `verify` says of a log, with the exit status of the command. DESIGN: the word "valid" is never used for a log nothing vouches for. */
export const VERDICTS = {
  /** Everything agrees, and a head known elsewhere vouches for the end. */
  WITNESSED: 0,
  /** A contradiction: somebody changed, cut, reordered or replaced records. */
  TAMPERED: 1,
  /** Everything agrees with itself, and nothing from outside vouches for the end. */
  UNANCHORED: 2,
  /** Everything agrees, and the log itself says that something is missing, or an opening is. */
  INCOMPLETE: 3,
  /** The end, or what is not signed for yet, cannot be read. */
  DAMAGED: 4,
  /** A version, kind or field that this program does not know. */
  UNSUPPORTED: 5,
} as const

export type Verdict = keyof typeof VERDICTS

/** Worst first. */
export const SEVERITIES = ['tampered', 'unsupported', 'damaged', 'incomplete', 'note'] as const
export type Severity = (typeof SEVERITIES)[number]

/** Every finding, and how bad it is. */
export const FINDINGS = {
  /** A record stands where its predecessor is another one. */
  CHAIN: 'tampered',
  /** A record that was written twice, or by two writers. */
  DUPLICATE: 'tampered',
  /** Bytes that are no record, under a checkpoint or with a good checksum. */
  ENCODING: 'tampered',
  /** The history is another than that of a head known elsewhere. */
  FORK: 'tampered',
  /** A frame under a checkpoint whose length or checksum is wrong. */
  FRAME: 'tampered',
  /** A record or a segment is missing in the middle. */
  GAP: 'tampered',
  /** The first record is missing, or names another log or key. */
  GENESIS: 'tampered',
  /** The header of a segment contradicts the records before it. */
  HEADER: 'tampered',
  /** The head known elsewhere is not one of this log, or not signed by its key. */
  HEAD: 'tampered',
  /** An opening does not fit its commitment. */
  OPENING: 'tampered',
  /** Records in another order. */
  ORDER: 'tampered',
  /** The records give another root than a signed checkpoint. */
  ROOT: 'tampered',
  /** The record that closes a segment contradicts it. */
  SEAL: 'tampered',
  /** A checkpoint that this log's key did not sign. */
  SIGNATURE: 'tampered',
  /** A record of another log. */
  SPLICE: 'tampered',
  /** A start that found another log than the one before it. */
  START: 'tampered',
  /** Records are missing at the end that were signed for. */
  TRUNCATED: 'tampered',
  /** No checkpoint where there must be one. */
  UNSIGNED: 'tampered',
  FORMAT: 'unsupported',
  /** The last frame, or the last checkpoint, is not whole. */
  TORN: 'damaged',
  /** Bytes behind the end. */
  TRAILING: 'damaged',
  /** Events that were dropped and counted. */
  LOSS: 'incomplete',
  /** Values that are gone without a record that they were erased. */
  OPENING_MISSING: 'incomplete',
  /** Command lines of a session of which there is no record. */
  SESSION_GAP: 'incomplete',
  LIMIT: 'note',
  RECOVERED: 'note',
  TIME: 'note',
  UNCLEAN_START: 'note',
  UNSIGNED_TAIL: 'note',
} as const satisfies Record<string, Severity>

export type FindingCode = keyof typeof FINDINGS

export type Finding = {
  readonly code: FindingCode
  readonly severity: Severity
  /** The records concerned, first and last; null when it is about none in particular. */
  readonly seqs: readonly [number, number] | null
  /** Relative to the log's directory. */
  readonly file: string | null
  readonly offset: number | null
  readonly expected: string
  readonly explanation: string
}

export function worstOf(severities: Iterable<Severity>): Severity | null {
  const present = new Set(severities)
  return SEVERITIES.find((severity) => present.has(severity)) ?? null
}

/** `vouched` says whether a head from outside covers the end closely enough. */
export function verdictOf(worst: Severity | null, vouched: boolean): Verdict {
  switch (worst) {
    case 'tampered':
      return 'TAMPERED'
    case 'unsupported':
      return 'UNSUPPORTED'
    case 'damaged':
      return 'DAMAGED'
    case 'incomplete':
      return 'INCOMPLETE'
    case 'note':
    case null:
      return vouched ? 'WITNESSED' : 'UNANCHORED'
  }
}

/** Whether a script that asks for this much may go on. `consistent`: nothing contradicts and nothing is missing. */
export function satisfies(verdict: Verdict, required: 'witnessed' | 'consistent'): boolean {
  return verdict === 'WITNESSED' || (required === 'consistent' && verdict === 'UNANCHORED')
}
