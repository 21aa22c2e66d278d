import { setImmediate } from 'node:timers/promises'
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { CmdaidError } from '../../core/errors.ts'
import {
  AUDIT_CHECKPOINT_DELAY_MS,
  AUDIT_RETRY_MS,
  AUDIT_SEGMENT_AGE_MS,
  AUDIT_SEGMENT_BYTES_MAX,
} from '../../core/limits.ts'
import { encodeText, encodeU32, encodeU64 } from '../../core/audit/field-values.ts'
import { hashBytes, ZERO_HASH } from '../../core/audit/hash.ts'
import { GrowingRange } from '../../core/audit/merkle.ts'
import { logRecord } from '../../core/audit/record.ts'
import type { RecordDraft } from '../../core/audit/record.ts'
import { randomSource } from './random-source.ts'
import { removeIfThere } from './durable-file.ts'
import { systemFiles } from './file-operations.ts'
import type { FileOperations } from './file-operations.ts'
import { HeadFile } from './head-file.ts'
import { ioError } from './io-error.ts'
import { createDeviceKey, readDeviceKey } from './keys.ts'
import type { DeviceKey } from './keys.ts'
import { auditLayout, numbersOf } from './layout.ts'
import type { AuditLayout } from './layout.ts'
import { lockLog } from './lock.ts'
import { checkPrivateDirectory } from './private-file.ts'
import { openOpenings } from './openings-store.ts'
import type { OpeningsStore } from './openings-store.ts'
import { resumeLog } from './resume.ts'
import type { Resumed } from './resume.ts'
import { SegmentWriter } from './segment-writer.ts'
import { AuditStore } from './store.ts'

export type AuditStoreOptions = {
  /** The log's directory; created, with mode 0700, when it is not there. */
  readonly dir: string
  /** Microseconds since 1970, by the wall clock. */
  readonly now: () => bigint
  /** The version of this program, for the record. */
  readonly version: string
  readonly hostname: string
  readonly user: string
  /** Microseconds of a clock that is never set. */
  readonly monotonic?: () => bigint
  /** Called after each slice of work, and awaited: whoever is in more of a hurry runs then. */
  readonly nextTurn?: () => Promise<void>
  /** For tests: failing disks, small segments, known salts. */
  readonly files?: FileOperations
  readonly openings?: (cutSeq: number) => Promise<OpeningsStore>
  readonly random?: (bytes: number) => Uint8Array
  readonly bootId?: Uint8Array
  readonly segmentBytesMax?: number
  readonly segmentAgeMs?: number
  readonly checkpointDelayMs?: number
  readonly retryMs?: number
  readonly pid?: number
}

/**
 * Opens the audit log for writing, or begins one. Rejects with a coded error when another process has it open, when it is
 * behind its own last checkpoint, or when it cannot be gone on with; nothing is changed then.
 * Dispose of the store to write the last records and give up the lock.
 */
export async function openAuditStore(options: AuditStoreOptions): Promise<AuditStore> {
  const files = options.files ?? systemFiles
  const layout = auditLayout(options.dir)
  const nextTurn = options.nextTurn ?? (() => setImmediate())
  try {
    for (const dir of [options.dir, layout.log, layout.heads, layout.keys, layout.cut]) {
      await files.makeDirectory(dir)
      await checkPrivateDirectory(dir)
    }
  } catch (error) {
    throw ioError(`cannot make ${options.dir}`, error)
  }
  await using opened = new AsyncDisposableStack()
  const lock = opened.use(lockLog(layout))
  try {
    const now = options.now()
    const { key, resumed } = await findLog(files, layout, now)
    const segment = opened.adopt(resumed.segment, (it) => it.close())
    const heads = opened.adopt(await HeadFile.open(files, layout.heads, segment.segment), (it) => it.close())
    const openings = await (options.openings?.(resumed.range.size) ??
      openOpenings(files, layout, resumed.range.size, nextTurn))
    opened.adopt(openings, (it) => it.close())
    const first = firstRecords(options, now, key, resumed)
    const store = new AuditStore(
      {
        files,
        layout,
        key,
        lock,
        openings,
        heads,
        segment,
        range: resumed.range,
        lastHash: resumed.lastHash,
        firstSeq: resumed.firstSeq,
        firstWallUs: resumed.firstWallUs,
        sealed: resumed.lastKind === 'SEGMENT_SEAL',
        head: resumed.head,
        now: options.now,
        monotonic: options.monotonic ?? (() => process.hrtime.bigint() / 1_000n),
        bootId: options.bootId ?? (await readBootId()),
        random: options.random ?? randomSource(),
        nextTurn,
        segmentBytesMax: options.segmentBytesMax ?? AUDIT_SEGMENT_BYTES_MAX,
        segmentAgeMs: options.segmentAgeMs ?? AUDIT_SEGMENT_AGE_MS,
        checkpointDelayMs: options.checkpointDelayMs ?? AUDIT_CHECKPOINT_DELAY_MS,
        retryMs: options.retryMs ?? AUDIT_RETRY_MS,
      },
      first,
    )
    // From here on the store owns everything. A log that has begun is signed for at once: later, no head means it was lost.
    opened.move()
    try {
      await store.checkpoint()
    } catch (error) {
      await store[Symbol.asyncDispose]()
      throw error
    }
    return store
  } catch (error) {
    throw ioError(`cannot open the audit log in ${options.dir}`, error)
  }
}

/** The log that is there, or the beginning of a new one. */
async function findLog(
  files: FileOperations,
  layout: AuditLayout,
  now: bigint,
): Promise<{ readonly key: DeviceKey; readonly resumed: Resumed }> {
  await removeLeftovers(files, layout)
  let key = await readDeviceKey(files, layout)
  if (key === null) {
    const traces = [...(await files.list(layout.log)), ...(await files.list(layout.heads))]
    if (numbersOf(traces, '.seg').length + numbersOf(traces, '.notes').length > 0) {
      throw new CmdaidError(
        'CMDAID_ERR_AUDIT_DAMAGED',
        `the key that signs the audit log is missing: ${layout.deviceKey}`,
        {
          hint: 'put it back, or move the directory aside to begin a new log',
        },
      )
    }
    key = await createDeviceKey(files, layout)
  }
  const resumed = await resumeLog(files, layout, key, now)
  if (resumed !== null) return { key, resumed }
  const range = new GrowingRange()
  const header = { origin: key.origin, segment: 0, prev: ZERO_HASH, range: range.snapshot() }
  const segment = await SegmentWriter.create(files, layout.log, header)
  const fresh = { lastHash: ZERO_HASH, lastKind: null, firstSeq: 0, firstWallUs: null, head: null, cut: null }
  return { key, resumed: { ...fresh, segment, range } }
}

/** Files that a crash left before they had their final name. */
async function removeLeftovers(files: FileOperations, { log, heads, keys, cut }: AuditLayout): Promise<void> {
  for (const dir of [log, heads, keys, cut]) {
    for (const name of await files.list(dir)) if (name.endsWith('.new')) await removeIfThere(files, join(dir, name))
  }
}

/** What the log says about its own opening: `GENESIS` once, `RECOVERED` after a cut, and `START`. */
function firstRecords(options: AuditStoreOptions, now: bigint, key: DeviceKey, resumed: Resumed): RecordDraft[] {
  const { range, lastKind, cut } = resumed
  const drafts: RecordDraft[] = []
  if (range.size === 0) {
    drafts.push(logRecord('GENESIS', now, { origin: encodeText(key.origin), public_key: key.note.publicKey }))
  }
  if (cut !== null) {
    drafts.push(
      logRecord('RECOVERED', now, {
        segment: encodeU32(cut.segment),
        offset: encodeU64(cut.offset),
        bytes: encodeU64(cut.bytes),
      }),
    )
  }
  drafts.push(
    logRecord(
      'START',
      now,
      {
        cause: encodeText(range.size === 0 ? 'first' : lastKind === 'STOP' ? 'clean' : 'unclean'),
        pid: encodeU32(options.pid ?? process.pid),
        version: encodeText(options.version),
        // The tree as it was found, before the records of this opening.
        previous_size: encodeU64(range.size),
        previous_root: hashBytes(range.root()),
      },
      { hostname: options.hostname, user: options.user },
    ),
  )
  return drafts
}

const BOOT_ID_BYTES = 16

/** Linux names each boot; elsewhere zeros say that monotonic times of different starts cannot be compared. */
async function readBootId(): Promise<Buffer> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '')
  const bytes = Buffer.from(text.replaceAll(/[^0-9a-f]/g, ''), 'hex')
  return bytes.length === BOOT_ID_BYTES ? bytes : Buffer.alloc(BOOT_ID_BYTES)
}
