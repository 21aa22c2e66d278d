import { parentPort, workerData } from 'node:worker_threads'
import { auditLayout } from './layout.ts'
import { OpeningsDatabase } from './openings-database.ts'
import type { OpeningRow } from './openings-database.ts'
import { SALT_BYTES } from '../../core/audit/commitment.ts'
import type { OpeningsAnswer, OpeningsRequest, PackedRow } from './openings-writer.ts'
import { systemCode } from './io-error.ts'

/** The thread that waits for the database's syncs. One request at a time, answered in order. */
const port = parentPort
if (port === null) throw new Error('this file runs in a worker thread')

let database: OpeningsDatabase | null = null

function perform(request: OpeningsRequest): boolean {
  if (request.what === 'close') {
    database?.[Symbol.dispose]()
    database = null
    return true
  }
  database ??= new OpeningsDatabase(auditLayout(workerData as string))
  if (request.what === 'write') database.write(unpack(request.rows, request.bytes))
  else if (request.what === 'cut') database.cutFrom(request.seq)
  else return database.erase(request.seq, request.tag)
  return true
}

function unpack(rows: readonly PackedRow[], bytes: Uint8Array): OpeningRow[] {
  let at = 0
  return rows.map(({ seq, tag, key, valueBytes }) => {
    const salt = bytes.subarray(at, at + SALT_BYTES)
    at += SALT_BYTES + valueBytes
    return { seq, tag, key, salt, value: bytes.subarray(at - valueBytes, at) }
  })
}

port.on('message', (request: OpeningsRequest) => {
  let answer: OpeningsAnswer
  try {
    answer = { ok: true, value: perform(request) }
  } catch (error) {
    // A connection that has failed to sync does not know its own state either: the next request opens a new one.
    try {
      database?.[Symbol.dispose]()
    } catch {
      // it is given up either way
    }
    database = null
    answer = { ok: false, code: systemCode(error), message: error instanceof Error ? error.message : String(error) }
  }
  port.postMessage(answer)
  if (request.what === 'close') port.close()
})
