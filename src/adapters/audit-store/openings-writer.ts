import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { CmdaidError, ERROR_CODES } from '../../core/errors.ts'
import { SALT_BYTES } from '../../core/audit/commitment.ts'
import type { OpeningRow } from './openings-database.ts'
import { ioError } from './io-error.ts'

export type OpeningsRequest =
  | { readonly what: 'write'; readonly rows: readonly PackedRow[]; readonly bytes: Uint8Array }
  | { readonly what: 'cut'; readonly seq: number }
  | { readonly what: 'erase'; readonly seq: number; readonly tag: number }
  | { readonly what: 'close' }
export type OpeningsAnswer =
  | { readonly ok: true; readonly value: boolean }
  | { readonly ok: false; readonly code: string; readonly message: string }

/** A row whose salt and value lie in the request's `bytes`, one row behind the other. */
export type PackedRow = Pick<OpeningRow, 'seq' | 'tag' | 'key'> & { readonly valueBytes: number }

/** What the store needs of the openings. Each promise is kept when the change is durable. */
export type OpeningsWriter = {
  write(rows: readonly OpeningRow[]): Promise<void>
  cut(seq: number): Promise<void>
  erase(seq: number, tag: number): Promise<boolean>
  close(): Promise<void>
}

/** Starts the thread and has it open, configure and check the database. */
export async function openOpenings(dir: string, cutSeq: number): Promise<OpeningsWriter> {
  // The same file as source and as build.
  const file = import.meta.url.endsWith('.ts') ? './openings-worker.ts' : './openings-worker.js'
  const writer = new WorkerOpenings(
    new Worker(new URL(file, import.meta.url), {
      workerData: dir,
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 },
    }),
  )
  try {
    await writer.cut(cutSeq)
    return writer
  } catch (error) {
    await writer.close()
    throw error
  }
}

class WorkerOpenings implements OpeningsWriter {
  readonly #worker: Worker
  readonly #waiting: ((answer: OpeningsAnswer) => void)[] = []
  #ended: string | null = null

  constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (answer: OpeningsAnswer) => this.#waiting.shift()?.(answer))
    worker.on('error', (error) => this.#fail(error.message))
    worker.on('exit', () => this.#fail('the thread has ended'))
  }

  async write(rows: readonly OpeningRow[]): Promise<void> {
    // One buffer that changes hands: a view would be sent with all of the memory that it is a view of.
    const bytes = Buffer.from(new ArrayBuffer(rows.reduce((sum, row) => sum + SALT_BYTES + row.value.length, 0)))
    let at = 0
    const packed = rows.map(({ seq, tag, key, salt, value }) => {
      bytes.set(salt, at)
      bytes.set(value, at + SALT_BYTES)
      at += SALT_BYTES + value.length
      return { seq, tag, key, valueBytes: value.length }
    })
    await this.#ask({ what: 'write', rows: packed, bytes }, [bytes.buffer])
  }

  async cut(seq: number): Promise<void> {
    await this.#ask({ what: 'cut', seq })
  }

  erase(seq: number, tag: number): Promise<boolean> {
    return this.#ask({ what: 'erase', seq, tag })
  }

  async close(): Promise<void> {
    if (this.#ended !== null) return
    const exit = once(this.#worker, 'exit')
    await this.#ask({ what: 'close' }).catch(() => undefined)
    await exit
  }

  async #ask(request: OpeningsRequest, transfer: readonly ArrayBuffer[] = []): Promise<boolean> {
    const answer = await new Promise<OpeningsAnswer>((resolve) => {
      if (this.#ended !== null) return resolve({ ok: false, code: '', message: this.#ended })
      this.#waiting.push(resolve)
      this.#worker.postMessage(request, transfer)
    })
    if (answer.ok) return answer.value
    const cause = Object.assign(new Error(answer.message), { code: answer.code })
    const known = ERROR_CODES.find((code) => code === answer.code)
    throw known === undefined
      ? ioError('cannot write the openings', cause)
      : new CmdaidError(known, answer.message, { cause })
  }

  #fail(message: string): void {
    this.#ended ??= message
    for (const resolve of this.#waiting.splice(0)) resolve({ ok: false, code: '', message: this.#ended })
  }
}
