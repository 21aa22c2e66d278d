import { createHash } from 'node:crypto'
import { CmdaidError } from '../../core/errors.ts'
import type { AuditEvent } from '../../core/event/event.ts'
import {
  AUDIT_BATCH_RECORDS_MAX,
  AUDIT_CHECKPOINT_RECORDS,
  AUDIT_LINGER_MS,
  AUDIT_QUEUE_BYTES_MAX,
  AUDIT_QUEUE_EVENTS_MAX,
} from '../../core/limits.ts'
import { formatCheckpoint, logIdOf } from '../../core/audit/checkpoint.ts'
import type { Checkpoint } from '../../core/audit/checkpoint.ts'
import { encodeText, encodeU32, encodeU64 } from '../../core/audit/field-values.ts'
import { fieldTag } from '../../core/audit/fields.ts'
import type { FieldName } from '../../core/audit/fields.ts'
import { hashBytes, hashHex } from '../../core/audit/hash.ts'
import type { Hash } from '../../core/audit/hash.ts'
import type { GrowingRange } from '../../core/audit/merkle.ts'
import { formatVerifierKey, signNote } from '../../core/audit/note.ts'
import { logRecord, recordOf } from '../../core/audit/record.ts'
import type { RecordDraft } from '../../core/audit/record.ts'
import { Batch } from './batch.ts'
import type { Staged } from './batch.ts'
import type { FileOperations } from './file-operations.ts'
import { HeadFile } from './head-file.ts'
import { ioError } from './io-error.ts'
import { LOG_INCARNATION } from './keys.ts'
import type { DeviceKey } from './keys.ts'
import type { AuditLayout } from './layout.ts'
import type { OpeningsStore } from './openings-store.ts'
import { SegmentWriter } from './segment-writer.ts'
import { Slice } from './slice.ts'
import { writeTail } from './tail-file.ts'

/** How the log is doing, for `status`. */
export type AuditStoreState = {
  readonly origin: string
  /** `name+id+key`, with which anyone can check this log's checkpoints. */
  readonly verifierKey: string
  /** Records that are durable. */
  readonly size: number
  /** The newest signed checkpoint; `root` in hex. */
  readonly head: { readonly size: number; readonly root: string } | null
  /** Events taken in that are not durable yet. */
  readonly queued: number
  /** Events that were dropped since the store was opened, all of them counted in `LOSS` records as soon as one can be written. */
  readonly dropped: number
  /** Null while everything is written. Otherwise what is wrong since when; writing is tried again each second. */
  readonly degraded: { readonly code: string; readonly message: string; readonly sinceUs: bigint } | null
}

/** What the store is made of; `openAuditStore` puts it together. */
export type AuditStoreParts = {
  readonly files: FileOperations
  readonly layout: AuditLayout
  readonly key: DeviceKey
  readonly lock: Disposable
  readonly openings: OpeningsStore
  readonly heads: HeadFile
  readonly segment: SegmentWriter
  readonly range: GrowingRange
  readonly lastHash: Hash
  readonly firstSeq: number
  readonly firstWallUs: bigint | null
  readonly sealed: boolean
  readonly head: Checkpoint | null
  readonly now: () => bigint
  readonly monotonic: () => bigint
  readonly bootId: Uint8Array
  readonly random: (bytes: number) => Uint8Array
  readonly nextTurn: () => Promise<void>
  readonly segmentBytesMax: number
  readonly segmentAgeMs: number
  readonly checkpointDelayMs: number
  readonly retryMs: number
}

type Waiting = { readonly make: () => RecordDraft; readonly monoUs: bigint; readonly bytes: number }

/**
 * The audit log, open for writing. Invariants:
 *
 * - `append` only queues. All work is done by one loop that runs by itself, in slices, and waits for the disk without
 *   holding the thread.
 * - Order of a commit: openings durable, then frames written, then `fdatasync`; only then is anything acknowledged.
 *   Order of a checkpoint: records durable, sign, checkpoint durable.
 * - A batch has its bytes for good once it is staged. After any failure the file is reopened and the same bytes are
 *   written to the same place, so that a sequence number never has two records.
 */
export class AuditStore implements AsyncDisposable {
  readonly #parts: AuditStoreParts
  readonly #logId: Buffer
  readonly #random: (bytes: number) => Uint8Array
  #segment: SegmentWriter
  #heads: HeadFile
  #head: Checkpoint | null
  #lastHash: Hash
  #firstSeq: number
  #firstWallUs: bigint | null
  #sealed: boolean
  #size: number

  readonly #queue: Waiting[] = []
  #queueBytes = 0
  #staged: Staged | null = null
  #appended = 0
  /** How many of these have been taken out of the queue, and how many have waited long enough. */
  #taken = 0
  #due = 0
  #committed = 0
  #waiters: { readonly target: number; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = []

  #dropped = 0
  #loss: { count: number; fromUs: bigint; toUs: bigint; cause: 'queue' | 'full' | 'io' } | null = null
  #degraded: AuditStoreState['degraded'] = null
  #suspect = false
  #running: Promise<void> | null = null
  #scheduled = false
  #checkpointDue = false
  #checkpointTimer: NodeJS.Timeout | null = null
  #lingerTimer: NodeJS.Timeout | null = null
  #retryTimer: NodeJS.Timeout | null = null
  #closing = false
  #closed = false

  constructor(parts: AuditStoreParts, first: readonly RecordDraft[]) {
    this.#parts = parts
    this.#logId = logIdOf(parts.key.origin)
    this.#random = parts.random
    this.#segment = parts.segment
    this.#heads = parts.heads
    this.#head = parts.head
    this.#lastHash = parts.lastHash
    this.#firstSeq = parts.firstSeq
    this.#firstWallUs = parts.firstWallUs
    this.#sealed = parts.sealed
    this.#size = parts.range.size
    for (const draft of first) this.#enqueue(() => draft, 0)
    this.#wake()
  }

  /**
   * Takes in an event and returns at once. Never throws: what does not fit into the queue is dropped and counted, and a
   * `LOSS` record says so as soon as one can be written.
   */
  append(event: AuditEvent): void {
    const bytes = event.kind === 'started' ? event.started.commandBytes.length : 0
    const full = this.#queue.length >= AUDIT_QUEUE_EVENTS_MAX || this.#queueBytes + bytes > AUDIT_QUEUE_BYTES_MAX
    if (full || this.#closing) return this.#drop()
    this.#enqueue(() => recordOf(event), bytes)
    if (this.#queue.length >= AUDIT_BATCH_RECORDS_MAX) this.#wake()
    else this.#lingerTimer ??= setTimeout(() => this.#lingered(), AUDIT_LINGER_MS)
  }

  /** Resolves when everything appended before is durable; rejects with a coded error when it cannot be written now. */
  flush(): Promise<void> {
    if (this.#committed >= this.#appended) return Promise.resolve()
    if (this.#closed) return Promise.reject(this.#degradedError())
    const done = new Promise<void>((resolve, reject) => {
      this.#waiters.push({ target: this.#appended, resolve, reject })
    })
    this.#wake()
    return done
  }

  /** Flushes, and signs a checkpoint over everything that is durable then. */
  async checkpoint(): Promise<void> {
    await this.flush()
    this.#checkpointDue = true
    await this.#run()
    if (this.#degraded !== null) throw this.#degradedError()
  }

  /**
   * Erases one committed value for good: first the record that says so, then the value and its salt. True when there was
   * something to erase.
   */
  async redact(seq: number, field: FieldName, reason: string): Promise<boolean> {
    this.#enqueue(
      () =>
        logRecord(
          'REDACT',
          this.#parts.now(),
          { target_seq: encodeU64(seq), target_tag: Buffer.of(fieldTag(field)) },
          { reason },
        ),
      0,
    )
    await this.flush()
    return this.#parts.openings.erase(seq, fieldTag(field))
  }

  /** Events taken in that are not durable yet. */
  get queued(): number {
    return this.#appended - this.#committed
  }

  state(): AuditStoreState {
    return {
      origin: this.#parts.key.origin,
      verifierKey: formatVerifierKey(this.#parts.key.note),
      size: this.#size,
      head: this.#head === null ? null : { size: this.#head.size, root: hashHex(this.#head.root) },
      queued: this.queued,
      dropped: this.#dropped,
      degraded: this.#degraded,
    }
  }

  /** Writes what is queued, a `STOP` record and a last checkpoint, as far as the disk allows, and gives up the lock. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    await this.#running
    for (const timer of [this.#checkpointTimer, this.#lingerTimer, this.#retryTimer])
      if (timer !== null) clearTimeout(timer)
    this.#retryTimer = null
    this.#enqueue(() => logRecord('STOP', this.#parts.now(), {}), 0)
    this.#due = this.#appended
    await this.#run()
    this.#checkpointDue = true
    await this.#run()
    for (const timer of [this.#checkpointTimer, this.#lingerTimer, this.#retryTimer])
      if (timer !== null) clearTimeout(timer)
    this.#closed = true
    await this.#segment.close().catch(() => undefined)
    await this.#heads.close().catch(() => undefined)
    await this.#parts.openings.close()
    this.#parts.lock[Symbol.dispose]()
  }

  #enqueue(make: () => RecordDraft, bytes: number): void {
    this.#queue.push({ make, monoUs: this.#parts.monotonic(), bytes })
    this.#queueBytes += bytes
    this.#appended += 1
  }

  #drop(): void {
    const now = this.#parts.now()
    const cause = this.#degraded === null ? 'queue' : this.#degraded.code === 'CMDAID_ERR_AUDIT_FULL' ? 'full' : 'io'
    this.#dropped += 1
    this.#loss ??= { count: 0, fromUs: now, toUs: now, cause }
    this.#loss.count += 1
    this.#loss.toUs = now
  }

  /** Called too early after a flush, since setting a timer costs more than appending: then less is synced together. */
  #lingered(): void {
    this.#lingerTimer = null
    this.#wake()
  }

  /** What was appended so far is due. Lets the loop run in a turn of its own: whoever appends has an answer to send first. */
  #wake(): void {
    this.#due = this.#appended
    if (this.#scheduled || this.#running !== null || this.#retryTimer !== null) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      void this.#run()
    })
  }

  #run(): Promise<void> {
    this.#running ??= this.#loop().finally(() => {
      this.#running = null
      // Something may have arrived between the loop's last look and now.
      if (this.#retryTimer === null && this.#hasWork()) this.#wake()
    })
    return this.#running
  }

  #hasWork(): boolean {
    const due = this.#taken < this.#due || this.#queue.length >= AUDIT_BATCH_RECORDS_MAX
    return due || this.#staged !== null || this.#checkpointDue
  }

  /** Never throws: what fails is kept for the next attempt, and everyone who waits is told. */
  async #loop(): Promise<void> {
    try {
      if (this.#suspect) await this.#restore()
      while (this.#hasWork()) await this.#step()
      this.#degraded = null
    } catch (error) {
      this.#fail(ioError('cannot write the audit log', error))
    }
  }

  async #step(): Promise<void> {
    if (this.#staged !== null) return this.#commit(this.#staged)
    if (this.#sealed) return this.#nextSegment()
    if (this.#checkpointDue || this.#size - (this.#head?.size ?? 0) >= AUDIT_CHECKPOINT_RECORDS) {
      return this.#sign()
    }
    if (this.#queue.length > 0) {
      this.#staged = this.#segmentIsOld() ? await this.#stageSeal() : await this.#stage()
    }
  }

  #segmentIsOld(): boolean {
    if (this.#firstWallUs === null) return false
    return this.#parts.now() - this.#firstWallUs >= BigInt(this.#parts.segmentAgeMs) * 1_000n
  }

  /** Gives the oldest waiting events their places and bytes, as many as a batch and the segment hold. */
  async #stage(): Promise<Staged> {
    const room = this.#parts.segmentBytesMax - this.#segment.end
    const waiting = this.#queue.slice(0, AUDIT_BATCH_RECORDS_MAX)
    const batch = this.#batch()
    if (this.#loss !== null) {
      batch.add(lossRecord(this.#loss), this.#parts.monotonic())
      this.#loss = null
    }
    let events = 0
    const slice = new Slice(this.#parts.nextTurn)
    for (const { make, monoUs } of waiting) {
      if (batch.bytes >= room) break
      try {
        batch.add(make(), monoUs)
      } catch {
        // An event that cannot be a record is our bug; it must neither stop the log nor go uncounted.
        this.#drop()
      }
      events += 1
      if (slice.over) await slice.next()
    }
    if (batch.bytes === 0 && room <= 0) return this.#stageSeal()
    for (const { bytes } of this.#queue.splice(0, events)) this.#queueBytes -= bytes
    this.#taken += events
    return batch.staged(events, false)
  }

  #batch(): Batch {
    const { range, bootId } = this.#parts
    const random = this.#random
    return new Batch({ range, prev: this.#lastHash, logId: this.#logId, incarnation: LOG_INCARNATION, bootId, random })
  }

  /** The record that closes a segment: how many records, their root, and the hash of the file up to here. */
  async #stageSeal(): Promise<Staged> {
    const { range } = this.#parts
    const digest = createHash('sha256')
    const buffer = Buffer.allocUnsafe(262_144)
    for (let at = 0; at < this.#segment.end; at += buffer.length) {
      const read = await this.#segment.read(buffer.subarray(0, Math.min(buffer.length, this.#segment.end - at)), at)
      digest.update(buffer.subarray(0, read))
    }
    const batch = this.#batch()
    const draft = logRecord('SEGMENT_SEAL', this.#parts.now(), {
      count: encodeU64(range.size - this.#firstSeq),
      root: hashBytes(range.root()),
      segment: encodeU32(this.#segment.segment),
      file_sha256: digest.digest(),
    })
    batch.add(draft, this.#parts.monotonic())
    return batch.staged(0, true)
  }

  async #commit(staged: Staged): Promise<void> {
    if (staged.rows.length > 0) await this.#parts.openings.write(staged.rows)
    await this.#segment.append(staged.frames, staged.last)
    this.#staged = null
    this.#lastHash = staged.last.hash
    this.#size += staged.records
    this.#firstWallUs ??= staged.firstWallUs
    this.#sealed = staged.seal
    this.#committed += staged.events
    this.#waiters = this.#waiters.filter((waiter) => {
      if (waiter.target <= this.#committed) waiter.resolve()
      return waiter.target > this.#committed
    })
    this.#checkpointTimer ??= setTimeout(() => {
      this.#checkpointTimer = null
      this.#checkpointDue = true
      this.#wake()
    }, this.#parts.checkpointDelayMs).unref()
  }

  /** Called only when nothing is staged: the tree is exactly what is durable. */
  async #sign(): Promise<void> {
    this.#checkpointDue = false
    const { range, key, files, layout } = this.#parts
    if (range.size === this.#head?.size) return
    const head = { origin: key.origin, size: range.size, root: range.root() }
    await this.#heads.append(signNote(formatCheckpoint(head), key.note, key.privateKey))
    this.#head = head
    const { segment, end, lastOffset } = this.#segment
    if (lastOffset === null) return
    const tail = { segment, range: range.snapshot(), end, lastOffset, lastHash: this.#lastHash }
    // A cache: without it the next start reads one segment instead of its end.
    await writeTail(files, layout, tail).catch(() => undefined)
  }

  /** The old segment is signed and trimmed before the new one exists, and the new one is durable before it is used. */
  async #nextSegment(): Promise<void> {
    const { files, layout, key, range } = this.#parts
    await this.#sign()
    await this.#segment.trim()
    const segment = this.#segment.segment + 1
    const header = { origin: key.origin, segment, prev: this.#lastHash, range: range.snapshot() }
    const next = await SegmentWriter.create(files, layout.log, header)
    try {
      const heads = await HeadFile.open(files, layout.heads, segment)
      await this.#heads.close().catch(() => undefined)
      this.#heads = heads
    } catch (error) {
      await next.close()
      throw error
    }
    await this.#segment.close().catch(() => undefined)
    this.#segment = next
    this.#firstSeq = range.size
    this.#firstWallUs = null
    this.#sealed = false
  }

  async #restore(): Promise<void> {
    await this.#segment.restore()
    await this.#heads.restore()
    this.#suspect = false
  }

  #fail(error: CmdaidError): void {
    this.#suspect = true
    // A checkpoint that was not written is due again.
    this.#checkpointDue = true
    const sinceUs = this.#degraded?.sinceUs ?? this.#parts.now()
    this.#degraded = { code: error.code, message: error.message, sinceUs }
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = null
      this.#wake()
    }, this.#parts.retryMs)
  }

  #degradedError(): CmdaidError {
    const code = this.#degraded?.code as CmdaidError['code']
    return new CmdaidError(code, this.#degraded?.message ?? '')
  }
}

function lossRecord(loss: { count: number; fromUs: bigint; toUs: bigint; cause: string }): RecordDraft {
  return logRecord('LOSS', loss.toUs, {
    cause: encodeText(loss.cause),
    count: encodeU64(loss.count),
    from_us: encodeU64(loss.fromUs),
    to_us: encodeU64(loss.toUs),
  })
}
