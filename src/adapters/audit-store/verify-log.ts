import { CmdaidError } from '../../core/errors.ts'
import { AUDIT_HEAD_LAG_RECORDS, AUDIT_NOTE_BYTES_MAX } from '../../core/limits.ts'
import { parseCheckpoint } from '../../core/audit/checkpoint.ts'
import { FindingList } from '../../core/audit/finding-list.ts'
import { hashHex } from '../../core/audit/hash.ts'
import { formatVerifierKey, parseNote, parseVerifierKey } from '../../core/audit/note.ts'
import { VERDICTS, verdictOf } from '../../core/audit/verdict.ts'
import type { Finding, Verdict } from '../../core/audit/verdict.ts'
import { systemFiles } from './file-operations.ts'
import { ioError, isMissing } from './io-error.ts'
import { auditLayout, numbersOf } from './layout.ts'
import type { AuditLayout } from './layout.ts'
import { readSmallFile } from './read-file.ts'
import { KnownHeads } from './verify-known.ts'
import type { KnownHead } from './verify-known.ts'
import { OpeningsCheck } from './verify-openings.ts'
import type { OpeningCounts } from './verify-openings.ts'
import { LogWalk } from './verify-walk.ts'

export type VerifyOptions = {
  readonly dir: string
  /** Path of a checkpoint note of this log that was kept elsewhere: what it covers cannot have been changed since. */
  readonly head?: string
  /** Path of a checkpoint note that was verified before: the log must extend it. */
  readonly since?: string
  /** The key that must sign (`name+id+key`), known from elsewhere. Without it the log names its own. */
  readonly verifierKey?: string
  /** How many records behind `head` still count as vouched for. */
  readonly lagRecords?: number
  /** False leaves the openings alone: the log itself is all that is checked. */
  readonly openings?: boolean
}

/** What `cmdaid verify --json` prints. */
export type VerifyReport = {
  readonly v: 1
  readonly verdict: Verdict
  readonly exitCode: number
  /** What the verdict means here, for a person. */
  readonly explanation: string
  readonly dir: string
  readonly origin: string | null
  readonly verifierKey: string | null
  /** Records that were read and agree, from the first; with a contradiction, those before it. */
  readonly records: number
  /** Root of the tree over them, in hex. */
  readonly root: string
  readonly segments: number
  /** Checkpoints whose signature and root are right, and the size of the newest. */
  readonly checkpoints: number
  readonly signedRecords: number
  /** Records that `head` vouches for: the first so many. Null without a head, or when it contradicts. */
  readonly vouchedRecords: number | null
  /** Null when they were not looked at. */
  readonly openings: OpeningCounts | null
  readonly findings: readonly Finding[]
  /** Findings beyond the number that is listed. */
  readonly findingsLeftOut: number
}

/**
 * Verifies a log, also while it is written to: the verdict is about what was there when each segment was reached. Reads each
 * file once, in a buffer of fixed size. Trouble that is no verdict (nothing there, not a regular file, the system refuses) is
 * a `CmdaidError`: `CMDAID_ERR_AUDIT_MISSING`, `…_UNSAFE`, `…_IO`, `…_HEAD`.
 */
export async function verifyLog(options: VerifyOptions): Promise<VerifyReport> {
  const layout = auditLayout(options.dir)
  const findings = new FindingList()
  const head = options.head === undefined ? null : await readKnownHead(options.head)
  const since = options.since === undefined ? null : await readKnownHead(options.since)
  const expectedKey = options.verifierKey === undefined ? null : parseVerifierKey(options.verifierKey)
  if (expectedKey !== null && !expectedKey.ok) {
    throw new CmdaidError('CMDAID_ERR_AUDIT_HEAD', `the verifier key cannot be read: ${expectedKey.error}`)
  }
  const { segments, heads } = await listLog(layout)
  if (segments.length === 0 && heads.length === 0 && head === null && since === null) {
    throw new CmdaidError('CMDAID_ERR_AUDIT_MISSING', `there is no audit log in ${options.dir}`, {
      hint: 'name the directory that holds `log`, or start the daemon to begin one',
    })
  }
  using openings = options.openings === false ? null : new OpeningsCheck(layout, findings)
  const known = new KnownHeads(
    [head, since].filter((it) => it !== null),
    findings,
  )
  const walk = new LogWalk(layout, findings, openings, expectedKey?.value ?? null, known)
  try {
    await walk.run(segments, heads)
  } catch (error) {
    throw ioError(`cannot verify ${options.dir}`, error)
  }
  const counts = openings === null || walk.stopped ? null : openings.finish()
  const lagMax = options.lagRecords ?? AUDIT_HEAD_LAG_RECORDS
  const vouched = head !== null && known.agrees(head.checkpoint) ? head.checkpoint.size : null
  const verdict = verdictOf(findings.worst, vouched !== null && walk.size - vouched <= lagMax)
  return {
    v: 1,
    verdict,
    exitCode: VERDICTS[verdict],
    explanation: explain(verdict, walk.size, vouched, walk.stopped),
    dir: options.dir,
    origin: walk.key?.name ?? null,
    verifierKey: walk.key === null ? null : formatVerifierKey(walk.key),
    records: walk.size,
    root: hashHex(walk.root()),
    segments: segments.length,
    checkpoints: walk.checkpoints,
    signedRecords: walk.signed,
    vouchedRecords: vouched,
    openings: counts,
    findings: findings.listed,
    findingsLeftOut: findings.leftOut,
  }
}

/** A checkpoint note in a file. Its signatures are judged later, when the log's key is known. */
async function readKnownHead(path: string): Promise<KnownHead> {
  let bytes: Buffer
  try {
    bytes = await readSmallFile(systemFiles, path, AUDIT_NOTE_BYTES_MAX)
  } catch (error) {
    if (isMissing(error))
      throw new CmdaidError('CMDAID_ERR_AUDIT_MISSING', `there is no file ${path}`, { cause: error })
    throw ioError(`cannot read ${path}`, error)
  }
  const note = parseNote(bytes)
  if (!note.ok) throw badHead(path, note.error)
  const checkpoint = parseCheckpoint(note.value.text)
  if (!checkpoint.ok) throw badHead(path, checkpoint.error)
  if (checkpoint.value.size === 0) throw badHead(path, 'every log extends the empty one, so size 0 vouches for nothing')
  return { checkpoint: checkpoint.value, note: note.value, path }
}

function badHead(path: string, why: string): CmdaidError {
  return new CmdaidError('CMDAID_ERR_AUDIT_HEAD', `${path} is not a signed checkpoint: ${why}`, {
    hint: 'give the file as it was handed out',
  })
}

/** The folder of checkpoints is listed first: a segment exists before its checkpoints do. */
async function listLog(layout: AuditLayout): Promise<{ segments: number[]; heads: number[] }> {
  const list = async (dir: string): Promise<readonly string[]> => {
    try {
      return await systemFiles.list(dir)
    } catch (error) {
      if (isMissing(error)) return []
      throw ioError(`cannot read ${dir}`, error)
    }
  }
  const heads = numbersOf(await list(layout.heads), '.notes')
  const segments = numbersOf(await list(layout.log), '.seg')
  return { segments, heads }
}

function explain(verdict: Verdict, size: number, vouched: number | null, stopped: boolean): string {
  const prefix =
    vouched === null
      ? 'nothing kept elsewhere vouches for any of it: whoever owns this machine could have rewritten all of it, or cut off its end'
      : `the head kept elsewhere vouches for the first ${vouched} records; the ${size - vouched} behind it rest on this machine's word`
  switch (verdict) {
    case 'WITNESSED':
      return `all ${size} records agree with each other and with the head kept elsewhere, which covers the first ${vouched}`
    case 'TAMPERED':
      return stopped
        ? `the log contradicts itself or a head kept elsewhere; only the first ${size} records were compared, what follows was not`
        : 'the log contradicts itself, its openings, or a head kept elsewhere'
    case 'UNANCHORED':
      return `all ${size} records agree with each other, but ${prefix}`
    case 'INCOMPLETE':
      return `the ${size} records agree with each other, but something is missing, as the findings say; ${prefix}`
    case 'DAMAGED':
      return `${size} records agree with each other, but the end cannot be read; ${prefix}`
    case 'UNSUPPORTED':
      return 'the log uses a version of the format that this program does not know; it was not verified'
  }
}
